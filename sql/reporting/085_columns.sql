-- What the columns of schema reporting mean: `*` in every view, or in one view. A file of a view may say in it what its
-- own columns mean, by `comment on column`; what stands here goes before that.
do $$
declare
    said record;
begin
    for said in
        with meaning (view_name, column_name, meaning) as (values
            -- which period
            ('*', 'period_code', 'Mã kỳ: 2021-Q3, 2021-6T, 2021-9T, 2021-N; kỳ có khoảng thời gian riêng ghi kèm ngày'),
            ('*', 'calendar_period_code', 'Mã kỳ theo lịch mà kỳ này thuộc về'),
            ('*', 'cadence', 'Loại kỳ: quarterly quý, half_yearly 6 tháng, nine_monthly 9 tháng, annual năm'),
            ('*', 'period_start', 'Ngày đầu kỳ'),
            ('*', 'period_end', 'Ngày cuối kỳ, tính cả ngày này'),
            ('*', 'as_of', 'Ngày chốt trạng thái đang giải quyết, quá hạn'),
            -- which unit
            ('*', 'province_code', 'Mã tỉnh trong danh mục quốc gia, ví dụ H21'),
            ('*', 'unit_code', 'Mã đơn vị; cùng unit_valid_from mới là một đơn vị'),
            ('*', 'unit_valid_from', 'Ngày mã bắt đầu là đơn vị này; 1900-01-01: từ trước khi có dữ liệu'),
            ('*', 'unit_valid_to', 'Ngày đầu tiên mã không còn là đơn vị này; để trống: đến nay'),
            ('*', 'unit_name', 'Tên đơn vị'),
            ('*', 'unit_kind', 'Loại đơn vị như nơi gửi ghi'),
            ('*', 'unit_level', 'Cấp: province, department, district, commune, office, service_unit'),
            ('*', 'is_current_meaning', 'Đúng: nghĩa sau cùng của mã, ở cuối kỳ nếu dòng thuộc một kỳ'),
            ('unit', 'parent_code', 'Mã đơn vị cấp trên'),
            ('administrative_unit', 'parent_code', 'Mã đơn vị hành chính cấp trên'),
            ('*', 'merged_from', 'Mã các đơn vị có số được cộng vào dòng này'),
            ('*', 'is_without_successor', 'Đúng: đơn vị đã chấm dứt mà chưa biết đơn vị kế thừa'),
            -- which indicator
            ('*', 'indicator_code', 'Mã chỉ tiêu trong phụ lục, ví dụ 3.4.1'),
            ('*', 'indicator_name', 'Tên chỉ tiêu như biểu mẫu ghi'),
            ('*', 'unit_of_measure', 'Đơn vị tính'),
            ('*', 'form_order', 'Thứ tự dòng trong biểu mẫu'),
            ('*', 'kind', 'Loại dòng: section mục, group nhóm, indicator chỉ tiêu'),
            ('*', 'parent_code', 'Mã mục hoặc nhóm chứa dòng này'),
            ('*', 'form_group', 'Nhóm ngoài phụ lục mà dòng này thuộc về; để trống: dòng của phụ lục'),
            ('*', 'note', 'Cách tính cần nêu khi trích dẫn'),
            ('*', 'definition_version', 'Phiên bản định nghĩa đã dùng để tính'),
            -- a figure
            ('*', 'value', 'Giá trị như in trên biểu mẫu; tỷ lệ làm tròn hai chữ số'),
            ('*', 'numerator', 'Tử số; số đếm khi chỉ tiêu không phải tỷ lệ'),
            ('*', 'denominator', 'Mẫu số; để trống khi chỉ tiêu không phải tỷ lệ'),
            (
                '*',
                'status',
                'observed có số; not_applicable cấp này không báo cáo; not_reported chưa kê khai; '
                'not_computable thiếu cột; undefined không có trường hợp nào'
            ),
            ('*', 'is_provisional', 'Đúng: số chưa công bố, hoặc khác số đã công bố'),
            ('*', 'revision', 'Lần công bố: 0 chưa công bố hoặc công bố lần đầu, rồi 1, 2 …'),
            ('*', 'computed_at', 'Lúc tính'),
            ('*', 'reason', 'Vì sao không tính được: nơi gửi và cột chưa giao'),
            -- dossiers
            ('*', 'field', 'Lĩnh vực; «Tất cả»: tổng các lĩnh vực'),
            ('*', 'received', 'Hồ sơ tiếp nhận trong kỳ'),
            ('*', 'received_online', 'Trong đó trực tuyến'),
            ('*', 'received_direct', 'Trong đó trực tiếp'),
            ('*', 'received_postal', 'Trong đó qua bưu chính công ích'),
            ('*', 'carried_over', 'Hồ sơ từ kỳ trước chuyển qua'),
            ('*', 'resolved', 'Hồ sơ đã giải quyết trong kỳ'),
            ('*', 'resolved_early', 'Trong đó trước hạn'),
            ('*', 'resolved_on_time', 'Trong đó đúng hạn'),
            ('*', 'resolved_late', 'Trong đó quá hạn'),
            ('*', 'pending', 'Hồ sơ đang giải quyết ở ngày chốt'),
            ('*', 'pending_in_time', 'Trong đó còn hạn'),
            ('*', 'pending_overdue', 'Trong đó quá hạn'),
            ('*', 'refused', 'Hồ sơ không được tiếp nhận'),
            ('*', 'withdrawn', 'Hồ sơ rút'),
            ('*', 'taken_over', 'Hồ sơ nhận từ đơn vị khác khi sắp xếp'),
            ('*', 'handed_over', 'Hồ sơ bàn giao cho đơn vị khác khi sắp xếp'),
            ('*', 'resolved_elsewhere', 'Hồ sơ do đơn vị khác giải quyết, trừ số giải quyết thay đơn vị khác'),
            ('*', 'late_outside', 'Hồ sơ hệ thống ghi quá hạn mà nguyên nhân ngoài đơn vị, có căn cứ'),
            ('*', 'numerator_system', 'Hồ sơ trước và đúng hạn theo hệ thống'),
            ('*', 'numerator_by_evidence', 'Hồ sơ trước và đúng hạn theo căn cứ'),
            ('*', 'rate_system', 'Tỷ lệ đúng hạn theo hệ thống, phần trăm'),
            ('*', 'rate_by_evidence', 'Tỷ lệ đúng hạn theo căn cứ, phần trăm'),
            ('on_time_by_evidence', 'denominator', 'Hồ sơ đã giải quyết'),
            -- releases
            ('*', 'release_id', 'Số của bản công bố: 1, 2, 3 …'),
            ('*', 'release_code', 'Mã của bản công bố, in trên biểu mẫu'),
            ('*', 'previous_release_id', 'Số của bản công bố mà bản này thay'),
            ('*', 'published_at', 'Lúc công bố'),
            ('*', 'replaced_at', 'Lúc có bản công bố khác thay cho đơn vị này; để trống: đến nay'),
            ('*', 'revised_at', 'Lúc có bản công bố lại; để trống: chưa có'),
            ('*', 'approved_above_at', 'Lúc cấp trên duyệt; để trống: chưa duyệt'),
            ('*', 'statement', 'Điều người ký khẳng định'),
            ('*', 'incomplete', 'Những gì còn thiếu khi ký'),
            ('*', 'signer', 'Người ký'),
            ('*', 'revision_reason', 'Vì sao công bố lại'),
            ('*', 'changelog', 'Đã thay đổi những gì'),
            ('*', 'form', 'Biểu mẫu đã ký'),
            ('*', 'form_version', 'Phiên bản của biểu mẫu'),
            ('*', 'form_hash', 'Mã băm của biểu mẫu đã ký'),
            ('*', 'figures_hash', 'Mã băm của số liệu'),
            ('*', 'code_version', 'Phiên bản của chương trình'),
            ('*', 'previous_hash', 'Mã băm của bản công bố liền trước'),
            ('*', 'hash', 'Mã băm của bản công bố'),
            ('*', 'change_id', 'Số thứ tự của thay đổi; đọc tiếp từ số lớn hơn'),
            ('indicator_change', 'kind', 'first công bố lần đầu, revised số đổi, added thêm dòng, removed bỏ dòng'),
            ('*', 'previous_value', 'Giá trị ở bản trước'),
            ('*', 'previous_numerator', 'Tử số ở bản trước'),
            ('*', 'previous_denominator', 'Mẫu số ở bản trước'),
            ('*', 'previous_status', 'status ở bản trước'),
            -- files
            ('*', 'file_id', 'Số của tệp'),
            ('*', 'source', 'Hệ thống nguồn'),
            ('*', 'export', 'Loại dữ liệu'),
            ('*', 'sender', 'Nơi gửi'),
            ('*', 'delivered_on', 'Ngày giao'),
            ('quality', 'status', 'Kết quả của tệp: landed, accepted, accepted_with_errors, held, rejected, duplicate, withdrawn'),
            ('*', 'rule_id', 'Mã quy tắc kiểm tra'),
            ('*', 'severity', 'Mức độ: fatal, error, warning'),
            ('*', 'rows_read', 'Số dòng đọc được của tệp'),
            ('*', 'rows_loaded', 'Số dòng đã nạp của tệp'),
            ('*', 'rows_unchanged', 'Số dòng không đổi của tệp'),
            ('*', 'rows_quarantined', 'Số dòng bị giữ lại vì quy tắc này'),
            ('*', 'rows_open', 'Trong đó còn chờ sửa'),
            ('*', 'rows_checked', 'Số dòng đã kiểm tra theo quy tắc này'),
            ('*', 'values_failed', 'Số giá trị không đạt quy tắc này'),
            ('*', 'loaded_at', 'Lúc nạp xong'),
            ('*', 'not_run', 'Vì sao quy tắc không chạy'),
            ('*', 'rows_confirmed', 'Số dòng được xác nhận là đúng'),
            ('*', 'rows_waived', 'Số dòng được miễn'),
            ('*', 'rows_resolved', 'Số dòng đã xử lý'),
            -- administrative units
            ('administrative_unit', 'code', 'Mã đơn vị hành chính'),
            ('administrative_unit', 'name', 'Tên đơn vị hành chính'),
            ('administrative_unit', 'level', 'Cấp: province tỉnh, district huyện, commune xã'),
            ('administrative_unit', 'valid_from', 'Ngày mã bắt đầu mang nghĩa này; 1900-01-01: từ trước'),
            ('administrative_unit', 'valid_to', 'Ngày đầu tiên không còn hiệu lực; infinity (ở API: để trống): đến nay'),
            ('*', 'decree', 'Nghị quyết'),
            ('*', 'old_code', 'Mã đơn vị cũ'),
            ('*', 'old_valid_from', 'Ngày mã cũ bắt đầu mang nghĩa này; 1900-01-01: từ trước'),
            ('*', 'old_name', 'Tên đơn vị cũ'),
            ('*', 'new_code', 'Mã đơn vị kế thừa'),
            ('*', 'new_valid_from', 'Ngày mã kế thừa bắt đầu mang nghĩa này'),
            ('*', 'new_name', 'Tên đơn vị kế thừa'),
            ('*', 'effective_on', 'Ngày hiệu lực')
        )

        select distinct on (col.attrelid, col.attnum)
            relation.relname,
            col.attname,
            meaning.meaning
        from pg_class as relation
        inner join pg_attribute as col on col.attrelid = relation.oid and col.attnum > 0 and not col.attisdropped
        inner join meaning
            on meaning.column_name = col.attname and meaning.view_name in ('*', relation.relname)
        where relation.relnamespace = 'reporting'::regnamespace and relation.relkind = 'v'
        order by col.attrelid, col.attnum, meaning.view_name = '*'
    loop
        execute format('comment on column reporting.%I.%I is %L', said.relname, said.attname, said.meaning);
    end loop;
end
$$;
