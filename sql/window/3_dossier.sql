-- creates: [window_dossier_state, window_dossier_part, window_dossier, window_online]

-- A state that has no day of its own, taken from what the daily counts say: they know neither pauses nor withdrawals without a day.
-- A dossier that was paused is in time, however late: as the last delivery up to %(told_until)s told it, or else its first one.
-- Who withdrew on no day withdrew on that of the delivery that first told it.
create temp table window_dossier_state on commit drop as
with paused_version as (
    select province_code, dossier_code, delivered_on, sender, file_id, line
    from core.dossier
    where status in ('Yêu cầu bổ sung', 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Dừng xử lý')
    union all
    select province_code, dossier_code, delivered_on, sender, file_id, line
    from core.dossier_history
    where
        status in ('Yêu cầu bổ sung', 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Dừng xử lý')
        and superseded_on > %(told_until)s
),

paused as (
    select
        province_code,
        dossier_code
    from paused_version as v
    where
        not exists (
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

state as (
    select
        d.province_code,
        d.org_code,
        d.received_on,
        d.field,
        concerned.is_paused,
        concerned.withdrawn_on,
        -- the daily counts have it among the overdue
        greatest(d.due_on + 1, d.received_on) <= %(as_of)s
        and d.due_on is not null
        and (
            concerned.withdrawn_on is not null
            or coalesce(d.finished_on, case when d.status = 'Công dân rút hồ sơ' then d.returned_on end, 'infinity')
            > %(as_of)s
        ) as is_overdue
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
            from paused
            union all
            select
                province_code,
                dossier_code,
                false as is_paused,
                withdrawn_on
            from withdrawn
        ) as each
        group by province_code, dossier_code
    ) as concerned
    inner join core.dossier as d
        on d.province_code = concerned.province_code and d.dossier_code = concerned.dossier_code
    where d.status not in ('Mới đăng ký', 'Không được tiếp nhận')
)

select
    state.province_code,
    state.org_code,
    unit.valid_from as unit_from,
    state.field,
    count(*) filter (
        where state.withdrawn_on >= %(period_start)s and state.withdrawn_on < %(period_end)s
    ) as withdrawn,
    count(*) filter (where state.withdrawn_on < %(period_start)s) as carried_over,
    count(*) filter (where state.withdrawn_on <= %(as_of)s) as pending,
    count(*) filter (
        where state.is_overdue and (state.is_paused or state.withdrawn_on <= %(as_of)s)
    ) as pending_overdue
from state
inner join window_unit as unit
    on
        unit.province_code = state.province_code
        and unit.code = state.org_code
        and state.received_on >= unit.reach_from
        and state.received_on < unit.reach_to
group by 1, 2, 3, 4;

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

update window_dossier_part as part
set
    withdrawn = part.withdrawn + state.withdrawn,
    carried_over = part.carried_over - state.carried_over,
    pending = part.pending - state.pending,
    pending_overdue = part.pending_overdue - state.pending_overdue
from window_dossier_state as state
where
    state.province_code = part.province_code
    and state.org_code = part.org_code
    and state.unit_from = part.unit_from
    and state.field = part.field;

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
