-- How many rows of each export are kept out of the figures by errors that nobody has settled, of the units of a release
-- or of nobody knows whom. release_scope.
--
-- %(period_start)s: delivered from this day on.
select
    held.export,
    count(*) as rows_open
from quality.quarantined_row as held
inner join landing.file as file on file.file_id = held.file_id
where
    held.resolved_by is null
    and file.delivered_on >= %(period_start)s
    and exists (
        select
        from quality.open_violation as failed
        where
            failed.file_id = held.file_id
            and failed.line = held.line
            and failed.severity = 'error'
            and (
                failed.unit_code = ''
                or exists (select from release_scope as scope where scope.unit_code = failed.unit_code)
            )
    )
group by held.export
order by held.export
