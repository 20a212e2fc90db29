create or replace view mart.reported_flow as
select
    period_code,
    period_start,
    period_end,
    as_of,
    unit_code,
    unit_name,
    unit_level,
    field,
    received,
    received_online,
    received_direct,
    received_postal,
    carried_over,
    resolved,
    resolved_early,
    resolved_on_time,
    resolved_late,
    pending,
    pending_in_time,
    pending_overdue,
    refused,
    withdrawn,
    province_code,
    greatest(unit_valid_from, date '1900-01-01') as unit_valid_from,
    is_current_meaning,
    split_part(period_code, '[', 1) as calendar_period_code,
    taken_over,
    handed_over,
    reason,
    resolved_elsewhere
from mart.dossier_flow as flow
-- figures made before there was a list of fields may say anything: they are shown again once they are made anew
where field = 'Tất cả' or exists (select from core.known_field as known where known.word = core.fold(flow.field));

comment on view mart.reported_flow is
'The flow of dossiers as schema reporting shows it.';

create or replace view reporting.dossier_flow with (security_barrier) as
select *
from mart.reported_flow
where
    (select access.whole_province()) in ('*', province_code)
    or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen);

comment on view reporting.dossier_flow is
'Tình hình giải quyết hồ sơ TTHC (Biểu 06, Thông tư 01/2020/TT-VPCP) theo kỳ, đơn vị (gồm cả cấp dưới) và lĩnh vực. '
'Dòng field = ''Tất cả'' là tổng các lĩnh vực; không cộng dòng này với các dòng khác. received không gồm hồ sơ kỳ '
'trước chuyển sang. '
'Một dòng cho mỗi (period_code, unit_code, unit_valid_from, field). taken_over, handed_over: hồ sơ đang giải quyết '
'nhận từ, bàn giao cho đơn vị khác '
'khi sắp xếp trong kỳ; received + carried_over + taken_over = resolved + pending + withdrawn + handed_over '
'+ resolved_elsewhere. received, carried_over đếm ở đơn vị tiếp nhận; resolved, pending, withdrawn ở đơn vị giải '
'quyết; resolved_elsewhere: số hồ sơ do đơn vị khác giải quyết, trừ số giải quyết thay đơn vị khác. '
'Ô để trống là không tính được vì tệp thiếu cột; reason nêu nơi gửi và cột chưa giao. '
'Đây là số tính đến nay, thay đổi theo dữ liệu; số đã công bố đọc ở reporting.dossier_flow_latest.';
