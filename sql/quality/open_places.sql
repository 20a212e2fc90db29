-- The exports, rules and units of which rows are open.
--
-- %(units)s: the units that may be seen, null for all.
select
    failing.export,
    failing.rule_id,
    failing.unit_code,
    max(unit.org_name) as unit_name
from (
    select distinct
        export,
        rule_id,
        unit_code
    from quality.violation
    where closed_by is null
) as failing
left join core.unit as unit on unit.org_code = failing.unit_code
where %(units)s::text[] is null or failing.unit_code = any(%(units)s)
group by failing.export, failing.rule_id, failing.unit_code
