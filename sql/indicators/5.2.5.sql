-- code: "5.2.5"
-- parent: "5.2"
-- title: "Số viên chức được tuyển dụng theo trường hợp đặc biệt"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.form]
-- among: "kind = 'Tuyển dụng'"

-- Counted on the day of decision. Persons, once each: a corrected decision about the same person adds nothing.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Tuyển dụng'
    and employment = 'Viên chức'
    and form ~ 'đặc biệt'
group by unit_code
