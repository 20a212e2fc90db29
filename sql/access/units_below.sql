-- A unit and every unit below it, by their codes.
--
-- A unit that was dissolved stays below its last parent, and comes below the unit that took over what was open at it.
-- %(unit)s: the code at the top.
with recursive last_meaning as materialized (
    select distinct on (org_code)
        org_code,
        parent_code
    from core.unit_period
    order by org_code, valid_from desc
),

below as materialized (
    select
        org_code,
        parent_code as above_code
    from last_meaning
    where parent_code is not null
    union
    select
        org_code,
        successor_code
    from core.unit_successor
    where place = 1
),

seen as (
    select %(unit)s::text as org_code
    union
    select below.org_code
    from below
    inner join seen on seen.org_code = below.above_code
)

select org_code from seen
