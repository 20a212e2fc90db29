-- What rows say, masked, in columns that broke a rule; and how many rows. Of errors those are meant that are in
-- quarantine and that nothing has settled yet; of warnings those of files that were read by a layout.
--
-- %(columns)s: the columns that are meant, as export.column.
with said as (
    -- a cell may break several rules
    select distinct
        file.export,
        file.layout,
        broken.file_id,
        broken.line,
        broken.column_name,
        broken.value,
        broken.severity
    from quality.violation as broken
    inner join landing.file as file on file.file_id = broken.file_id
    left join quality.quarantined_row as held on held.file_id = broken.file_id and held.line = broken.line
    where
        file.status in ('accepted', 'accepted_with_errors')
        and broken.closed_by is null
        and broken.value is not null
        and file.export || '.' || broken.column_name = any(%(columns)s)
        and case broken.severity
            when 'error' then held.line is not null and held.resolved_by is null
            else file.layout <> ''
        end
)

select
    export,
    layout,
    column_name,
    value,
    severity,
    count(*) as rows
from said
group by export, layout, column_name, value, severity
