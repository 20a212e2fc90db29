-- code: "4.3.1"
-- parent: "4.3"
-- title: "Tổng số người làm việc được giao"
-- unit: "Người"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, office, service_unit]
-- source: [hr/quotas]
-- needs: [hr/quotas.assigned]
-- among: "kind = 'Sự nghiệp'"

-- The last decision of the year on or before the last day of the window, per unit; inside communes since 1/7/2025.
-- A total that is delivered beside its parts was left out before (sql/window).
select
    unit_code,
    assigned as numerator,
    null as denominator
from window_quota
where quota_kind = 'Sự nghiệp'
