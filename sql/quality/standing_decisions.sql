-- Decisions that hold, or wait for a second person, about records of a sender.
--
-- %(export)s, %(sender)s, %(records)s: whose records.
select
    decision_id,
    batch_id,
    kind,
    record_key,
    column_name,
    cell_hash,
    by_name,
    reason,
    at
from quality.decision_now
where
    export = %(export)s
    and sender = %(sender)s
    and record_key = any(%(records)s)
    and state in ('holds', 'waiting')
