-- Files whose rows are judged otherwise by what has become of decisions: those that hold the records now, and those
-- that were loaded by a decision.
--
-- %(decisions)s: the decisions; confirming, and waiting for the source or for a second person, change no row.
with decided as (
    select
        d.decision_id,
        d.kind,
        d.export,
        d.sender,
        d.record_key,
        d.state
    from quality.decision_now as d
    where d.decision_id = any(%(decisions)s)
)

select failed.file_id
from decided
inner join quality.violation as failed
    on
        failed.export = decided.export
        and failed.sender = decided.sender
        and failed.record_key = decided.record_key
        and failed.closed_by is null
where
    decided.kind in ('correct', 'discard')
    or decided.kind = 'waive' and decided.state = 'holds' and failed.severity = 'error'
union
select done.file_id
from decided
inner join quality.decided_row as done on done.decision_id = decided.decision_id
where
    done.applied
    and decided.kind in ('correct', 'discard', 'waive')
