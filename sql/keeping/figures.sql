-- The figures of a period, of the units that a release keeps, with 0 where a part has no number.
select
    unit.unit_code,
    unit.code,
    unit.valid_from::text,
    made.indicator_code,
    coalesce(made.numerator, 0) as numerator,
    coalesce(made.denominator, 0) as denominator
from mart.release_contribution_unit as unit
inner join mart.indicator as made on made.unit_code = unit.code and made.unit_valid_from = unit.valid_from
where
    unit.release_id = %(release)s
    and made.period_code = %(period)s
    and made.cadence = %(cadence)s
    and made.status = any(%(shown)s)
