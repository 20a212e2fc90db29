-- How many failing cells of an export are open, by unit.
--
-- %(export)s; %(units)s: of these units, null for all; %(sender)s: of one sender, null for all.
select
    unit_code,
    count(*) as cells
from quality.open_cell
where
    export = %(export)s
    and (%(units)s::text[] is null or unit_code = any(%(units)s))
    and (%(sender)s::text is null or sender = %(sender)s)
group by unit_code
order by unit_code
