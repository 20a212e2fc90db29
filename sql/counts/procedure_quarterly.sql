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

dossier as (
    select
        d.sign,
        d.province_code,
        coalesce(d.org_code, '') as org_code,
        coalesce(unit.valid_from, '-infinity') as unit_from,
        coalesce(d.procedure_code, '') as procedure_code,
        d.channel,
        d.return_channel,
        case when coalesce(d.status, '') <> 'Công dân rút hồ sơ' then mart.quarter_of(d.returned_on) end as returned,
        mart.quarter_of(d.received_on) as received{record}
    from {changed} as d
    left join unit
        on
            unit.province_code = d.province_code
            and unit.org_code = d.org_code
            and d.received_on >= unit.reach_from
            and d.received_on < unit.reach_to
    where coalesce(d.status, '') not in ('Mới đăng ký', 'Không được tiếp nhận')
),

-- both quarters at once, so that each dossier is looked at once; in int, whose sums are not numeric
came_and_went as (
    select
        province_code,
        org_code,
        unit_from,
        procedure_code,
        received,
        returned,
        sum(sign)::int as dossiers,
        coalesce(sum(sign) filter (where channel = 'Bưu chính công ích'), 0)::int as came_by_post,
        coalesce(sum(sign) filter (where return_channel = 'Bưu chính công ích'), 0)::int as went_by_post{record}
    from dossier
    group by province_code, org_code, unit_from, procedure_code, received, returned{record}
)

select
    came_and_went.province_code,
    came_and_went.org_code,
    came_and_went.unit_from,
    moment.day,
    came_and_went.procedure_code,
    sum(moment.received) as received,
    sum(moment.received_postal) as received_postal,
    sum(moment.returned) as returned,
    sum(moment.returned_postal) as returned_postal,
    0 as resolved_late,
    0 as apologised{record}
from came_and_went
cross join lateral (
    values (received, dossiers, came_by_post, 0, 0), (returned, 0, 0, dossiers, went_by_post)
) as moment (day, received, received_postal, returned, returned_postal)
where moment.day is not null
group by
    came_and_went.province_code, came_and_went.org_code, came_and_went.unit_from, moment.day,
    came_and_went.procedure_code{record}
union all
select
    d.province_code,
    coalesce(d.resolving_org_code, d.org_code, '') as org_code,
    coalesce(unit.valid_from, '-infinity') as unit_from,
    mart.quarter_of(d.finished_on) as day,
    -- of all: a key of its own, beside those of what came and went
    '*' as procedure_code,
    0 as received,
    0 as received_postal,
    0 as returned,
    0 as returned_postal,
    sum(d.sign) as resolved_late,
    coalesce(sum(d.sign) filter (where d.apology_letter is not null), 0) as apologised{record}
from {changed} as d
left join unit
    on
        unit.province_code = d.province_code
        and unit.org_code = coalesce(d.resolving_org_code, d.org_code)
        and d.received_on >= unit.reach_from
        and d.received_on < unit.reach_to
where
    d.finished_on > greatest(d.due_on, d.extended_due_on)
    and coalesce(d.status, '') not in ('Mới đăng ký', 'Không được tiếp nhận', 'Công dân rút hồ sơ')
group by 1, 2, 3, 4{record}
