-- creates: [window_dossier_part, window_dossier_held, window_dossier, window_dossier_unknown, window_handover]

-- What became of each unit's own dossiers, by field, and by the unit that held them on the day if that changes
-- (window_holder). Flows are sums over the window; states are sums from the first day on. Here alone the daily counts
-- are read.
-- Carried over is what this unit received, pending what it resolves; `passed` and `carried_elsewhere` are the dossiers
-- of the window, and of before, that others resolve for it, less those that it resolves for others.
-- Rows with a `lacking_role` count none of them: they say, in the same way, of how many that role is unknown, because
-- the file of `lacking_sender` had no column for it.
create temp table window_dossier_part on commit drop as
with counted as materialized (
    select
        province_code,
        org_code,
        unit_from,
        field,
        holder_code,
        holder_from,
        held_until,
        lacking_role,
        lacking_sender,
        coalesce(sum(received_online) filter (where is_in_window), 0) as received_online,
        coalesce(sum(received_direct) filter (where is_in_window), 0) as received_direct,
        coalesce(sum(received_postal) filter (where is_in_window), 0) as received_postal,
        coalesce(sum(received_unknown) filter (where is_in_window), 0) as received_unknown,
        coalesce(sum(resolved_early) filter (where is_in_window), 0) as resolved_early,
        coalesce(sum(resolved_on_time) filter (where is_in_window), 0) as resolved_on_time,
        coalesce(sum(resolved_late) filter (where is_in_window), 0) as resolved_late,
        coalesce(sum(withdrawn) filter (where is_in_window), 0) as withdrawn,
        coalesce(sum(refused) filter (where is_in_window), 0) as refused,
        coalesce(sum(elsewhere_in) filter (where is_in_window), 0) as passed,
        coalesce(sum(entered - departed - elsewhere_out) filter (where day < %(period_start)s), 0) as carried_over,
        coalesce(sum(elsewhere_in - elsewhere_out) filter (where day < %(period_start)s), 0) as carried_elsewhere,
        coalesce(sum(entered - departed - elsewhere_in) filter (where day <= %(as_of)s), 0) as pending,
        coalesce(sum(overdue_in - overdue_out) filter (where day <= %(as_of)s), 0) as pending_overdue{record}
    from (
        select
            daily.*,
            holder.holder_code,
            holder.holder_from,
            holder.to_day as held_until,
            received_online + received_direct + received_postal + received_unknown as entered,
            resolved_early + resolved_on_time + resolved_late + withdrawn as departed,
            day >= %(period_start)s and day < %(period_end)s as is_in_window
        from (
            select
                province_code,
                org_code,
                unit_from,
                day,
                field,
                received_online,
                received_direct,
                received_postal,
                received_unknown,
                resolved_early,
                resolved_on_time,
                resolved_late,
                withdrawn,
                refused,
                overdue_in,
                overdue_out,
                elsewhere_in,
                elsewhere_out,
                null as lacking_role,
                null as lacking_sender{record}
            from mart.dossier_daily
            union all
            select
                province_code,
                org_code,
                unit_from,
                day,
                field,
                0 as received_online,
                0 as received_direct,
                0 as received_postal,
                0 as received_unknown,
                0 as resolved_early,
                0 as resolved_on_time,
                0 as resolved_late,
                withdrawn,
                0 as refused,
                0 as overdue_in,
                overdue_out,
                0 as elsewhere_in,
                elsewhere_out,
                null as lacking_role,
                null as lacking_sender{record}
            from window_dossier_state
            union all
            select
                province_code,
                org_code,
                unit_from,
                day,
                field,
                0 as received_online,
                0 as received_direct,
                0 as received_postal,
                received as received_unknown,
                0 as resolved_early,
                resolved as resolved_on_time,
                0 as resolved_late,
                withdrawn,
                refused,
                0 as overdue_in,
                0 as overdue_out,
                elsewhere_in,
                elsewhere_out,
                role as lacking_role,
                sender as lacking_sender{record}
            from mart.dossier_unknown
        ) as daily
        left join window_holder as holder
            on
                holder.province_code = daily.province_code
                and holder.org_code = daily.org_code
                and daily.unit_from >= holder.reach_from
                and daily.unit_from < holder.reach_to
                and daily.day >= holder.from_day
                and daily.day < holder.to_day
        where day < %(period_end)s or day <= %(as_of)s
    ) as daily
    group by
        province_code, org_code, unit_from, field, holder_code, holder_from, held_until, lacking_role,
        lacking_sender{record}
),

