-- code: "3.4.5"
-- parent: "3.4"
-- title: "Tỷ lệ hồ sơ TTHC về lĩnh vực xây dựng được giải quyết đúng hẹn (ở cả 3 cấp)"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune, office, service_unit]
-- source: [one_stop_shop/dossiers]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.due_at, one_stop_shop/dossiers.finished_at,
--   one_stop_shop/dossiers.status, one_stop_shop/dossiers.field]
-- among: "kind = 'resolved' and field_class = 'construction'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Thông tư 01/2020/TT-VPCP, Biểu 06; Nghị định
--   61/2018/NĐ-CP"

-- Of the dossiers finished in the window. Refused, withdrawn and not yet received dossiers are outside.
-- Finished means handed to the one-stop desk; finished on the due day is on time, and without a due day nothing can be
-- late. Which fields are construction is data: etl/reference/field_class.yml.
select
    unit_code,
    sum(resolved_early + resolved_on_time) as numerator,
    sum(resolved_early + resolved_on_time + resolved_late) as denominator
from window_dossier
where field_class = 'construction'
group by unit_code
