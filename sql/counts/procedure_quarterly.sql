-- thing: dossier
-- follows: [unit]
-- table: mart.procedure_quarterly
-- key: [province_code, org_code, unit_from, day, procedure_code]
-- units: [org_code, resolving_org_code]
-- counts: [received, received_postal, returned, returned_postal, resolved_late, apologised]

-- What came and went by public post, by procedure, and who was told that a dossier is late. By quarter, not by day: of
-- days there would be as many rows as dossiers. `day` is the first of a quarter (15/12, 15/3, 15/6, 15/9): all periods
-- begin and end with one. A window that does not is counted from the dossiers (sql/window/3_post.sql): change both.
-- Received and returned count at the unit that received; late, without a procedure, at the one that resolves.
-- Refused dossiers and those not yet received count nowhere; what is handed back after a withdrawal is no result.
with unit as materialized (
    select
        province_code,
        org_code,
        valid_from,
        reach_from,
        reach_to
    from core.unit_period
),

moment as (
    select
        d.sign,
        d.province_code,
        coalesce(d.org_code, '') as org_code,
        coalesce(unit.valid_from, '-infinity') as unit_from,
        coalesce(d.procedure_code, '') as procedure_code,
        d.channel = 'Bưu chính công ích' as came_by_post,
        d.return_channel = 'Bưu chính công ích' as went_by_post,
        mart.quarter_of(d.received_on) as received,
        case when coalesce(d.status, '') <> 'Công dân rút hồ sơ' then mart.quarter_of(d.returned_on) end as returned,
        case when late.is_late then mart.quarter_of(d.finished_on) end as resolved_late,
        case when late.is_late then coalesce(d.resolving_org_code, d.org_code, '') end as resolving_code,
        case
            when late.is_late then coalesce(case when d.resolving_org_code is null then unit.valid_from else (
                select resolving.valid_from
                from unit as resolving
                where
                    resolving.province_code = d.province_code
                    and resolving.org_code = d.resolving_org_code
                    and d.received_on >= resolving.reach_from
                    and d.received_on < resolving.reach_to
            ) end, '-infinity')
        end as resolving_from,
        late.is_late and d.apology_letter is not null as is_apologised
    from {changed} as d
    cross join lateral (
        select
            d.finished_on > greatest(d.due_on, d.extended_due_on)
            and coalesce(d.status, '') <> 'Công dân rút hồ sơ' as is_late
    ) as late
    left join unit
        on
            unit.province_code = d.province_code
            and unit.org_code = d.org_code
            and d.received_on >= unit.reach_from
            and d.received_on < unit.reach_to
    where coalesce(d.status, '') not in ('Mới đăng ký', 'Không được tiếp nhận')
),

-- all at once, so that each dossier is looked at once
of_moments as (
    select
        province_code,
        org_code,
        unit_from,
        procedure_code,
        received,
        returned,
        resolved_late,
        resolving_code,
        resolving_from,
        sum(sign) as dossiers,
        coalesce(sum(sign) filter (where came_by_post), 0) as came_by_post,
        coalesce(sum(sign) filter (where went_by_post), 0) as went_by_post,
        coalesce(sum(sign) filter (where is_apologised), 0) as apologised
    from moment
    group by
        province_code, org_code, unit_from, procedure_code, received, returned, resolved_late, resolving_code,
        resolving_from
)

select
    of_moments.province_code,
    what.org_code,
    what.unit_from,
    what.day,
    what.procedure_code,
    sum(what.received) as received,
    sum(what.received_postal) as received_postal,
    sum(what.returned) as returned,
    sum(what.returned_postal) as returned_postal,
    sum(what.resolved_late) as resolved_late,
    sum(what.apologised) as apologised
from of_moments
cross join lateral (
    values
    (org_code, unit_from, received, procedure_code, dossiers, came_by_post, 0, 0, 0, 0),
    (org_code, unit_from, returned, procedure_code, 0, 0, dossiers, went_by_post, 0, 0),
    (resolving_code, resolving_from, resolved_late, '', 0, 0, 0, 0, dossiers, apologised)
) as what (
    org_code, unit_from, day, procedure_code, received, received_postal, returned, returned_postal, resolved_late,
    apologised
)
where what.day is not null
group by of_moments.province_code, what.org_code, what.unit_from, what.day, what.procedure_code
