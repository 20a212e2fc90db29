-- Who signs a form and who is above it, as they were called on the last day of the period, and the units below it.
--
-- %(unit_code)s, %(valid_from)s: the unit, as its figures have it; %(last_day)s.
with recursive unit as (
    select *
    from core.unit_period
    where valid_from <= %(last_day)s
),

signing as (
    select *
    from unit
    where org_code = %(unit_code)s and valid_from <= greatest(%(valid_from)s::date, date '1900-01-01')
    order by valid_from desc
    limit 1
),

below as (
    select
        org_code,
        unit_kind
    from signing
    union
    select
        unit.org_code,
        unit.unit_kind
    from below
    inner join unit on unit.parent_code = below.org_code and unit.valid_to > %(last_day)s
)

select
    signing.org_name,
    signing.unit_kind,
    (
        select above.org_name
        from unit as above
        where
            above.org_code = signing.parent_code
            and above.province_code = signing.province_code
        order by above.valid_from desc
        limit 1
    ) as above_name,
    array(select below.org_code from below where below.unit_kind = 'UBND cấp huyện') as districts,
    array(select below.org_code from below where below.unit_kind = 'UBND cấp xã') as communes
from signing
