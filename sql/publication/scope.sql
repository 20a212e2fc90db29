-- What a release is made of, in temporary tables: its units with what their lists say, their figures and their flow of
-- dossiers as they stand now, in the columns of the views of reporting.
--
-- %(unit_code)s, %(valid_from)s: the topmost unit; %(period_code)s, %(cadence)s: the period; window_unit,
-- window_subtree.
drop table if exists pg_temp.release_scope, pg_temp.figure_now, pg_temp.flow_now;

create temp table release_scope on commit drop as
select
    part.province_code,
    part.code as unit_code,
    part.valid_from,
    greatest(part.valid_from, date '1900-01-01') as unit_valid_from,
    part.name as unit_name,
    part.level as unit_level,
    part.unit_code as part_code,
    jsonb_build_object(
        'name', part.name,
        'level', part.level,
        'parent_code', parent.code,
        'valid_to', part.valid_to,
        'managed_by', part.managed_by,
        'autonomy_group', part.autonomy_group,
        'positions_approved', part.positions_approved,
        'is_equitised', part.is_equitised
    ) as attributes
from window_unit as top
inner join window_subtree as below on below.unit_code = top.unit_code
inner join window_unit as part on part.unit_code = below.part_code
left join window_unit as parent on parent.unit_code = part.parent_unit
where top.code = %(unit_code)s and top.valid_from = %(valid_from)s and part.is_in_window;

analyze pg_temp.release_scope;

create temp table figure_now on commit drop as
select
    i.period_code,
    i.period_start,
    i.period_end,
    i.as_of,
    i.unit_code,
    i.unit_name,
    i.unit_level,
    i.indicator_code,
    form.title as indicator_name,
    form.unit_of_measure,
    i.value,
    i.numerator,
    i.denominator,
    i.status,
    i.computed_at,
    i.province_code,
    scope.unit_valid_from,
    i.definition_version,
    form.form_order,
    i.cadence,
    i.is_current_meaning,
    split_part(i.period_code, '[', 1) as calendar_period_code,
    i.reason,
    i.file_id
from mart.indicator as i
inner join mart.form as form on form.code = i.indicator_code
inner join release_scope as scope
    on
        scope.province_code = i.province_code
        and scope.unit_code = i.unit_code
        and scope.valid_from = i.unit_valid_from
where i.cadence = %(cadence)s and i.period_code = %(period_code)s;

analyze pg_temp.figure_now;

create temp table flow_now on commit drop as
select
    flow.period_code,
    flow.period_start,
    flow.period_end,
    flow.as_of,
    flow.unit_code,
    flow.unit_name,
    flow.unit_level,
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
    flow.refused,
    flow.withdrawn,
    flow.province_code,
    scope.unit_valid_from,
    flow.is_current_meaning,
    split_part(flow.period_code, '[', 1) as calendar_period_code,
    flow.taken_over,
    flow.handed_over,
    flow.reason,
    flow.resolved_elsewhere
from mart.dossier_flow as flow
inner join release_scope as scope
    on
        scope.province_code = flow.province_code
        and scope.unit_code = flow.unit_code
        and scope.valid_from = flow.unit_valid_from
where
    flow.period_code = %(period_code)s
    -- as reporting.dossier_flow
    and (
        flow.field = 'Tất cả'
        or exists (select from core.known_field as known where known.word = core.fold(flow.field))
    )
