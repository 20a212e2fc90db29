-- The flow of dossiers per unit and field (Biểu 06 of Thông tư 01/2020/TT-VPCP), with a row for all fields together.
-- What needs a role that a file of its dossiers had no column for is null, and `reason` says who did not deliver it.
--
-- A unit may have passed on dossiers of a field of which nothing else happened there
with happened as (
    select
        unit_code,
        field,
        received_online,
        received_direct,
        received_postal,
        received_unknown,
        carried_over,
        resolved_early,
        resolved_on_time,
        resolved_late,
        pending,
        pending_overdue,
        refused,
        withdrawn,
        resolved_elsewhere,
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
        0 as received_unknown,
        0 as carried_over,
        0 as resolved_early,
        0 as resolved_on_time,
        0 as resolved_late,
        0 as pending,
        0 as pending_overdue,
        0 as refused,
        0 as withdrawn,
        0 as resolved_elsewhere,
        taken_over,
        handed_over
    from window_handover
    where not is_first_day
),

-- The parts of a row that an unknown role leaves blank; a role of one field also those of all fields together, and an
-- unknown field all that the unit has by field. A dossier whose end is unknown may be open or resolved, one whose
-- status is unknown anything.
blank as (
    select
        gap.unit_code,
        gap.field,
        gap.role,
        gap.sender,
        part.name
    from (
        select
            unit_code,
            role,
            sender,
            case when grouping(field) = 1 then 'Tất cả' when role <> 'field' then field end as field,
            sum(received + refused) > 0 as is_received,
            sum(received) > 0 as is_taken_in,
            sum(carried_over) > 0 as is_carried_over,
            sum(resolved) > 0 as is_resolved,
            sum(withdrawn) > 0 as is_withdrawn,
            sum(pending) > 0 as is_pending
        from window_dossier_unknown
        group by grouping sets ((unit_code, role, sender, field), (unit_code, role, sender))
        having role <> 'field' or grouping(field) = 0
    ) as gap
    cross join lateral (
        select
            role in ('status', 'org_code', 'field') as is_any,
            role in ('status', 'org_code', 'field', 'finished_at') as is_of_end,
            role in ('status', 'org_code', 'field', 'finished_at', 'due_at') as is_of_time
    ) as which
    cross join lateral (
        values
        ('received', is_any and is_received),
        ('channel', is_any and is_received or role = 'channel' and is_taken_in),
        ('carried_over', is_of_end and is_carried_over),
        ('resolved', is_of_end and is_resolved),
        ('in_time', is_of_time and is_resolved),
        ('pending', is_of_end and is_pending),
        ('overdue', is_of_time and is_pending),
        ('refused', is_any and is_received),
        ('withdrawn', is_any and (is_withdrawn or role = 'status' and (is_received or is_carried_over))),
        ('moved', is_of_end and (is_received or is_carried_over or is_resolved))
    ) as part (name, is_blank)
    where part.is_blank
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
        coalesce(flow.received_unknown, 0) as received_unknown,
        coalesce(flow.carried_over, 0) as carried_over,
        coalesce(flow.resolved_early, 0) as resolved_early,
        coalesce(flow.resolved_on_time, 0) as resolved_on_time,
        coalesce(flow.resolved_late, 0) as resolved_late,
        coalesce(flow.pending, 0) as pending,
        coalesce(flow.pending_overdue, 0) as pending_overdue,
        coalesce(flow.refused, 0) as refused,
        coalesce(flow.withdrawn, 0) as withdrawn,
        coalesce(flow.resolved_elsewhere, 0) as resolved_elsewhere,
        unit.is_current_meaning,
        unit.unit_code as unit_key,
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
            sum(received_unknown) as received_unknown,
            sum(carried_over) as carried_over,
            sum(resolved_early) as resolved_early,
            sum(resolved_on_time) as resolved_on_time,
            sum(resolved_late) as resolved_late,
            sum(pending) as pending,
            sum(pending_overdue) as pending_overdue,
            sum(refused) as refused,
            sum(withdrawn) as withdrawn,
            sum(resolved_elsewhere) as resolved_elsewhere,
            sum(taken_over) as taken_over,
            sum(handed_over) as handed_over
        from happened
        group by grouping sets ((unit_code, field), (unit_code))
    ) as flow on flow.unit_code = unit.unit_code
    where unit.is_in_window
),

