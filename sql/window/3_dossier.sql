-- creates: [window_dossier_state, window_dossier_part, window_dossier_held, window_dossier, window_handover,
--   window_online]

-- States that have no day of their own, as daily counts beside mart.dossier_daily, which knows neither pauses nor
-- withdrawals without a day. A dossier that was paused is in time, however late: as the last delivery up to
-- %(told_until)s told it, or else its first one. Who withdrew on no day withdrew on that of the delivery that first
-- told it.
create temp table window_dossier_state on commit drop as
with paused_before as (
    select
        v.province_code,
        v.dossier_code
    from core.dossier_history as v
    where
        v.status in ('Yêu cầu bổ sung', 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Dừng xử lý')
        and v.superseded_on > %(told_until)s
        and not exists (
            select
            from core.dossier as other
            where
                other.province_code = v.province_code
                and other.dossier_code = v.dossier_code
                and other.delivered_on <= %(told_until)s
                and (
                    v.delivered_on > %(told_until)s
                    or (other.delivered_on, other.sender, other.file_id, other.line)
                    > (v.delivered_on, v.sender, v.file_id, v.line)
                )
        )
        and not exists (
            select
            from core.dossier_history as other
            where
                other.province_code = v.province_code
                and other.dossier_code = v.dossier_code
                and case
                    when v.delivered_on > %(told_until)s
                        then
                            (other.delivered_on, other.sender, other.file_id, other.line)
                            < (v.delivered_on, v.sender, v.file_id, v.line)
                    else
                        other.delivered_on <= %(told_until)s
                        and (other.delivered_on, other.sender, other.file_id, other.line)
                        > (v.delivered_on, v.sender, v.file_id, v.line)
                end
        )
),

withdrawn as (
    select
        d.province_code,
        d.dossier_code,
        greatest(d.received_on, coalesce(first_told.first_on, d.delivered_on)) as withdrawn_on
    from core.dossier as d
    cross join lateral (
        -- the versions that told it, and none in between that did not
        select min(h.delivered_on) as first_on
        from core.dossier_history as h
        where
            h.province_code = d.province_code
            and h.dossier_code = d.dossier_code
            and h.status = 'Công dân rút hồ sơ'
            and not exists (
                select
                from core.dossier_history as later
                where
                    later.province_code = h.province_code
                    and later.dossier_code = h.dossier_code
                    and later.status <> 'Công dân rút hồ sơ'
                    and (later.delivered_on, later.sender, later.file_id, later.line)
                    > (h.delivered_on, h.sender, h.file_id, h.line)
            )
    ) as first_told
    where d.status = 'Công dân rút hồ sơ' and d.finished_on is null and d.returned_on is null
),

-- materialized, before anything meets their units: the planner does not know how few they are after a load, and has
-- looked up each dossier once for every unit
concerned as materialized (
    -- paused now: only the history can tell it otherwise, so no other dossier is read
    select
        d.province_code,
        d.org_code,
        d.field,
        d.status,
        d.received_on,
        d.due_on,
        d.finished_on,
        d.returned_on,
        true as is_paused,
        null::date as withdrawn_on
    from core.dossier as d
    where
        d.status in ('Yêu cầu bổ sung', 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Dừng xử lý')
        and not exists (
            select
            from core.dossier_history as other
            where
                other.province_code = d.province_code
                and other.dossier_code = d.dossier_code
                and case
                    when d.delivered_on > %(told_until)s
                        then
                            (other.delivered_on, other.sender, other.file_id, other.line)
                            < (d.delivered_on, d.sender, d.file_id, d.line)
                    else
                        other.delivered_on <= %(told_until)s
                        and (other.delivered_on, other.sender, other.file_id, other.line)
                        > (d.delivered_on, d.sender, d.file_id, d.line)
                end
        )
    union all
    select
        d.province_code,
        d.org_code,
        d.field,
        d.status,
        d.received_on,
        d.due_on,
        d.finished_on,
        d.returned_on,
        told.is_paused,
        told.withdrawn_on
    from (
        select
            province_code,
            dossier_code,
            bool_or(is_paused) as is_paused,
            max(withdrawn_on) as withdrawn_on
        from (
            select
                province_code,
                dossier_code,
                true as is_paused,
                null::date as withdrawn_on
            from paused_before
            union all
            select
                province_code,
                dossier_code,
                false as is_paused,
                withdrawn_on
            from withdrawn
        ) as each
        group by province_code, dossier_code
    ) as told
    inner join core.dossier as d on d.province_code = told.province_code and d.dossier_code = told.dossier_code
),

state as (
    select
        d.province_code,
        d.org_code,
        unit.valid_from as unit_from,
        d.field,
        d.is_paused,
        d.withdrawn_on,
        case when d.due_on is not null then greatest(d.due_on + 1, d.received_on) end as overdue_from,
        coalesce(
            d.withdrawn_on,
            d.finished_on,
            case when d.status = 'Công dân rút hồ sơ' then d.returned_on end,
            'infinity'
        ) as left_on
    from concerned as d
    inner join window_unit as unit
        on
            unit.province_code = d.province_code
            and unit.code = d.org_code
            and d.received_on >= unit.reach_from
            and d.received_on < unit.reach_to
    where d.status not in ('Mới đăng ký', 'Không được tiếp nhận')
)

select
    province_code,
    org_code,
    unit_from,
    withdrawn_on as day,
    field,
    count(*) as withdrawn,
    0 as overdue_out
from state
where withdrawn_on is not null
group by 1, 2, 3, 4, 5
union all
-- what the daily counts call overdue, and is not: paused from the beginning, else from the day of its withdrawal
select
    province_code,
    org_code,
    unit_from,
    case when is_paused and left_on > %(as_of)s then overdue_from else greatest(overdue_from, withdrawn_on) end as day,
    field,
    0 as withdrawn,
    count(*) as overdue_out
from state
where overdue_from <= %(as_of)s and (withdrawn_on is not null or left_on > %(as_of)s)
group by 1, 2, 3, 4, 5;

-- What became of each unit's own dossiers, by field, and by the unit that held them on the day if that changes
-- (window_holder). Flows are sums over the window; states are sums from the first day on. Here alone the daily counts
-- are read.
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
            daily.*,
            holder.holder_code,
            holder.holder_from,
            holder.to_day as held_until,
            received_online + received_direct + received_postal as entered,
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
                resolved_early,
                resolved_on_time,
                resolved_late,
                withdrawn,
                refused,
                overdue_in,
                overdue_out
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
                0 as resolved_early,
                0 as resolved_on_time,
                0 as resolved_late,
                withdrawn,
                0 as refused,
                0 as overdue_in,
                overdue_out
            from window_dossier_state
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
    group by province_code, org_code, unit_from, field, holder_code, holder_from, held_until
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
    counted.received_online,
    counted.received_direct,
    counted.received_postal,
    counted.resolved_early,
    counted.resolved_on_time,
    counted.resolved_late,
    counted.withdrawn,
    counted.refused,
    counted.carried_over,
    counted.pending,
    counted.pending_overdue
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
    received_online,
    received_direct,
    received_postal,
    resolved_early,
    resolved_on_time,
    resolved_late,
    withdrawn,
    refused,
    case when holder_code is null then carried_over else 0 end as carried_over,
    case when holder_code is null then pending else 0 end as pending,
    case when holder_code is null then pending_overdue else 0 end as pending_overdue
from window_dossier_part
union all
select
    holder.province_code,
    holder.holder_code,
    holder.holder_from,
    part.field,
    part.field_class,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    case when moment.what = 'carried over' then part.carried_over else 0 end,
    case when moment.what = 'pending' then part.pending else 0 end,
    case when moment.what = 'pending' then part.pending_overdue else 0 end
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
    sum(part.resolved_early) as resolved_early,
    sum(part.resolved_on_time) as resolved_on_time,
    sum(part.resolved_late) as resolved_late,
    sum(part.withdrawn) as withdrawn,
    sum(part.refused) as refused,
    sum(part.carried_over) as carried_over,
    sum(part.pending) as pending,
    sum(part.pending_overdue) as pending_overdue
from window_dossier_held as part
inner join window_unit as unit
    on
        unit.province_code = part.province_code
        and unit.code = part.org_code
        and part.unit_from >= unit.reach_from
        and part.unit_from < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
group by subtree.unit_code, subtree.tier, part.field, part.field_class;

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
group by 1, 2, 3;

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
    sum(part.received_online) as received_online
from part
inner join window_subtree as subtree on subtree.part_code = part.unit_code
inner join window_scope as scope on scope.unit_code = subtree.unit_code and scope.level = part.level
inner join offered
    on offered.senders = scope.senders and offered.national_code = part.national_code and offered.level = part.level
group by 1, 2, 3, 4
