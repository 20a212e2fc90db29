-- How many failing cells are open, by export and unit, with the name that the unit has now.
--
-- %(units)s: of these units, null for all.
select
    open.export,
    open.unit_code,
    max(unit.org_name) as unit_name,
    count(*) as cells
from quality.open_cell as open
left join (
    select distinct on (org_code)
        org_code,
        org_name
    from core.unit
    order by org_code, delivered_on desc
) as unit on unit.org_code = open.unit_code
where %(units)s::text[] is null or open.unit_code = any(%(units)s)
group by open.export, open.unit_code
order by open.export, open.unit_code
