-- Causes of lateness as they were recorded, the newest batch first, with what became of each.
--
-- %(units)s: that concern these units, null: all; %(state)s: in this state, null: in any; %(before)s: the last of the
-- page before; %(most)s: how many.
select
    batch.batch_id,
    batch.side,
    batch.kind,
    batch.document_number,
    batch.document_on,
    batch.by_name,
    batch.reason,
    batch.at,
    now.state,
    now.dossiers,
    now.void,
    now.units,
    last_event.by_name as last_by,
    last_event.reason as last_reason,
    last_event.at as last_at
from quality.lateness_batch as batch
inner join lateral (
    select
        -- of a batch all causes share what people did; what is void says so by itself
        coalesce(min(cause.state) filter (where cause.state <> 'void'), 'void') as state,
        count(*) as dossiers,
        count(*) filter (where cause.state = 'void') as void,
        array_agg(distinct cause.unit_code order by cause.unit_code) as units
    from quality.lateness_now as cause
    where cause.batch_id = batch.batch_id
) as now on %(units)s::text[] is null or now.units && %(units)s::text[]
left join lateral (
    select
        event.by_name,
        event.reason,
        event.at
    from quality.lateness_event as event
    where event.batch_id = batch.batch_id
    order by event.event_id desc
    limit 1
) as last_event on true
where batch.batch_id < %(before)s and (%(state)s::text is null or now.state = %(state)s)
order by batch.batch_id desc
limit %(most)s
