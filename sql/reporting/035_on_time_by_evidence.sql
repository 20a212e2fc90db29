-- The share resolved on time as the system has it, and as the evidence has it, side by side, with the rows of the flow.
create or replace view reporting.on_time_by_evidence with (security_barrier) as
select
    flow.period_code,
    flow.period_start,
    flow.period_end,
    flow.as_of,
    flow.unit_code,
    flow.unit_name,
    flow.unit_level,
    flow.field,
    flow.resolved,
    flow.resolved_early,
    flow.resolved_on_time,
    flow.resolved_late,
    told.late_outside,
    told.numerator_system,
    told.numerator_system + told.late_outside as numerator_by_evidence,
    flow.resolved as denominator,
    case
        when told.numerator_system is not null
            then mart.figure_value(told.numerator_system, flow.resolved, 2, true)
    end as rate_system,
    case
        when told.numerator_system is not null
            then mart.figure_value(told.numerator_system + told.late_outside, flow.resolved, 2, true)
    end as rate_by_evidence,
    flow.province_code,
    flow.unit_valid_from,
    flow.is_current_meaning,
    flow.calendar_period_code,
    flow.reason
from mart.reported_flow as flow
left join mart.late_outside as late
    on
        late.province_code = flow.province_code
        and late.period_code = flow.period_code
        and late.unit_code = flow.unit_code
        and greatest(late.unit_valid_from, date '1900-01-01') = flow.unit_valid_from
        and late.field = flow.field
cross join lateral (
    select
        flow.resolved_early + flow.resolved_on_time as numerator_system,
        case when flow.resolved_late is not null then coalesce(late.late_outside, 0) end as late_outside
) as told
where
    (select access.whole_province()) in ('*', flow.province_code)
    or (flow.province_code, flow.period_code, flow.unit_code, flow.unit_valid_from)
    in (select seen.* from access.seen() as seen);

comment on view reporting.on_time_by_evidence is
'Tỷ lệ hồ sơ giải quyết đúng hạn theo hệ thống và theo căn cứ, đặt cạnh nhau; các dòng như reporting.dossier_flow: một '
'dòng cho mỗi (period_code, unit_code, unit_valid_from, field), đơn vị gồm cả cấp dưới. '
'late_outside: hồ sơ hệ thống ghi là quá hạn mà nguyên nhân ngoài đơn vị đã được người thứ hai xác nhận, có văn bản '
'trong sổ văn bản. numerator_system = resolved_early + resolved_on_time; numerator_by_evidence cộng thêm late_outside; '
'denominator = resolved. Số gốc của hệ thống không thay đổi. Ô để trống: không có hồ sơ, hoặc không tính được vì tệp '
'thiếu cột (reason).';
