-- code: "3.1.2"
-- parent: "3.1"
-- title: "Số TTHC bãi bỏ, thay thế"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department]
-- source: [one_stop_shop/procedures]
-- needs: [one_stop_shop/procedures.repealed_on]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- Out of force from a day of the window on.
select
    unit_code,
    sum(repealed) as numerator,
    null as denominator
from window_procedure
group by unit_code
