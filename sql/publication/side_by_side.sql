-- One indicator of a period, for the units below a unit that report it: side by side.
--
-- %(period_code)s, %(unit_code)s: above; %(code)s: the indicator; %(units)s: codes of units that are seen; null: all.
select
    figure.unit_code,
    figure.unit_name,
    figure.unit_level,
    figure.value,
    figure.numerator,
    figure.denominator,
    figure.status,
    figure.unit_of_measure,
    figure.indicator_name
from mart.reported_indicator as figure
inner join mart.period_unit as below
    on
        below.province_code = figure.province_code
        and below.unit_code = figure.unit_code
        and below.unit_valid_from = figure.unit_valid_from
        and below.period_code = figure.period_code
where
    figure.period_code = %(period_code)s
    and figure.indicator_code = %(code)s
    and figure.is_current_meaning
    and figure.status <> 'not_applicable'
    and below.above_code = %(unit_code)s
    and below.unit_code <> below.above_code
    and (%(units)s::text[] is null or figure.unit_code = any(%(units)s))
order by figure.value desc nulls last, figure.unit_code
