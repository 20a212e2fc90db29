-- What became of every recorded cause of lateness: it waits for a second person, holds, was refused or undone, or is
-- void because the dossier is not late as it was.
create or replace view quality.lateness_now as
with events as (
    select
        batch_id,
        bool_or(kind = 'confirmed') as confirmed,
        bool_or(kind = 'refused') as refused,
        bool_or(kind = 'undone') as undone
    from quality.lateness_event
    group by batch_id
)

select
    cause.cause_id,
    cause.batch_id,
    batch.side,
    batch.kind,
    batch.document_number,
    batch.document_on,
    batch.by_name,
    batch.reason,
    batch.at,
    cause.province_code,
    cause.sender,
    cause.dossier_code,
    cause.due_on,
    cause.finished_on,
    cause.done_on,
    cause.unit_code,
    late.org_code,
    late.field,
    late.received_on,
    case
        when events.undone then 'undone'
        when events.refused then 'refused'
        when late.dossier_code is null then 'void'
        when events.confirmed then 'holds'
        else 'waiting'
    end as state
from quality.lateness_cause as cause
inner join quality.lateness_batch as batch on batch.batch_id = cause.batch_id
left join events on events.batch_id = cause.batch_id
left join core.late_dossier as late
    on
        late.province_code = cause.province_code
        and late.dossier_code = cause.dossier_code
        and late.sender = cause.sender
        and late.due_on = cause.due_on
        and late.finished_on = cause.finished_on;

comment on view quality.lateness_now is
'Every recorded cause of lateness with what became of it: waiting for a second person, holds, refused, undone, void.';
