-- code: "4.3.2"
-- parent: "4.3"
-- title: "Tổng số người làm việc có mặt"
-- unit: "Người"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, office, service_unit]
-- source: [hr/staff]
-- needs: [hr/staff.org_code, hr/staff.staff_kind, hr/staff.status]
-- among: "kind = 'Viên chức'"

-- Present on the last day of the window: at work, seconded or on maternity leave; inside communes since 1/7/2025.
select
    unit_code,
    present as numerator,
    null as denominator
from window_staff
where staff_kind = 'Viên chức'
