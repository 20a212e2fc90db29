-- Warn of rows that others contradict, on both sides.
--
-- %(rule_id)s, %(severity)s, %(blamed)s: the rule, and the column that it blames; {contradictions}: the rows.
insert into quality.violation (file_id, export, sender, line, rule_id, column_name, severity, value)
select distinct
    found.file_id,
    file.export,
    file.sender,
    found.line,
    %(rule_id)s,
    %(blamed)s,
    %(severity)s,
    found.said_by
from ({contradictions}) as found
inner join landing.file as file on file.file_id = found.file_id
where
    not exists (
        select
        from quality.violation as told
        where
            told.file_id = found.file_id
            and told.line = found.line
            and told.rule_id = %(rule_id)s
            and told.value = found.said_by
    )
returning file_id
