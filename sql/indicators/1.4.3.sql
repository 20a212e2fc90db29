-- code: "1.4.3"
-- parent: "1.4"
-- title: "Số nhiệm vụ đã hoàn thành nhưng quá hạn"
-- unit: ""
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/tasks]
-- needs:
--   [document_management/tasks.org_code, document_management/tasks.assigned_by, document_management/tasks.due_on,
--   document_management/tasks.completed_on]
-- among: "kind = 'UBND tỉnh' and day >= %(period_start)s"

-- Of the tasks given in the window, those done by its last day, after the due day.
-- Compared by day: done on the due day is on time, and without a due day nothing can be late.
select
    unit_code,
    count(*) as numerator,
    null as denominator
from window_task
where
    assigned_by = 'UBND tỉnh'
    and assigned_on >= %(period_start)s
    and completed_on < %(period_end)s
    and completed_on > due_on
group by unit_code
