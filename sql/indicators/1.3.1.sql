-- code: "1.3.1"
-- parent: "1.3"
-- title: "Tổng số nhiệm vụ được giao"
-- unit: "Nhiệm vụ"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department]
-- source: [document_management/tasks]
-- needs: [document_management/tasks.org_code, document_management/tasks.assigned_by]
-- among: "kind = 'Chính phủ' and day >= %(period_start)s"

-- A task counts in the window in which it was given.
select
    unit_code,
    count(*) as numerator,
    null as denominator
from window_task
where
    assigned_by = 'Chính phủ'
    and assigned_on >= %(period_start)s
group by unit_code
