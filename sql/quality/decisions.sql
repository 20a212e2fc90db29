-- The decisions of a batch, in the order in which they were made: what the cell said, what it is to say, and what
-- became of it.
--
-- %(batch_id)s: the batch; %(after)s: behind which decision; %(most)s: how many.
select
    decided.decision_id,
    decided.kind,
    decided.export,
    decided.sender,
    decided.record_key,
    decided.rule_id,
    decided.column_name,
    decided.value,
    decided.until,
    decided.unit_code,
    decided.file_id,
    decided.line,
    decided.state,
    file.path,
    coalesce(done.original, failed.value) as before,
    coalesce(done.applied, false) as applied,
    coalesce(done.is_void, false) as is_void,
    last.kind as last_event,
    last.by_name as last_by,
    last.reason as last_reason,
    last.at as last_at
from quality.decision_now as decided
left join landing.file as file on file.file_id = decided.file_id
-- a night may have brought the row again: of its files the newest tells what the decision did
left join lateral (
    select
        told.original,
        told.applied,
        not told.applied as is_void
    from quality.decided_row as told
    where told.decision_id = decided.decision_id
    order by told.file_id desc
    limit 1
) as done on true
left join lateral (
    select told.value
    from quality.violation as told
    where
        told.file_id = decided.file_id
        and told.line = decided.line
        and told.rule_id = decided.rule_id
        and told.column_name = decided.column_name
    order by told.value
    limit 1
) as failed on true
left join lateral (
    select
        told.kind,
        told.by_name,
        told.reason,
        told.at
    from quality.decision_event as told
    where told.decision_id = decided.decision_id
    order by told.event_id desc
    limit 1
) as last on true
where
    decided.batch_id = %(batch_id)s
    and decided.decision_id > %(after)s
order by decided.decision_id
limit %(most)s
