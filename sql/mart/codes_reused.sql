-- The codes that have had several meanings, if anything has changed at all.
--
-- {changed}: what has changed, as a relation.
select array_agg(reused.org_code) as codes
from (
    select org_code
    from core.unit_period
    group by province_code, org_code
    having count(*) > 1
) as reused
where exists (select from {changed} as changed)
