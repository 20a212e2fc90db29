-- code: "4.2.1"
-- parent: "4.2"
-- title: "Tổng số biên chế được giao trong năm"
-- unit: "Người"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, office]
-- source: [hr/quotas]
-- needs: [hr/quotas.assigned]
-- among: "kind = 'Hành chính'"

-- The last decision of the year on or before the last day of the window, per unit; inside communes since 1/7/2025.
-- A total that is delivered beside its parts was left out before (sql/window).
select
    unit_code,
    assigned as numerator,
    null as denominator
from window_quota
where quota_kind = 'Hành chính'
