-- What units declared for a period. For a code that changed its meaning in the window, the unit speaks that it means at
-- the end.
--
-- %(year)s, %(name)s: the period, as a declaration names it; %(codes)s: the indicators that are declared.
select distinct on (declaration.province_code, declaration.indicator_code, declaration.org_code)
    declaration.indicator_code,
    unit.unit_code,
    declaration.value,
    declaration.file_id,
    declaration.line
from core.declaration
inner join window_unit as unit
    on
        unit.province_code = declaration.province_code
        and unit.code = declaration.org_code
        and unit.is_in_window
where
    declaration.year = %(year)s
    and declaration.period = %(name)s
    and declaration.indicator_code = any(%(codes)s)
order by
    declaration.province_code asc,
    declaration.indicator_code asc,
    declaration.org_code asc,
    unit.valid_from desc
