-- creates: [window_dossier_state]

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
        d.resolving_org_code,
        d.field,
        d.status,
        d.received_on,
        d.due_on,
        d.extended_due_on,
        d.finished_on,
        d.returned_on,
        true as is_paused,
        null::date as withdrawn_on{record}
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
        d.resolving_org_code,
        d.field,
        d.status,
        d.received_on,
        d.due_on,
        d.extended_due_on,
        d.finished_on,
        d.returned_on,
        told.is_paused,
        told.withdrawn_on{record}
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

-- at the unit that resolves it; `received_by` tells the other, if another received it
state as (
    select
        d.province_code,
        unit.code as org_code,
        unit.valid_from as unit_from,
        receiving.code as received_by,
        receiving.valid_from as received_by_from,
        coalesce(d.field, '') as field, -- as the daily counts call what no file told
        d.is_paused,
        d.withdrawn_on,
        case
            when coalesce(d.due_on, d.extended_due_on) is not null
                then greatest(d.due_on + 1, d.extended_due_on + 1, d.received_on)
        end as overdue_from,
        coalesce(
            d.withdrawn_on,
            d.finished_on,
            case when d.status = 'Công dân rút hồ sơ' then d.returned_on end,
            'infinity'
        ) as left_on{record}
    from concerned as d
    inner join window_unit as unit
        on
            unit.province_code = d.province_code
            and unit.code = coalesce(d.resolving_org_code, d.org_code)
            and d.received_on >= unit.reach_from
            and d.received_on < unit.reach_to
    left join window_unit as receiving
        on
            receiving.province_code = d.province_code
            and receiving.code = d.org_code
            and receiving.code <> d.resolving_org_code
            and d.received_on >= receiving.reach_from
            and d.received_on < receiving.reach_to
    where d.status not in ('Mới đăng ký', 'Không được tiếp nhận')
),

event as (
    select
        province_code,
        org_code,
        unit_from,
        withdrawn_on as day,
        field,
        1 as withdrawn,
        0 as overdue_out,
        case when received_by is null then 0 else -1 end as elsewhere_out{record}
    from state
    where withdrawn_on is not null
    union all
    select
        province_code,
        received_by,
        received_by_from,
        withdrawn_on,
        field,
        0,
        0,
        1{record}
    from state
    where withdrawn_on is not null and received_by is not null
    union all
    -- what the daily counts call overdue, and is not: paused from the beginning, else from the day of its withdrawal
    select
        province_code,
        org_code,
        unit_from,
        case when is_paused and left_on > %(as_of)s then overdue_from else greatest(overdue_from, withdrawn_on) end,
        field,
        0,
        1,
        0{record}
    from state
    where overdue_from <= %(as_of)s and (withdrawn_on is not null or left_on > %(as_of)s)
)

select
    province_code,
    org_code,
    unit_from,
    day,
    field,
    sum(withdrawn) as withdrawn,
    sum(overdue_out) as overdue_out,
    sum(elsewhere_out) as elsewhere_out{record}
from event
group by province_code, org_code, unit_from, day, field{record}
