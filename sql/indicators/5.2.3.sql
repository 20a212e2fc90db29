-- code: "5.2.3"
-- parent: "5.2"
-- title: "Số cán bộ, công chức cấp xã được xét chuyển thành công chức cấp huyện trở lên"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.form]
-- among: "kind in ('Xét chuyển', 'Tuyển dụng')"

-- Counted on the day of decision. Persons, once each: a corrected decision about the same person adds nothing.
-- Offices enter the transfer as an event of its own or as a form of recruitment.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind in ('Xét chuyển', 'Tuyển dụng')
    and (event_kind = 'Xét chuyển' or form ~ 'xét chuyển')
group by unit_code
