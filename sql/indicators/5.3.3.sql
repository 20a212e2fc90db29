-- code: "5.3.3"
-- parent: "5.3"
-- title: "Số lãnh đạo cấp phòng thuộc sở, ngành được bổ nhiệm mới"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.position_level]
-- among: "kind = 'Bổ nhiệm'"

-- Counted on the day of decision. Persons, once each: a corrected decision about the same person adds nothing.
-- New appointments only: `Bổ nhiệm lại` is none.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Bổ nhiệm'
    and position_level = 'Lãnh đạo phòng thuộc sở'
group by unit_code
