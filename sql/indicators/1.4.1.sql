-- code: "1.4.1"
-- parent: "1.4"
-- title: "Tổng số nhiệm vụ được giao"
-- unit: ""
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/tasks]
-- needs: [document_management/tasks.org_code, document_management/tasks.assigned_by]
-- among: "kind = 'UBND tỉnh' and day >= %(period_start)s"

-- A task counts in the window in which it was given.
select
    unit_code,
    count(*) as numerator,
    null as denominator
from window_task
where
    assigned_by = 'UBND tỉnh'
    and assigned_on >= %(period_start)s
group by unit_code