blank_row as (
    select
        made.unit_key,
        made.field,
        blank.name,
        blank.role,
        blank.sender
    from made
    inner join blank on blank.unit_code = made.unit_key and blank.field = made.field
    union
    select
        made.unit_key,
        made.field,
        blank.name,
        blank.role,
        blank.sender
    from made
    inner join blank on blank.unit_code = made.unit_key and blank.field is null
    where made.field <> 'Tất cả'
),

left_blank as (
    select
        part.unit_key,
        part.field,
        part.names,
        said.reason
    from (
        select
            unit_key,
            field,
            array_agg(distinct name) as names
        from blank_row
        group by unit_key, field
    ) as part
    inner join (
        select
            unit_key,
            field,
            string_agg(sentence, '; ' order by sentence) as reason
        from (
            select
                blank_row.unit_key,
                blank_row.field,
                mart.column_missing(header.header, array_agg(distinct blank_row.sender)) as sentence
            from blank_row
            inner join window_header as header on header.needs = 'one_stop_shop/dossiers.' || blank_row.role
            group by blank_row.unit_key, blank_row.field, header.header
        ) as column_missing
        group by unit_key, field
    ) as said on said.unit_key = part.unit_key and said.field = part.field
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
        case
            when 'received' <> all(made.blank)
                then received_online + received_direct + received_postal + received_unknown
        end as received,
        case when 'channel' <> all(made.blank) then received_online end as received_online,
        case when 'channel' <> all(made.blank) then received_direct end as received_direct,
        case when 'channel' <> all(made.blank) then received_postal end as received_postal,
        case when 'carried_over' <> all(made.blank) then carried_over end as carried_over,
        case when 'resolved' <> all(made.blank) then resolved_early + resolved_on_time + resolved_late end as resolved,
        case when 'in_time' <> all(made.blank) then resolved_early end as resolved_early,
        case when 'in_time' <> all(made.blank) then resolved_on_time end as resolved_on_time,
        case when 'in_time' <> all(made.blank) then resolved_late end as resolved_late,
        case when 'pending' <> all(made.blank) then pending end as pending,
        case when 'overdue' <> all(made.blank) then pending - pending_overdue end as pending_in_time,
        case when 'overdue' <> all(made.blank) then pending_overdue end as pending_overdue,
        case when 'refused' <> all(made.blank) then refused end as refused,
        case when 'withdrawn' <> all(made.blank) then withdrawn end as withdrawn,
        is_current_meaning,
        case when 'moved' <> all(made.blank) then taken_over end as taken_over,
        case when 'moved' <> all(made.blank) then handed_over end as handed_over,
        reason,
        case when 'moved' <> all(made.blank) then resolved_elsewhere end as resolved_elsewhere
    from (
        select
            made.*,
            coalesce(left_blank.names, '{}') as blank,
            left_blank.reason
        from made
        left join left_blank on left_blank.unit_key = made.unit_key and left_blank.field = made.field
    ) as made
    where
        field = 'Tất cả'
        or received_online + received_direct + received_postal + received_unknown + carried_over + resolved_early
        + resolved_on_time + resolved_late + pending + refused + withdrawn + taken_over + handed_over
        + abs(resolved_elsewhere) > 0
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
    handed_over,
    reason,
    resolved_elsewhere
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
    handed_over,
    reason,
    resolved_elsewhere
from whole
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
        handed_over = excluded.handed_over,
        reason = excluded.reason,
        resolved_elsewhere = excluded.resolved_elsewhere
-- what is the same stays as it is, and costs no new version of its row
where dossier_flow.* is distinct from excluded.*
