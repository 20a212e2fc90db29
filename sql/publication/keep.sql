-- Freeze what a release is made of, but for mart.release_unit, mart.release_definition and mart.release itself.
--
-- %(release_id)s, %(revision)s: the release; %(period_code)s, %(period_start)s, %(exports)s: what its files told of;
-- release_scope, figure_now, flow_now, figure_difference.
insert into mart.release_figure (
    release_id, period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, indicator_code,
    indicator_name, unit_of_measure, value, numerator, denominator, status, revision, computed_at, province_code,
    unit_valid_from, definition_version, form_order, cadence, is_current_meaning, calendar_period_code, reason, file_id
)
select
    %(release_id)s, period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, indicator_code,
    indicator_name, unit_of_measure, value, numerator, denominator, status, %(revision)s, computed_at, province_code,
    unit_valid_from, definition_version, form_order, cadence, is_current_meaning, calendar_period_code, reason, file_id
from figure_now;

insert into mart.release_flow (
    release_id, period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, field, received,
    received_online, received_direct, received_postal, carried_over, resolved, resolved_early, resolved_on_time,
    resolved_late, pending, pending_in_time, pending_overdue, refused, withdrawn, province_code, unit_valid_from,
    is_current_meaning, calendar_period_code, taken_over, handed_over, reason, resolved_elsewhere
)
select
    %(release_id)s, period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, field, received,
    received_online, received_direct, received_postal, carried_over, resolved, resolved_early, resolved_on_time,
    resolved_late, pending, pending_in_time, pending_overdue, refused, withdrawn, province_code, unit_valid_from,
    is_current_meaning, calendar_period_code, taken_over, handed_over, reason, resolved_elsewhere
from flow_now;

insert into mart.release_finding (
    release_id, unit_code, rule_id, subject, origin, left_side, right_side, difference, statement
)
select
    %(release_id)s, unit_code, rule_id, subject, origin, left_side, right_side, difference, statement
from quality.finding
where
    period_code = %(period_code)s
    and exists (
        select from release_scope as scope
        where scope.province_code = finding.province_code and scope.unit_code = finding.unit_code
    );

insert into mart.release_waiver (
    release_id, decision_id, batch_id, export, rule_id, unit_code, until, by_name, reason
)
select
    %(release_id)s, decision_id, batch_id, export, rule_id, unit_code, until, by_name, reason
from quality.decision_now as decided
where
    kind = 'waive'
    and state = 'holds'
    and exists (select from release_scope as scope where scope.unit_code = decided.unit_code);

insert into mart.release_load (release_id, file_id, export, sender, delivered_on, sha256, loaded_at)
select
    %(release_id)s, file_id, export, sender, delivered_on, sha256, loaded_at
from (
    select
        *,
        lead(delivered_on) over (partition by export, sender order by delivered_on, file_id) as next_on
    from landing.file
    where
        status in ('accepted', 'accepted_with_errors')
        and rows_loaded + rows_closed > 0
        and loaded_at is not null
        and export = any(%(exports)s)
) as file
where delivered_on >= %(period_start)s or next_on is null or next_on >= %(period_start)s;

insert into mart.release_change (
    change_id, release_id, previous_release_id, unit_code, unit_valid_from, indicator_code, kind
)
select
    coalesce((select max(change_id) from mart.release_change), 0)
    + row_number() over (order by unit_code, unit_valid_from, form_order),
    %(release_id)s,
    previous_release_id,
    unit_code,
    unit_valid_from,
    indicator_code,
    kind
from figure_difference
