-- code: "3.1.3"
-- parent: "3.1"
-- title: "Tổng số TTHC đang có hiệu lực"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/procedures]
-- needs: [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- In force on the last day of the window: announced by then, not repealed by then.
-- A unit counts the procedures of its level and of the levels below it, once per level.
select
    unit_code,
    sum(in_force) as numerator,
    null as denominator
from window_procedure
group by unit_code
