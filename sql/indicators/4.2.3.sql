-- code: "4.2.3"
-- parent: "4.2"
-- title: "Số hợp đồng lao động làm việc tại cơ quan hành chính nhà nước"
-- unit: "Người"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, office]
-- source: [hr/staff]
-- needs: [hr/staff.org_code, hr/staff.staff_kind, hr/staff.status]
-- among: "kind = 'Hợp đồng lao động'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 68/2000/NĐ-CP; Nghị định
--   161/2018/NĐ-CP"

-- Present on the last day of the window: at work, seconded or on maternity leave; inside communes since 1/7/2025.
select
    unit_code,
    present as numerator,
    null as denominator
from window_staff
where staff_kind = 'Hợp đồng lao động'
