-- creates: [window_event]
-- together: [staff_code]

-- Decisions of the window about people, at the unit and below it.
-- `employment` is what the decision says, else what the person is, else what the unit employs.
create temp table window_event on commit drop as
with person as (
    -- who the list of the time held, else who one held before it
    select distinct on (province_code, staff_code)
        province_code,
        staff_code,
        staff_kind
    from told_staff
    where
        presence <> 'late'
        or is_first_list
        or coalesce(latest_joined_on, latest_status_on) <= %(last_day)s
    order by
        province_code,
        staff_code,
        array_position(array['held', 'gone', 'late'], presence),
        delivered_on desc,
        file_id desc
)

select
    subtree.unit_code,
    subtree.tier = 'commune' and event.decided_on < %(two_tiers_from)s as in_commune_of_three_tiers,
    event.staff_code,
    event.event_kind,
    lower(event.form) as form,
    event.position_level,
    coalesce(event.by_competition, false) as by_competition,
    case
        when event.position_level in ('Công chức', 'Viên chức') then event.position_level
        when person.staff_kind is not null then person.staff_kind
        when unit.level = 'service_unit' then 'Viên chức'
        else 'Công chức'
    end as employment{record}
from core.staff_event as event
inner join window_unit as unit
    on
        unit.province_code = event.province_code
        and unit.code = event.org_code
        and event.decided_on >= unit.reach_from
        and event.decided_on < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
left join person on person.province_code = event.province_code and person.staff_code = event.staff_code
where event.decided_on >= %(period_start)s and event.decided_on < %(period_end)s
