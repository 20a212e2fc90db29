-- A figure as it was made.
--
-- %(period)s, %(cadence)s, %(unit)s, %(valid_from)s, %(code)s: the figure.
select
    unit_name,
    value,
    numerator,
    denominator,
    status,
    reason,
    definition_version
from mart.indicator
where
    period_code = %(period)s
    and cadence = %(cadence)s
    and unit_code = %(unit)s
    and unit_valid_from = %(valid_from)s
    and indicator_code = %(code)s
