create or replace view reporting.dossier_flow_latest with (security_barrier) as
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
    flow.unit_valid_from,
    flow.is_current_meaning,
    flow.calendar_period_code,
    flow.taken_over,
    flow.handed_over,
    flow.reason,
    flow.resolved_elsewhere,
    flow.release_id,
    standing.release_code,
    standing.published_at
from mart.release_flow as flow
inner join mart.release_standing as standing
    on
        standing.release_id = flow.release_id
        and standing.unit_code = flow.unit_code
        and standing.unit_valid_from = flow.unit_valid_from
where
    standing.replaced_at is null
    and (
        (select access.whole_province()) in ('*', flow.province_code)
        or (flow.province_code, flow.period_code, flow.unit_code, flow.unit_valid_from)
        in (select seen.* from access.seen() as seen)
    );

comment on view reporting.dossier_flow_latest is
'Tình hình giải quyết hồ sơ TTHC đã công bố, bản mới nhất của mỗi kỳ và đơn vị: cột và dòng như '
'reporting.dossier_flow, thêm release_id, release_code, published_at; chỉ thay đổi khi có bản công bố lại có lý do.';
