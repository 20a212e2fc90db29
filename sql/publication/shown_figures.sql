-- The appendix of a unit, each figure with those of the periods of its kind before it, and with what is published.
--
-- %(period_code)s, %(unit_code)s; %(year_before)s: the same period a year before, as the calendar has it.
with figure as (
    select *
    from reporting.appendix
    where period_code = %(period_code)s and unit_code = %(unit_code)s and is_current_meaning
),

-- of several windows of a period the one that was made last
earlier as (
    select distinct on (past.indicator_code, split_part(past.period_code, '[', 1))
        past.indicator_code,
        split_part(past.period_code, '[', 1) as calendar_period_code,
        past.period_end,
        past.value,
        past.status
    from mart.indicator as past
    inner join figure
        on
            figure.indicator_code = past.indicator_code
            and past.unit_code = figure.unit_code
            and past.period_end <= figure.period_end
    where
        past.cadence = (select min(cadence) from mart.indicator where period_code = %(period_code)s)
        and past.is_current_meaning
        and (past.period_code = %(period_code)s or split_part(past.period_code, '[', 1) <> figure.calendar_period_code)
    order by past.indicator_code, split_part(past.period_code, '[', 1), past.computed_at desc
),

series as (
    select
        indicator_code,
        array_agg(calendar_period_code order by period_end) as periods,
        array_agg(value order by period_end) as periods_values,
        max(value) filter (where calendar_period_code = %(year_before)s) as year_before
    from earlier
    group by indicator_code
)

select
    figure.indicator_code,
    figure.kind,
    figure.indicator_name,
    figure.unit_of_measure,
    figure.value,
    figure.numerator,
    figure.denominator,
    figure.status,
    figure.reason,
    series.periods,
    series.periods_values,
    series.year_before,
    published.value as published_value,
    published.release_id
from figure
left join series on series.indicator_code = figure.indicator_code
left join reporting.indicator_latest as published
    on
        published.period_code = figure.period_code
        and published.unit_code = figure.unit_code
        and published.unit_valid_from = figure.unit_valid_from
        and published.indicator_code = figure.indicator_code
order by figure.form_order
