-- code: "3.5.1"
-- parent: "3.5"
-- title: "Số TTHC được tích hợp lên Cổng DVC"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department]
-- source: [one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.on_provincial_portal]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- In force on the last day of the window: announced by then, not repealed by then.
-- On the provincial portal, whatever the service level.
select
    unit_code,
    sum(on_provincial_portal) as numerator,
    null as denominator
from window_procedure
group by unit_code
