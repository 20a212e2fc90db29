-- code: "3.4.1"
-- parent: "3.4"
-- title: "Tỷ lệ hồ sơ TTHC do các sở, ngành tiếp nhận được giải quyết đúng hẹn"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department]
-- source: [one_stop_shop/dossiers]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.due_at, one_stop_shop/dossiers.finished_at,
--   one_stop_shop/dossiers.status]
-- among: "kind = 'resolved' and tier in ('province', 'department')"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Thông tư 01/2020/TT-VPCP, Biểu 06; Nghị định
--   61/2018/NĐ-CP"

-- Of the dossiers finished in the window. Refused, withdrawn and not yet received dossiers are outside.
-- Finished means handed to the one-stop desk; finished on the due day is on time, and without a due day nothing can be
-- late.
select
    unit_code,
    sum(resolved_early + resolved_on_time) as numerator,
    sum(resolved_early + resolved_on_time + resolved_late) as denominator
from window_dossier
where tier in ('province', 'department')
group by unit_code
