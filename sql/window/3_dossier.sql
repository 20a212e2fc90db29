-- creates: [window_dossier_part, window_dossier, window_online]

-- What each unit did with its own dossiers, by field. Flows are sums over the window; states are sums from the first day on.
create temp table window_dossier_part on commit drop as
select
    province_code,
    org_code,
    unit_from,
    field,
    coalesce(sum(received_online) filter (where is_in_window), 0) as received_online,
    coalesce(sum(received_direct) filter (where is_in_window), 0) as received_direct,
    coalesce(sum(received_postal) filter (where is_in_window), 0) as received_postal,
    coalesce(sum(resolved_early) filter (where is_in_window), 0) as resolved_early,
    coalesce(sum(resolved_on_time) filter (where is_in_window), 0) as resolved_on_time,
    coalesce(sum(resolved_late) filter (where is_in_window), 0) as resolved_late,
    coalesce(sum(withdrawn) filter (where is_in_window), 0) as withdrawn,
    coalesce(sum(refused) filter (where is_in_window), 0) as refused,
    coalesce(sum(entered - departed) filter (where day < %(period_start)s), 0) as carried_over,
    coalesce(sum(entered - departed) filter (where day <= %(as_of)s), 0) as pending,
    coalesce(sum(overdue_in - overdue_out) filter (where day <= %(as_of)s), 0) as pending_overdue
from (
    select
        *,
        received_online + received_direct + received_postal as entered,
        resolved_early + resolved_on_time + resolved_late + withdrawn as departed,
        day >= %(period_start)s and day < %(period_end)s as is_in_window
    from mart.dossier_daily
    where day < %(period_end)s or day <= %(as_of)s
) as daily
group by province_code, org_code, unit_from, field;

create temp table window_dossier on commit drop as
select
    subtree.unit_code,
    subtree.tier,
    part.field,
    (
        select class.field_class
        from core.field_class as class
        where position(class.pattern in lower(part.field)) > 0
        order by class.priority
        limit 1
    ) as field_class,
    sum(part.received_online) as received_online,
    sum(part.received_direct) as received_direct,
    sum(part.received_postal) as received_postal,
    sum(part.resolved_early) as resolved_early,
    sum(part.resolved_on_time) as resolved_on_time,
    sum(part.resolved_late) as resolved_late,
    sum(part.withdrawn) as withdrawn,
    sum(part.refused) as refused,
    sum(part.carried_over) as carried_over,
    sum(part.pending) as pending,
    sum(part.pending_overdue) as pending_overdue
from window_dossier_part as part
inner join window_unit as unit
    on
        unit.province_code = part.province_code
        and unit.code = part.org_code
        and part.unit_from >= unit.reach_from
        and part.unit_from < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
group by subtree.unit_code, subtree.tier, part.field;

-- Dossiers of procedures of levels 3 and 4, by the catalogue in force, at the level of the receiving unit.
create temp table window_online on commit drop as
with part as (
    select
        unit.unit_code,
        daily.national_code,
        case unit.tier when 'commune' then 'Xã' when 'district' then 'Huyện' else 'Sở' end as level,
        sum(daily.received) as received,
        sum(daily.received_online) as received_online
    from mart.procedure_daily as daily
    inner join window_unit as unit
        on
            unit.province_code = daily.province_code
            and unit.code = daily.org_code
            and daily.day >= unit.reach_from
            and daily.day < unit.reach_to
    where daily.day >= %(period_start)s and daily.day < %(period_end)s
    group by 1, 2, 3
),

offered as (
    select
        senders,
        national_code,
        level,
        max(service_level) as service_level
    from window_catalogue
    where is_in_force and service_level >= 3
    group by senders, national_code, level
)

select
    subtree.unit_code,
    part.national_code,
    part.level,
    offered.service_level,
    sum(part.received) as received,
    sum(part.received_online) as received_online
from part
inner join window_subtree as subtree on subtree.part_code = part.unit_code
inner join window_scope as scope on scope.unit_code = subtree.unit_code
inner join offered
    on offered.senders = scope.senders and offered.national_code = part.national_code and offered.level = part.level
group by 1, 2, 3, 4
