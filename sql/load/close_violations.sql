-- Close the failures of rows that have been replaced: of rows in quarantine that have come again, and of rows that
-- stood and stand in the history now.
--
-- %(files)s: the files that were loaded; %(export)s: of which export; %(rewound)s: whether loads were taken back: then
-- rows of other files may have been replaced by others than before. {history}: the history of the table.
with closed as (
    select
        file_id,
        line,
        resolved_by as closed_by
    from quality.quarantined_row
    where resolved_by = any(%(files)s)
    union all
    select
        past.file_id,
        past.line,
        past.superseded_by as closed_by
    from {history} as past
    where
        past.superseded_by = any(%(files)s)
        or past.file_id = any(%(files)s)
        or %(rewound)s
        and past.file_id in (
            select open.file_id
            from quality.violation as open
            where open.export = %(export)s and open.closed_by is null
        )
)

update quality.violation as failed
set closed_by = closed.closed_by
from closed
where
    failed.file_id = closed.file_id
    and failed.line = closed.line
    and failed.closed_by is distinct from closed.closed_by