-- A field has one name, however offices write it. What is no known field (rows of before there was a list) is `Khác`,
-- but is of the class that its words say.
named as (
    select
        written.field,
        coalesce(known.field, 'Khác') as name,
        (
            select class.field_class
            from core.field_class as class
            where position(class.pattern in core.fold(coalesce(known.field, written.field))) > 0
            order by class.priority
            limit 1
        ) as field_class
    from (select distinct field from counted) as written
    left join core.known_field as known on known.word = core.fold(written.field)
)

select
    counted.province_code,
    counted.org_code,
    counted.unit_from,
    named.name as field,
    named.field_class,
    counted.holder_code,
    counted.holder_from,
    counted.held_until,
    counted.lacking_role,
    counted.lacking_sender,
    counted.received_online,
    counted.received_direct,
    counted.received_postal,
    counted.received_unknown,
    counted.resolved_early,
    counted.resolved_on_time,
    counted.resolved_late,
    counted.withdrawn,
    counted.refused,
    counted.passed,
    counted.carried_over,
    counted.carried_elsewhere,
    counted.pending,
    counted.pending_overdue{record}
from counted
inner join named on named.field = counted.field;

-- The same by the unit that has it: a flow counts where the dossier was on the day, carried over where it was when the
-- window began, pending where it is on the last day.
create temp table window_dossier_held on commit drop as
select
    province_code,
    coalesce(holder_code, org_code) as org_code,
    coalesce(holder_from, unit_from) as unit_from,
    field,
    field_class,
    lacking_role,
    lacking_sender,
    received_online,
    received_direct,
    received_postal,
    received_unknown,
    resolved_early,
    resolved_on_time,
    resolved_late,
    withdrawn,
    refused,
    passed,
    case when holder_code is null then carried_over else 0 end as carried_over,
    case when holder_code is null then carried_elsewhere else 0 end as carried_elsewhere,
    case when holder_code is null then pending else 0 end as pending,
    case when holder_code is null then pending_overdue else 0 end as pending_overdue{record}
from window_dossier_part
union all
select
    holder.province_code,
    holder.holder_code,
    holder.holder_from,
    part.field,
    part.field_class,
    part.lacking_role,
    part.lacking_sender,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    case when moment.what = 'carried over' then part.carried_over else 0 end,
    case when moment.what = 'carried over' then part.carried_elsewhere else 0 end,
    case when moment.what = 'pending' then part.pending else 0 end,
    case when moment.what = 'pending' then part.pending_overdue else 0 end{record}
from window_dossier_part as part
cross join (
    values ('carried over', %(period_start)s::date), ('pending', least(%(as_of)s::date, %(last_day)s::date))
) as moment (what, day)
inner join window_holder as holder
    on
        holder.province_code = part.province_code
        and holder.org_code = part.org_code
        and part.unit_from >= holder.reach_from
        and part.unit_from < holder.reach_to
        and moment.day >= holder.from_day
        and moment.day < holder.to_day
where part.holder_code is not null;

create temp table window_dossier on commit drop as
select
    subtree.unit_code,
    subtree.tier,
    part.field,
    part.field_class,
    sum(part.received_online) as received_online,
    sum(part.received_direct) as received_direct,
    sum(part.received_postal) as received_postal,
    sum(part.received_unknown) as received_unknown,
    sum(part.resolved_early) as resolved_early,
    sum(part.resolved_on_time) as resolved_on_time,
    sum(part.resolved_late) as resolved_late,
    sum(part.withdrawn) as withdrawn,
    sum(part.refused) as refused,
    sum(part.carried_over) as carried_over,
    sum(part.carried_elsewhere) as carried_elsewhere,
    sum(part.passed + part.carried_elsewhere) as resolved_elsewhere,
    sum(part.pending) as pending,
    sum(part.pending_overdue) as pending_overdue{record}
from window_dossier_held as part
inner join window_unit as unit
    on
        unit.province_code = part.province_code
        and unit.code = part.org_code
        and part.unit_from >= unit.reach_from
        and part.unit_from < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
where part.lacking_role is null
group by subtree.unit_code, subtree.tier, part.field, part.field_class{record};

