-- What became of every decision about a row: it waits for a second person, holds, was refused, undone, or has expired.
create or replace view quality.decision_now as
with events as (
    select
        decision_id,
        bool_or(kind = 'approved') as approved,
        bool_or(kind = 'refused') as refused,
        bool_or(kind = 'undone') as undone,
        bool_or(kind = 'expired') as expired
    from quality.decision_event
    group by decision_id
)

select
    d.decision_id,
    d.batch_id,
    d.kind,
    d.export,
    d.sender,
    d.record_key,
    d.rule_id,
    d.column_name,
    d.cell_hash,
    d.value,
    d.until,
    d.unit_code,
    d.file_id,
    d.line,
    b.name as batch_name,
    b.undoes,
    b.by_name,
    b.reason,
    b.evidence,
    b.at,
    case
        when e.undone then 'undone'
        when e.refused then 'refused'
        when e.expired then 'expired'
        when d.kind = 'waive' and e.approved is not true then 'waiting'
        else 'holds'
    end as state
from quality.decision as d
inner join quality.batch as b on b.batch_id = d.batch_id
left join events as e on e.decision_id = d.decision_id;

comment on view quality.decision_now is
'Every decision with what became of it: waiting for a second person, holds, refused, undone, expired.';
