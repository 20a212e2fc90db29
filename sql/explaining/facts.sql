-- The facts that may be counted for these units, each with the record that it is: its file, and its line there.
--
-- %(codes)s: codes of units; {thing}: of core.<thing>; {units}: columns that name a unit, compared with them;
-- {days}: a condition on its days.
create temp table fact_{thing} on commit drop as
select
    *,
    file_id::bigint << 31 | line as record
from core.{thing}
where ({units}) and ({days})
