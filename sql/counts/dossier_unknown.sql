-- thing: dossier
-- follows: [unit]
-- table: mart.dossier_unknown
-- key: [province_code, org_code, unit_from, day, field, sender, role]
-- units: [org_code, resolving_org_code]
-- counts: [received, resolved, withdrawn, refused, elsewhere_in, elsewhere_out]

-- Dossiers of which a role is unknown: their file had no column for it, and nobody told it before. Each is counted once
-- for every such role, on the days and at the units at which sql/counts/dossier_daily.sql counts it. One of which
-- nobody tells the end stays open. Which figures that concerns, their definitions say (`needs:`).
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
        coalesce(d.resolving_org_code, d.org_code, '') as resolving_code,
        case
            when d.resolving_org_code is null then coalesce(unit.valid_from, '-infinity')
            else coalesce(resolving.valid_from, '-infinity')
        end as resolving_from,
        d.received_on,
        coalesce(d.field, '') as field,
        d.sender,
        unknown.role,
        coalesce(d.status = 'Không được tiếp nhận', false) as is_refused,
        coalesce(d.status = 'Công dân rút hồ sơ', false) as is_withdrawn,
        case
            when coalesce(d.status, '') <> 'Công dân rút hồ sơ' then d.finished_on
            -- a withdrawal without a day: it is known of at the latest since the delivery that tells it so
            else greatest(d.received_on, coalesce(d.finished_on, d.returned_on, d.delivered_on))
        end as left_on
    from {changed} as d
    inner join lacking on lacking.file_id = d.file_id
    cross join lateral (
        values
        ('channel', d.channel is null),
        ('due_at', coalesce(d.due_on, d.extended_due_on) is null),
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
    left join unit as resolving
        on
            resolving.province_code = d.province_code
            and resolving.org_code = d.resolving_org_code
            and d.received_on >= resolving.reach_from
            and d.received_on < resolving.reach_to
    where
        unknown.is_null
        and unknown.role = any(lacking.absent)
        and coalesce(d.status, '') <> 'Mới đăng ký'
),

event as (
    select
        dossier.province_code,
        moment.org_code,
        moment.unit_from,
        moment.day,
        dossier.field,
        dossier.sender,
        dossier.role,
        moment.what,
        moment.times * dossier.sign as sign
    from dossier
    cross join lateral (
        values
        (org_code, unit_from, received_on, case when is_refused then 'refused' else 'received' end, 1),
        (resolving_code, resolving_from, left_on, case when is_withdrawn then 'withdrawn' else 'resolved' end, 1),
        (org_code, unit_from, received_on, 'elsewhere_in', 1),
        (org_code, unit_from, left_on, 'elsewhere_out', 1),
        (resolving_code, resolving_from, received_on, 'elsewhere_in', -1),
        (resolving_code, resolving_from, left_on, 'elsewhere_out', -1)
    ) as moment (org_code, unit_from, day, what, times)
    where
        moment.day is not null
        and (not dossier.is_refused or moment.what = 'refused')
        and (dossier.resolving_code <> dossier.org_code or left(moment.what, 9) <> 'elsewhere')
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
    coalesce(sum(sign) filter (where what = 'refused'), 0) as refused,
    coalesce(sum(sign) filter (where what = 'elsewhere_in'), 0) as elsewhere_in,
    coalesce(sum(sign) filter (where what = 'elsewhere_out'), 0) as elsewhere_out
from event
group by province_code, org_code, unit_from, day, field, sender, role
