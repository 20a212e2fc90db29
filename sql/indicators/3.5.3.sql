-- code: "3.5.3"
-- parent: "3.5"
-- title: "Số TTHC đã tích hợp dịch vụ thanh toán trực tuyến"
-- unit: "Thủ tục"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.online_payment]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- In force on the last day of the window: announced by then, not repealed by then.
select
    unit_code,
    sum(online_payment) as numerator,
    null as denominator
from window_procedure
group by unit_code
