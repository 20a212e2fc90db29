-- A figure as it was made, with the unit and the window that it is of.
--
-- %(period)s, %(unit)s, %(valid_from)s, %(code)s: the figure.
select
    unit_code,
    unit_valid_from::text,
    unit_name,
    indicator_code,
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
