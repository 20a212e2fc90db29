-- code: "3.1.1"
-- parent: "3.1"
-- title: "Số TTHC công bố mới"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department]
-- source: [one_stop_shop/procedures]
-- needs: [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- Announced on a day of the window.
select
    unit_code,
    sum(announced) as numerator,
    null as denominator
from window_procedure
group by unit_code
