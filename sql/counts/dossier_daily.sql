-- thing: dossier
-- follows: [unit]
-- table: mart.dossier_daily
-- key: [province_code, org_code, unit_from, day, field]
-- units: [org_code, resolving_org_code]
-- counts:
--   - received_online
--   - received_direct
--   - received_postal
--   - received_unknown
--   - resolved_early
--   - resolved_on_time
--   - resolved_late
--   - withdrawn
--   - refused
--   - overdue_in
--   - overdue_out
--   - elsewhere_in
--   - elsewhere_out

-- A dossier stays with the unit that its code named on the day of receipt, also after the code got a new meaning.
-- Received is counted at the unit that received it; resolved, withdrawn and overdue at the one that resolves it, if the
-- file names another. It is open at both: `elsewhere_in` on the day of receipt and `elsewhere_out` on the day of its
-- end are 1 at the receiving and -1 at the resolving unit, so that each can tell what is open there.
-- The later of two due days is the one that counts: an extension moves it.
-- A refused dossier is counted as refused and nowhere else; one not yet received (`Mới đăng ký`) nowhere.
-- Finished on the due day is on time, and so is a dossier without a due day.
-- What nobody told is empty here: a field, a unit, a channel, a status. Which figures that leaves open,
-- sql/counts/dossier_unknown.sql tells.
-- Counted is what has a day of its own. That a dossier is paused, or withdrawn nobody says when, depends on when it is
-- asked: here it stays, and is overdue like any other, and sql/window/3_dossier_state.sql takes from these counts what
-- was told by then.
with unit as materialized (
    select
        province_code,
        org_code,
        valid_from,
        reach_from,
        reach_to
    from core.unit_period
),

dossier as (
    select
        d.sign,
        d.province_code,
        coalesce(d.org_code, '') as org_code,
        coalesce(d.resolving_org_code, d.org_code, '') as resolving_code,
        d.received_on,
        greatest(d.due_on, d.extended_due_on) as due_on,
        d.finished_on,
        coalesce(d.field, '') as field,
        d.channel,
        coalesce(d.status = 'Không được tiếp nhận', false) as is_refused,
        coalesce(d.status = 'Công dân rút hồ sơ', false) as is_withdrawn,
        coalesce(unit.valid_from, '-infinity') as unit_from,
        case
            when d.resolving_org_code is null then coalesce(unit.valid_from, '-infinity')
            else coalesce(resolving.valid_from, '-infinity')
        end as resolving_from,
        -- the day on which it stopped being pending
        case
            when coalesce(d.status, '') <> 'Công dân rút hồ sơ' then d.finished_on
            when coalesce(d.finished_on, d.returned_on) is not null
                then greatest(d.received_on, coalesce(d.finished_on, d.returned_on))
        end as left_on,
        case
            when coalesce(d.due_on, d.extended_due_on) is not null
                then greatest(d.due_on + 1, d.extended_due_on + 1, d.received_on)
        end as overdue_from{record}
    from {changed} as d
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
    where coalesce(d.status, '') <> 'Mới đăng ký'
),

-- what happened to a dossier, one row per day on which something did
event as (
    select
        province_code,
        org_code,
        unit_from,
        received_on as day,
        field,
        case
            when is_refused then 'refused'
            when channel = 'Trực tuyến' then 'received_online'
            when channel = 'Trực tiếp' then 'received_direct'
            when channel is null then 'received_unknown'
            else 'received_postal'
        end as what,
        sign{record}
    from dossier
    union all
    select
        province_code,
        resolving_code as org_code,
        resolving_from as unit_from,
        left_on as day,
        field,
        case
            when is_withdrawn then 'withdrawn'
            when finished_on > due_on then 'resolved_late'
            when finished_on < due_on then 'resolved_early'
            else 'resolved_on_time'
        end as what,
        sign{record}
    from dossier
    where left_on is not null and not is_refused
    union all
    select
        province_code,
        resolving_code as org_code,
        resolving_from as unit_from,
        moment.day,
        field,
        moment.what,
        sign{record}
    from dossier
    cross join lateral (values (overdue_from, 'overdue_in'), (left_on, 'overdue_out')) as moment (day, what)
    where
        moment.day is not null
        and not is_refused
        and overdue_from < coalesce(left_on, 'infinity')
    union all
    select
        dossier.province_code,
        moment.org_code,
        moment.unit_from,
        moment.day,
        dossier.field,
        moment.what,
        moment.times * dossier.sign as sign{record}
    from dossier
    cross join lateral (
        values
        (org_code, unit_from, received_on, 'elsewhere_in', 1),
        (org_code, unit_from, left_on, 'elsewhere_out', 1),
        (resolving_code, resolving_from, received_on, 'elsewhere_in', -1),
        (resolving_code, resolving_from, left_on, 'elsewhere_out', -1)
    ) as moment (org_code, unit_from, day, what, times)
    where dossier.resolving_code <> dossier.org_code and moment.day is not null and not dossier.is_refused
)

select
    province_code,
    org_code,
    unit_from,
    day,
    field,
    coalesce(sum(sign) filter (where what = 'received_online'), 0) as received_online,
    coalesce(sum(sign) filter (where what = 'received_direct'), 0) as received_direct,
    coalesce(sum(sign) filter (where what = 'received_postal'), 0) as received_postal,
    coalesce(sum(sign) filter (where what = 'received_unknown'), 0) as received_unknown,
    coalesce(sum(sign) filter (where what = 'resolved_early'), 0) as resolved_early,
    coalesce(sum(sign) filter (where what = 'resolved_on_time'), 0) as resolved_on_time,
    coalesce(sum(sign) filter (where what = 'resolved_late'), 0) as resolved_late,
    coalesce(sum(sign) filter (where what = 'withdrawn'), 0) as withdrawn,
    coalesce(sum(sign) filter (where what = 'refused'), 0) as refused,
    coalesce(sum(sign) filter (where what = 'overdue_in'), 0) as overdue_in,
    coalesce(sum(sign) filter (where what = 'overdue_out'), 0) as overdue_out,
    coalesce(sum(sign) filter (where what = 'elsewhere_in'), 0) as elsewhere_in,
    coalesce(sum(sign) filter (where what = 'elsewhere_out'), 0) as elsewhere_out{record}
from event
group by province_code, org_code, unit_from, day, field{record}
