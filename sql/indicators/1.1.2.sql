-- code: "1.1.2"
-- parent: "1.1"
-- title: "Số nhiệm vụ đã hoàn thành"
-- unit: "Nhiệm vụ"
-- decimals: 0
-- behaviour: cumulative
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/tasks]
-- needs:
--   [document_management/tasks.org_code, document_management/tasks.assigned_by,
--   document_management/tasks.completed_on]
-- among: "kind = 'Kế hoạch CCHC'"

-- The plan is the year's: a task given in any earlier window of the year still counts (window_task begins with the
-- year). Done by the last day of the window; what is done later belongs to a later report.
select
    unit_code,
    count(*) as numerator,
    null as denominator
from window_task
where
    assigned_by = 'Kế hoạch CCHC'
    and completed_on < %(period_end)s
group by unit_code
