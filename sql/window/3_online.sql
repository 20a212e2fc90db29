-- creates: [window_online]

-- Dossiers of procedures of levels 3 and 4, by the catalogue in force, at the level of the receiving unit.
create temp table window_online on commit drop as
with part as (
    select
        unit.unit_code,
        daily.national_code,
        case unit.tier when 'commune' then 'Xã' when 'district' then 'Huyện' else 'Sở' end as level,
        sum(daily.received) as received,
        sum(daily.received_online) as received_online{record}
    from mart.procedure_daily as daily
    inner join window_unit as unit
        on
            unit.province_code = daily.province_code
            and unit.code = daily.org_code
            and daily.day >= unit.reach_from
            and daily.day < unit.reach_to
    where daily.day >= %(period_start)s and daily.day < %(period_end)s
    group by 1, 2, 3{record}
),

offered as (
    select
        senders,
        national_code,
        level,
        service_level
    from window_catalogue
    where is_in_force and service_level >= 3
)

select
    subtree.unit_code,
    part.national_code,
    part.level,
    offered.service_level,
    sum(part.received) as received,
    sum(part.received_online) as received_online{record}
from part
inner join window_subtree as subtree on subtree.part_code = part.unit_code
inner join window_scope as scope on scope.unit_code = subtree.unit_code and scope.level = part.level
inner join offered
    on offered.senders = scope.senders and offered.national_code = part.national_code and offered.level = part.level
group by 1, 2, 3, 4{record}
