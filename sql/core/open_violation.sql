-- Failures that are open: the row stands as it was, and nothing that was decided about it settles it. One that is to be
-- mended at its source is open still, and waits for the next delivery. A waiver is over on the day after its last.
create or replace view quality.open_violation as
select
    failed.export,
    failed.rule_id,
    coalesce(failed.word, '') as word,
    failed.unit_code,
    failed.sender,
    failed.file_id,
    failed.line,
    failed.column_name,
    failed.severity,
    failed.value,
    failed.record_key,
    failed.cell_hash,
    coalesce(decided.kind = 'mend_at_source', false) as waits_for_source
from quality.violation as failed
left join quality.decision as decided on decided.decision_id = failed.decision_id
where
    failed.closed_by is null
    and (
        failed.decision_id is null
        or decided.kind = 'mend_at_source'
        or decided.kind = 'waive' and decided.until < current_date
    );

comment on view quality.open_violation is
'Failing values that are open: not replaced by a later delivery, and not settled by a decision that holds.';
