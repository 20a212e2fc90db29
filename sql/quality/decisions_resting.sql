-- Decisions that hold, or wait, and were made after those of a batch about the same rows: they rest on it.
--
-- %(batch_id)s: the batch.
select distinct
    later.batch_id,
    later.batch_name,
    later.by_name
from quality.decision as meant
inner join quality.decision_now as later
    on
        later.export = meant.export
        and later.sender = meant.sender
        and later.decision_id > meant.decision_id
        and later.batch_id <> meant.batch_id
        and (later.record_key = meant.record_key or (later.file_id, later.line) = (meant.file_id, meant.line))
where
    meant.batch_id = %(batch_id)s
    and later.state in ('holds', 'waiting')
order by later.batch_id
