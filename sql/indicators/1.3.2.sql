-- code: "1.3.2"
-- parent: "1.3"
-- title: "Số nhiệm vụ đã hoàn thành đúng hạn"
-- unit: "Nhiệm vụ"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department]
-- source: [document_management/tasks]
-- needs:
--   [document_management/tasks.org_code, document_management/tasks.assigned_by, document_management/tasks.due_on,
--   document_management/tasks.completed_on]
-- among: "kind = 'Chính phủ' and day >= %(period_start)s"

-- Of the tasks given in the window, those done by its last day.
-- Compared by day: done on the due day is on time, and without a due day nothing can be late.
select
    unit_code,
    count(*) as numerator,
    null as denominator
from window_task
where
    assigned_by = 'Chính phủ'
    and assigned_on >= %(period_start)s
    and completed_on < %(period_end)s
    and completed_on <= coalesce(due_on, completed_on)
group by unit_code
