-- What became of each failing row: open, confirmed, waived, or resolved by a later delivery, a correction, or because
-- it was left out. What is open is said as in quality.open_violation. A row of which one cell is open is open.
create or replace view quality.row_state as
with told as (
    select
        failed.file_id,
        failed.rule_id,
        failed.line,
        failed.severity,
        case
            when failed.closed_by is not null then 'resolved'
            when decided.kind = 'confirm' then 'confirmed'
            when decided.kind = 'waive' and decided.until >= current_date then 'waived'
            else 'open'
        end as state
    from quality.violation as failed
    left join quality.decision as decided on decided.decision_id = failed.decision_id
    union all
    select
        done.file_id,
        decided.rule_id,
        done.line,
        null as severity,
        'resolved' as state
    from quality.decided_row as done
    inner join quality.decision as decided on decided.decision_id = done.decision_id
    where done.applied and decided.kind in ('correct', 'discard')
)

select
    file_id,
    rule_id,
    line,
    min(severity) as severity, -- null: the correction of a row that breaks the rule no more
    case
        when bool_or(state = 'open') then 'open'
        when bool_or(state = 'waived') then 'waived'
        when bool_or(state = 'confirmed') then 'confirmed'
        else 'resolved'
    end as state
from told
group by file_id, rule_id, line;

comment on view quality.row_state is
'What became of each row that broke a rule: open, confirmed, waived or resolved. One row per file, rule and line.';
