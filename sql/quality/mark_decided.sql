-- Note on open failures what was decided about them, or that nothing is any more; where that changes something. Where
-- no load has to look at the row for that, note on the row that it stands by a decision, or no more.
--
-- %(decisions)s: the decisions that are meant.
with settling as (
    select
        decision_id,
        kind,
        export,
        sender,
        record_key,
        rule_id,
        column_name,
        cell_hash,
        case when state = 'holds' then decision_id end as holding
    from quality.decision_now
    where
        decision_id = any(%(decisions)s)
        and kind in ('confirm', 'waive', 'mend_at_source')
),

marked as (
    update quality.violation as failed
    set decision_id = settling.holding
    from settling
    where
        failed.export = settling.export
        and failed.sender = settling.sender
        and failed.record_key = settling.record_key
        and failed.rule_id = settling.rule_id
        and failed.column_name = settling.column_name
        and failed.cell_hash = settling.cell_hash
        and failed.closed_by is null
        and failed.decision_id is distinct from settling.holding
    returning
        failed.file_id,
        failed.line,
        failed.column_name,
        settling.decision_id,
        settling.holding,
        settling.kind = 'waive' and failed.severity = 'error' as is_loaded_anew
),

no_more as (
    delete from quality.decided_row as done
    using marked
    where
        done.file_id = marked.file_id
        and done.line = marked.line
        and done.decision_id = marked.decision_id
        and marked.holding is null
        and not marked.is_loaded_anew
)

insert into quality.decided_row (file_id, line, decision_id, column_name, applied)
select
    file_id,
    line,
    decision_id,
    column_name,
    true as applied
from marked
where
    holding is not null
    and not is_loaded_anew
on conflict do nothing
