-- The flow of dossiers per unit and field (Biểu 06 of Thông tư 01/2020/TT-VPCP), with a row for all fields together.
-- A unit may have passed on dossiers of a field of which nothing else happened there
with happened as (
    select
        unit_code,
        field,
        received_online,
        received_direct,
        received_postal,
        carried_over,
        resolved_early,
        resolved_on_time,
        resolved_late,
        pending,
        pending_overdue,
        refused,
        withdrawn,
        0 as taken_over,
        0 as handed_over
    from window_dossier
    union all
    select
        unit_code,
        field,
        0 as received_online,
        0 as received_direct,
        0 as received_postal,
        0 as carried_over,
        0 as resolved_early,
        0 as resolved_on_time,
        0 as resolved_late,
        0 as pending,
        0 as pending_overdue,
        0 as refused,
        0 as withdrawn,
        taken_over,
        handed_over
    from window_handover
    where not is_first_day
),

made as (
    select
        unit.province_code,
        unit.code as unit_code,
        unit.valid_from as unit_valid_from,
        unit.name as unit_name,
        unit.level as unit_level,
        coalesce(flow.field, 'Tất cả') as field,
        coalesce(flow.received_online, 0) as received_online,
        coalesce(flow.received_direct, 0) as received_direct,
        coalesce(flow.received_postal, 0) as received_postal,
        coalesce(flow.carried_over, 0) as carried_over,
        coalesce(flow.resolved_early, 0) as resolved_early,
        coalesce(flow.resolved_on_time, 0) as resolved_on_time,
        coalesce(flow.resolved_late, 0) as resolved_late,
        coalesce(flow.pending, 0) as pending,
        coalesce(flow.pending_overdue, 0) as pending_overdue,
        coalesce(flow.refused, 0) as refused,
        coalesce(flow.withdrawn, 0) as withdrawn,
        unit.is_current_meaning,
        coalesce(flow.taken_over, 0) as taken_over,
        coalesce(flow.handed_over, 0) as handed_over
    from window_unit as unit
    left join (
        select
            unit_code,
            field,
            sum(received_online) as received_online,
            sum(received_direct) as received_direct,
            sum(received_postal) as received_postal,
            sum(carried_over) as carried_over,
            sum(resolved_early) as resolved_early,
            sum(resolved_on_time) as resolved_on_time,
            sum(resolved_late) as resolved_late,
            sum(pending) as pending,
            sum(pending_overdue) as pending_overdue,
            sum(refused) as refused,
            sum(withdrawn) as withdrawn,
            sum(taken_over) as taken_over,
            sum(handed_over) as handed_over
        from happened
        group by grouping sets ((unit_code, field), (unit_code))
    ) as flow on flow.unit_code = unit.unit_code
    where unit.is_in_window
),

whole as (
    select
        province_code,
        %(period_code)s::text as period_code,
        %(period_start)s::date as period_start,
        %(last_day)s::date as period_end,
        %(as_of)s::date as as_of,
        unit_code,
        unit_valid_from,
        unit_name,
        unit_level,
        field,
        received_online + received_direct + received_postal as received,
        received_online,
        received_direct,
        received_postal,
        carried_over,
        resolved_early + resolved_on_time + resolved_late as resolved,
        resolved_early,
        resolved_on_time,
        resolved_late,
        pending,
        pending - pending_overdue as pending_in_time,
        pending_overdue,
        refused,
        withdrawn,
        is_current_meaning,
        taken_over,
        handed_over
    from made
    where
        field = 'Tất cả'
        or received_online + received_direct + received_postal + carried_over + resolved_early + resolved_on_time
        + resolved_late + pending + refused + withdrawn + taken_over + handed_over > 0
),

gone as (
    delete from mart.dossier_flow as stored
    where
        stored.period_code = %(period_code)s
        and not exists (
            select
            from whole
            where
                whole.province_code = stored.province_code
                and whole.unit_code = stored.unit_code
                and whole.unit_valid_from = stored.unit_valid_from
                and whole.field = stored.field
        )
)

insert into mart.dossier_flow (
    province_code,
    period_code,
    period_start,
    period_end,
    as_of,
    unit_code,
    unit_valid_from,
    unit_name,
    unit_level,
    field,
    received,
    received_online,
    received_direct,
    received_postal,
    carried_over,
    resolved,
    resolved_early,
    resolved_on_time,
    resolved_late,
    pending,
    pending_in_time,
    pending_overdue,
    refused,
    withdrawn,
    is_current_meaning,
    taken_over,
    handed_over
)
select
    province_code,
    period_code,
    period_start,
    period_end,
    as_of,
    unit_code,
    unit_valid_from,
    unit_name,
    unit_level,
    field,
    received,
    received_online,
    received_direct,
    received_postal,
    carried_over,
    resolved,
    resolved_early,
    resolved_on_time,
    resolved_late,
    pending,
    pending_in_time,
    pending_overdue,
    refused,
    withdrawn,
    is_current_meaning,
    taken_over,
    handed_over
from whole
except
select
    province_code,
    period_code,
    period_start,
    period_end,
    as_of,
    unit_code,
    unit_valid_from,
    unit_name,
    unit_level,
    field,
    received,
    received_online,
    received_direct,
    received_postal,
    carried_over,
    resolved,
    resolved_early,
    resolved_on_time,
    resolved_late,
    pending,
    pending_in_time,
    pending_overdue,
    refused,
    withdrawn,
    is_current_meaning,
    taken_over,
    handed_over
from mart.dossier_flow
where period_code = %(period_code)s
on conflict (province_code, period_code, unit_code, unit_valid_from, field) do update
    set
        period_start = excluded.period_start,
        period_end = excluded.period_end,
        as_of = excluded.as_of,
        unit_name = excluded.unit_name,
        unit_level = excluded.unit_level,
        received = excluded.received,
        received_online = excluded.received_online,
        received_direct = excluded.received_direct,
        received_postal = excluded.received_postal,
        carried_over = excluded.carried_over,
        resolved = excluded.resolved,
        resolved_early = excluded.resolved_early,
        resolved_on_time = excluded.resolved_on_time,
        resolved_late = excluded.resolved_late,
        pending = excluded.pending,
        pending_in_time = excluded.pending_in_time,
        pending_overdue = excluded.pending_overdue,
        refused = excluded.refused,
        withdrawn = excluded.withdrawn,
        is_current_meaning = excluded.is_current_meaning,
        taken_over = excluded.taken_over,
        handed_over = excluded.handed_over
