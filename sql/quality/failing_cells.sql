-- The cells by which rows of files break rules, and the row of each, if it is in quarantine.
--
-- %(files)s, %(lines)s, %(rules)s: file, line and rule of each.
select
    failed.file_id,
    failed.line,
    failed.rule_id,
    failed.column_name,
    failed.severity,
    failed.export,
    failed.sender,
    failed.record_key,
    failed.unit_code,
    failed.cell_hash,
    failed.closed_by,
    held.raw
from unnest(%(files)s::int[], %(lines)s::bigint[], %(rules)s::text[]) as asked (file_id, line, rule_id)
inner join quality.violation as failed
    on failed.file_id = asked.file_id and failed.line = asked.line and failed.rule_id = asked.rule_id
left join quality.quarantined_row as held
    on held.file_id = failed.file_id and held.line = failed.line and held.resolved_by is null
