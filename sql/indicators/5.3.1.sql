-- code: "5.3.1"
-- parent: "5.3"
-- title: "Thực hiện tuyển chọn, bổ nhiệm lãnh đạo qua thi tuyển"
-- unit: "Đã thực hiện = 1; Chưa thực hiện = 0"
-- decimals: 0
-- behaviour: code
-- levels: [province, department, district, commune, office, service_unit]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.by_competition]
-- among: "kind = 'Bổ nhiệm'"

-- Counted on the day of decision.
-- 1 if any appointment of the window was by competition, else 0.
select
    unit_code,
    max(by_competition::int) as numerator,
    null as denominator
from window_event
where event_kind = 'Bổ nhiệm'
group by unit_code
