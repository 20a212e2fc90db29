-- code: "b.3.1"
-- parent: "b.3"
-- title: "Tỷ lệ hồ sơ giải quyết quá hạn có văn bản xin lỗi"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune, office, service_unit]
-- source: [one_stop_shop/dossiers]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.due_at, one_stop_shop/dossiers.finished_at,
--   one_stop_shop/dossiers.status, one_stop_shop/dossiers.apology_letter]
-- among: "kind in ('resolved', 'late')"
-- legal_basis: "Nghị định 61/2018/NĐ-CP, Điều 19"

-- Of the dossiers resolved late in the window (as in 3.4.x, below this unit at any level): those with a letter. What is
-- late and still open is not yet among them.
select
    unit_code,
    sum(apologised) as numerator,
    sum(resolved_late) as denominator
from window_apology
group by unit_code
