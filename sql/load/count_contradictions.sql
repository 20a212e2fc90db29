-- How many rows of files are contradicted: nobody counts them a second time, for that takes two files.
--
-- %(file_ids)s: the files; %(rule_id)s, %(severity)s, %(blamed)s: the rule, and the column that it blames.
insert into quality.result (file_id, rule_id, column_name, severity, rows_checked, rows_failed)
select
    file.file_id,
    %(rule_id)s,
    %(blamed)s,
    %(severity)s,
    file.rows_read,
    (
        select count(distinct told.line)
        from quality.violation as told
        where told.file_id = file.file_id and told.rule_id = %(rule_id)s
    )
from landing.file as file
where file.file_id = any(%(file_ids)s)
on conflict (file_id, rule_id, column_name) do update set rows_failed = excluded.rows_failed
