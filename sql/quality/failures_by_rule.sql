-- The rules that failed, by file: each row counts once for a rule, however many of its columns break it; a file that
-- was refused counts as one.
--
-- %(file_id)s: of one file, null for all.
with failed as (
    select
        rule_id,
        severity,
        file_id,
        count(distinct line) as rows
    from quality.violation
    where %(file_id)s::int is null or file_id = %(file_id)s
    group by rule_id, severity, file_id
    union all
    select
        rule_id,
        severity,
        file_id,
        rows_failed as rows
    from quality.result
    where
        column_name = '' -- a rule of files
        and rows_failed > 0
        and (%(file_id)s::int is null or file_id = %(file_id)s)
)

select
    failed.rule_id,
    failed.severity,
    file.export,
    failed.file_id,
    failed.rows
from failed
inner join landing.file as file on file.file_id = failed.file_id
order by failed.file_id, failed.rule_id
