-- Close the failures of rows that these loads have replaced: of rows in quarantine that have come again, and of rows
-- that stood and stand in the history now.
--
-- %(files)s: the files that were loaded. {history}: the history of their table.
with closed as (
    select
        file_id,
        line,
        resolved_by as closed_by
    from quality.quarantined_row
    where resolved_by = any(%(files)s)
    union all
    select
        file_id,
        line,
        superseded_by as closed_by
    from {history}
    where superseded_by = any(%(files)s) or file_id = any(%(files)s)
)

update quality.violation as failed
set closed_by = closed.closed_by
from closed
where
    failed.file_id = closed.file_id
    and failed.line = closed.line
    and failed.closed_by is null
