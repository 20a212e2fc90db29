-- Some rows of one thing, each once: as the window has them, else as they are or were in the warehouse.
--
-- {relation}: what has them, with `record`; {columns}: what is asked of them; %(records)s: which.
select
    record,
    {columns}
from {relation} as told
where record = any(%(records)s)
