-- code: "7.8.1"
-- parent: "7.8"
-- title: "Tổng số TTHC cung cấp trực tuyến mức độ 3"
-- unit: "TTHC"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.service_level]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 42/2022/NĐ-CP (mức độ 3, 4 nay là
--   một phần, toàn trình)"

-- In force on the last day of the window: announced by then, not repealed by then.
-- `Một phần` counts as level 3.
select
    unit_code,
    sum(level_3) as numerator,
    null as denominator
from window_procedure
group by unit_code
