-- The rules that rows broke, by file, and what became of the rows.
--
-- %(file_id)s: of one file, null for all.
select
    failed.rule_id,
    min(failed.severity) as severity,
    file.export,
    failed.file_id,
    count(*) as rows_failed,
    count(*) filter (where failed.state = 'open') as rows_open,
    count(*) filter (where failed.state = 'confirmed') as rows_confirmed,
    count(*) filter (where failed.state = 'waived') as rows_waived,
    count(*) filter (where failed.state = 'resolved') as rows_resolved
from quality.row_state as failed
inner join landing.file as file on file.file_id = failed.file_id
where %(file_id)s::int is null or failed.file_id = %(file_id)s
group by failed.file_id, file.export, failed.rule_id
order by failed.file_id, failed.rule_id
