-- creates: [window_document]
-- own: [is_own]

-- Documents issued in the window: by the unit itself (`is_own`) and by what is below it.
create temp table window_document on commit drop as
select
    subtree.unit_code,
    subtree.unit_code = subtree.part_code as is_own,
    sum(daily.sent) as sent,
    sum(daily.electronic) as electronic,
    sum(daily.with_paper) as with_paper,
    sum(daily.steering) as steering,
    sum(daily.legal) as legal{record}
from mart.document_daily as daily
inner join window_unit as unit
    on
        unit.province_code = daily.province_code
        and unit.code = daily.org_code
        and daily.day >= unit.reach_from
        and daily.day < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
where daily.day >= %(period_start)s and daily.day < %(period_end)s
group by 1, 2{record}
