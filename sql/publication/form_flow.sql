-- The flow of dossiers of a unit and of all below it, by unit and field: as the warehouse has it now, or as a release
-- has frozen it.
--
-- %(release_id)s: null: as it is now; %(period_code)s, %(units)s: codes of the units.
select
    flow.unit_code,
    flow.field,
    flow.received,
    flow.received_online,
    flow.received_direct,
    flow.received_postal,
    flow.carried_over,
    flow.resolved,
    flow.resolved_early,
    flow.resolved_on_time,
    flow.resolved_late,
    flow.pending,
    flow.pending_in_time,
    flow.pending_overdue,
    flow.taken_over,
    flow.reason
from reporting.dossier_flow as flow
where
    %(release_id)s::int is null
    and flow.period_code = %(period_code)s
    and flow.unit_code = any(%(units)s)
    and flow.is_current_meaning
union all
select
    flow.unit_code,
    flow.field,
    flow.received,
    flow.received_online,
    flow.received_direct,
    flow.received_postal,
    flow.carried_over,
    flow.resolved,
    flow.resolved_early,
    flow.resolved_on_time,
    flow.resolved_late,
    flow.pending,
    flow.pending_in_time,
    flow.pending_overdue,
    flow.taken_over,
    flow.reason
from mart.release_flow as flow
where
    flow.release_id = %(release_id)s
    and flow.unit_code = any(%(units)s)
    and flow.is_current_meaning
order by unit_code, field
