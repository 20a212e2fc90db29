-- thing: dossier
-- follows: [unit]
-- table: mart.dossier_unknown
-- key: [province_code, org_code, unit_from, day, field, sender, role]
-- counts: [received, resolved, withdrawn, refused]

-- Dossiers of which a role is unknown: their file had no column for it, and nobody told it before. Each is counted once
-- for every such role, on the days on which sql/counts/dossier_daily.sql counts it. One of which nobody tells the end
-- stays open. Which figures that concerns, their definitions say (`needs:`).
with unit as materialized (
    select
        province_code,
        org_code,
        valid_from,
        reach_from,
        reach_to
    from core.unit_period
),

lacking as (
    select
        file_id,
        absent
    from landing.file
    where absent && array['channel', 'due_at', 'finished_at', 'status', 'org_code', 'field', 'procedure_code']
),

dossier as (
    select
        d.sign,
        d.province_code,
        coalesce(d.org_code, '') as org_code,
        coalesce(unit.valid_from, '-infinity') as unit_from,
        d.received_on,
        coalesce(d.field, '') as field,
        d.sender,
        unknown.role,
        coalesce(d.status = 'Không được tiếp nhận', false) as is_refused,
        coalesce(d.status = 'Công dân rút hồ sơ', false) as is_withdrawn,
        case
            when coalesce(d.status, '') <> 'Công dân rút hồ sơ' then d.finished_on
            when coalesce(d.finished_on, d.returned_on) is not null
                then greatest(d.received_on, coalesce(d.finished_on, d.returned_on))
        end as left_on
    from {changed} as d
    inner join lacking on lacking.file_id = d.file_id
    cross join lateral (
        values
        ('channel', d.channel is null),
        ('due_at', d.due_on is null),
        ('finished_at', d.finished_on is null),
        ('status', d.status is null),
        ('org_code', d.org_code is null),
        ('field', d.field is null),
        ('procedure_code', d.procedure_code is null)
    ) as unknown (role, is_null)
    left join unit
        on
            unit.province_code = d.province_code
            and unit.org_code = d.org_code
            and d.received_on >= unit.reach_from
            and d.received_on < unit.reach_to
    where
        unknown.is_null
        and unknown.role = any(lacking.absent)
        and coalesce(d.status, '') <> 'Mới đăng ký'
),

event as (
    select
        dossier.*,
        received_on as day,
        case when is_refused then 'refused' else 'received' end as what
    from dossier
    union all
    select
        dossier.*,
        left_on as day,
        case when is_withdrawn then 'withdrawn' else 'resolved' end as what
    from dossier
    where left_on is not null and not is_refused
)

select
    province_code,
    org_code,
    unit_from,
    day,
    field,
    sender,
    role,
    coalesce(sum(sign) filter (where what = 'received'), 0) as received,
    coalesce(sum(sign) filter (where what = 'resolved'), 0) as resolved,
    coalesce(sum(sign) filter (where what = 'withdrawn'), 0) as withdrawn,
    coalesce(sum(sign) filter (where what = 'refused'), 0) as refused
from event
group by province_code, org_code, unit_from, day, field, sender, role
