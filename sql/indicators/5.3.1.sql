-- code: "5.3.1"
-- parent: "5.3"
-- title: "Thực hiện tuyển chọn, bổ nhiệm lãnh đạo qua thi tuyển"
-- unit: "Đã thực hiện = 1; Chưa thực hiện = 0"
-- decimals: 0
-- behaviour: code
-- cadence: [quarterly, half_yearly, nine_monthly, annual]
-- levels: [province, department, district, commune, office, service_unit]
-- origin: computed
-- source: [hr/events]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC"
-- valid_from: 2020-12-15
-- valid_to:

-- Counted on the day of decision.
-- 1 if any appointment of the window was by competition, else 0.
select
    unit_code,
    max(by_competition::int) as numerator,
    null as denominator
from window_event
where event_kind = 'Bổ nhiệm'
group by unit_code
