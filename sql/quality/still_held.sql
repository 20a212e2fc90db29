-- How many of the rows that were decided about are in quarantine, and nothing has settled them: they break other rules.
--
-- %(decisions)s: the decisions.
select count(*)
from quality.quarantined_row as held
inner join landing.file as file on file.file_id = held.file_id
where
    held.resolved_by is null
    and exists (
        select
        from quality.decision as decided
        where
            decided.decision_id = any(%(decisions)s)
            and decided.export = held.export
            and decided.sender = file.sender
            and (held.record_key = decided.record_key or (held.file_id, held.line) = (decided.file_id, decided.line))
    )
