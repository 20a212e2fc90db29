-- code: "3.4.2"
-- parent: "3.4"
-- title: "Tỷ lệ hồ sơ TTHC do UBND cấp huyện tiếp nhận được giải quyết đúng hẹn"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, district, office, service_unit]
-- source: [one_stop_shop/dossiers]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.due_at, one_stop_shop/dossiers.finished_at,
--   one_stop_shop/dossiers.status]
-- among: "kind = 'resolved' and tier = 'district'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Thông tư 01/2020/TT-VPCP, Biểu 06; Nghị định
--   61/2018/NĐ-CP"
-- valid_to: 2025-06-30

-- Of the dossiers finished in the window. Refused, withdrawn and not yet received dossiers are outside.
-- Finished means handed to the one-stop desk; finished on the due day is on time, and without a due day nothing can be
-- late. Resolved by the district's desk or by a body below the district; communes have 3.4.3.
select
    unit_code,
    sum(resolved_early + resolved_on_time) as numerator,
    sum(resolved_early + resolved_on_time + resolved_late) as denominator
from window_dossier
where tier = 'district'
group by unit_code
