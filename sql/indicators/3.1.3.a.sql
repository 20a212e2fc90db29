-- code: "3.1.3.a"
-- parent: "3.1.3"
-- title: "Trong đó: Số TTHC cấp sở"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department]
-- source: [one_stop_shop/procedures]
-- needs: [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on]
-- among: "kind = 'Sở'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- In force on the last day of the window: announced by then, not repealed by then.
select
    unit_code,
    sum(in_force) as numerator,
    null as denominator
from window_procedure
where level = 'Sở'
group by unit_code
