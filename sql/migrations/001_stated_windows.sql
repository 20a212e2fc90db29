-- Which meaning of a code holds at the end of a window is a column now.
alter table mart.indicator add column if not exists is_current_meaning boolean not null default true;
alter table mart.dossier_flow add column if not exists is_current_meaning boolean not null default true;
update mart.indicator as earlier
set is_current_meaning = false
from mart.indicator as later
where
    earlier.is_current_meaning
    and later.province_code = earlier.province_code
    and later.cadence = earlier.cadence
    and later.period_code = earlier.period_code
    and later.unit_code = earlier.unit_code
    and later.indicator_code = earlier.indicator_code
    and later.unit_valid_from > earlier.unit_valid_from;
update mart.dossier_flow as earlier
set is_current_meaning = false
from mart.dossier_flow as later
where
    earlier.is_current_meaning
    and later.province_code = earlier.province_code
    and later.period_code = earlier.period_code
    and later.unit_code = earlier.unit_code
    and later.unit_valid_from > earlier.unit_valid_from;

-- Figures of a window that a report states for itself stand beside those of the calendar, under a code that says the
-- window (etl/periods.py, window_code). Before, they stood in their place, under its code.
with kind (name, opens, closes) as (
    values ('Q1', 0, 3), ('Q2', 3, 6), ('Q3', 6, 9), ('Q4', 9, 12), ('6T', 0, 6), ('9T', 0, 9), ('N', 0, 12)
),

made as (
    select distinct period_code, period_start, period_end, as_of
    from mart.indicator
    where position('[' in period_code) = 0
    union
    select distinct period_code, period_start, period_end, as_of
    from mart.dossier_flow
    where position('[' in period_code) = 0
),

stated as (
    select
        made.*,
        made.period_code || '[' || made.period_start || '..' || made.period_end
        || case when made.as_of = made.period_end then '' else '@' || made.as_of end || ']' as window_code
    from made
    inner join kind on kind.name = split_part(made.period_code, '-', 2)
    cross join lateral (
        select make_date(left(made.period_code, 4)::int - 1, 12, 15) as first_day
    ) as year
    where
        made.period_start <> (year.first_day + make_interval(months => kind.opens))::date
        or made.period_end <> (year.first_day + make_interval(months => kind.closes))::date - 1
        or made.as_of <> made.period_end
),

of_findings as (
    update quality.finding as kept
    set period_code = stated.window_code
    from stated
    where
        kept.period_code = stated.period_code
        and kept.period_start = stated.period_start
        and kept.period_end = stated.period_end
),

of_flow as (
    update mart.dossier_flow as kept
    set period_code = stated.window_code
    from stated
    where
        kept.period_code = stated.period_code
        and kept.period_start = stated.period_start
        and kept.period_end = stated.period_end
        and kept.as_of = stated.as_of
)

update mart.indicator as kept
set period_code = stated.window_code
from stated
where
    kept.period_code = stated.period_code
    and kept.period_start = stated.period_start
    and kept.period_end = stated.period_end
    and kept.as_of = stated.as_of;
