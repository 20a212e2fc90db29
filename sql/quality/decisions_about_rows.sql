-- What was decided about rows that are shown, and holds or waits for a second person; the newest of a cell.
--
-- %(export)s, %(rule_id)s: the issue; %(records)s: the keys of the rows.
select distinct on (sender, record_key, column_name, cell_hash)
    sender,
    record_key,
    column_name,
    cell_hash,
    batch_id,
    kind,
    state,
    value,
    until,
    by_name,
    at
from quality.decision_now
where
    export = %(export)s
    and rule_id = %(rule_id)s
    and record_key = any(%(records)s)
    and state in ('holds', 'waiting')
order by sender, record_key, column_name, cell_hash, decision_id desc
