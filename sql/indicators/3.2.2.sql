-- code: "3.2.2"
-- parent: "3.2"
-- title: "Số TTHC mức độ 3 và 4 đã tích hợp lên Cổng DVC quốc gia"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department]
-- source: [one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.service_level, one_stop_shop/procedures.on_national_portal]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 42/2022/NĐ-CP (mức độ 3, 4 nay là
--   một phần, toàn trình)"

-- In force on the last day of the window: announced by then, not repealed by then.
-- Levels 3 and 4 on the national portal.
select
    unit_code,
    sum(online_on_national_portal) as numerator,
    null as denominator
from window_procedure
group by unit_code
