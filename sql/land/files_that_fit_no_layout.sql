-- The files that wait for a layout: refused for want of columns, or held because of columns that nobody knows.
--
-- %(export)s: of one export, null for all.
select file_id
from landing.file
where
    (
        status = 'rejected' and rule_id = 'FIL-02'
        or status = 'held' and rule_id = 'FIL-04'
    )
    and (%(export)s::text is null or export = %(export)s)
order by file_id
