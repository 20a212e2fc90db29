-- What became of files, as far as a run tells it.
--
-- {are_meant}: of which files.
select
    file_id,
    export,
    sender,
    delivered_on,
    status,
    rule_id,
    message,
    rows_read,
    rows_loaded,
    rows_quarantined,
    reload_reason
from landing.file
where {are_meant}
order by file_id
