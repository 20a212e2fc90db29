-- The units of a period that somebody sees, those above first, and how many are below each.
--
-- %(period_code)s; %(units)s: codes of units; null: all.
select
    unit.unit_code,
    unit.unit_name,
    unit.unit_level,
    count(below.unit_code) - 1 as below
from (
    select distinct
        province_code,
        unit_code,
        unit_valid_from,
        unit_name,
        unit_level
    from mart.indicator
    where
        period_code = %(period_code)s
        and is_current_meaning
        and (%(units)s::text[] is null or unit_code = any(%(units)s))
) as unit
left join mart.period_unit as below
    on
        below.province_code = unit.province_code
        and below.above_code = unit.unit_code
        and below.above_valid_from = greatest(unit.unit_valid_from, date '1900-01-01')
        and below.period_code = %(period_code)s
group by unit.unit_code, unit.unit_name, unit.unit_level
order by
    array_position(
        array['province', 'department', 'district', 'commune', 'office', 'service_unit'], unit.unit_level
    ),
    unit.unit_code