-- Of how many of these dossiers a role is unknown. Where it is the unit, they may be anybody's. Where it is the day of
-- the end, each may have been resolved on any day since it came.
create temp table window_dossier_unknown on commit drop as
select
    unit.unit_code,
    unit.tier,
    part.field,
    part.field_class,
    part.lacking_role as role,
    part.lacking_sender as sender,
    sum(part.received_unknown) as received,
    sum(part.refused) as refused,
    sum(part.carried_over) as carried_over,
    sum(
        case
            when part.lacking_role = 'finished_at'
                then part.received_unknown - part.passed + part.carried_over - part.carried_elsewhere
            else part.resolved_on_time
        end
    ) as resolved,
    sum(part.withdrawn) as withdrawn,
    sum(part.pending) as pending
from window_dossier_held as part
inner join lateral (
    select
        subtree.unit_code,
        subtree.tier
    from window_unit as own
    inner join window_subtree as subtree on subtree.part_code = own.unit_code
    where
        own.province_code = part.province_code
        and own.code = part.org_code
        and part.unit_from >= own.reach_from
        and part.unit_from < own.reach_to
    union all
    select
        anybody.unit_code,
        null as tier
    from window_unit as anybody
    where part.org_code = '' and anybody.is_in_window
) as unit on true
where part.lacking_role is not null
group by unit.unit_code, unit.tier, part.field, part.field_class, part.lacking_role, part.lacking_sender;

-- Open dossiers that came into what a unit answers for, or left it, because a unit ended. `is_first_day`: when the
-- window began, so that they stand in what was carried over.
create temp table window_handover on commit drop as
with move as materialized (
    select
        row_number() over () as move_no,
        giving.province_code,
        giving.org_code,
        giving.reach_from,
        giving.reach_to,
        taking.from_day as day,
        old_unit.unit_code as old_unit,
        new_unit.unit_code as new_unit
    from window_holder as giving
    inner join window_holder as taking
        on
            taking.province_code = giving.province_code
            and taking.org_code = giving.org_code
            and taking.reach_from = giving.reach_from
            and taking.from_day = giving.to_day
    inner join window_unit as old_unit
        on
            old_unit.province_code = giving.province_code
            and old_unit.code = giving.holder_code
            and giving.holder_from >= old_unit.reach_from
            and giving.holder_from < old_unit.reach_to
    inner join window_unit as new_unit
        on
            new_unit.province_code = taking.province_code
            and new_unit.code = taking.holder_code
            and taking.holder_from >= new_unit.reach_from
            and taking.holder_from < new_unit.reach_to
    where taking.from_day >= %(period_start)s and taking.from_day < %(period_end)s
),

-- what came before the window or in it and had not left when it moved: whoever held it until then, or earlier
open as materialized (
    select
        move.move_no,
        part.field,
        sum(
            part.carried_over + part.received_online + part.received_direct + part.received_postal
            + part.received_unknown - part.carried_elsewhere - part.passed
            - part.resolved_early - part.resolved_on_time - part.resolved_late - part.withdrawn
        ) as dossiers
    from move
    inner join window_dossier_part as part
        on
            part.province_code = move.province_code
            and part.org_code = move.org_code
            and part.unit_from >= move.reach_from
            and part.unit_from < move.reach_to
            and part.held_until <= move.day
    where part.lacking_role is null
    group by 1, 2
),

moved as (
    select
        move.day,
        open.field,
        move.old_unit,
        move.new_unit,
        sum(open.dossiers) as dossiers
    from open
    inner join move on move.move_no = open.move_no
    where open.dossiers <> 0
    group by 1, 2, 3, 4
),

crossing as (
    select
        subtree.unit_code,
        moved.*,
        bool_or(subtree.part_code = moved.old_unit) as has_given,
        bool_or(subtree.part_code = moved.new_unit) as has_taken
    from moved
    inner join window_subtree as subtree on subtree.part_code in (moved.old_unit, moved.new_unit)
    group by subtree.unit_code, moved.day, moved.field, moved.old_unit, moved.new_unit, moved.dossiers
)

select
    unit_code,
    field,
    day = %(period_start)s as is_first_day,
    coalesce(sum(dossiers) filter (where has_taken), 0) as taken_over,
    coalesce(sum(dossiers) filter (where has_given), 0) as handed_over
from crossing
where has_given <> has_taken
group by 1, 2, 3
