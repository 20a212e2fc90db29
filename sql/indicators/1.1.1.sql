-- code: "1.1.1"
-- parent: "1.1"
-- title: "Số nhiệm vụ đề ra trong kế hoạch"
-- unit: "Nhiệm vụ"
-- decimals: 0
-- behaviour: cumulative
-- levels: [province, department, district, commune, office, service_unit]
-- source: [document_management/tasks]
-- needs: [document_management/tasks.org_code, document_management/tasks.assigned_by]
-- among: "kind = 'Kế hoạch CCHC'"

-- The plan is the year's: a task given in any earlier window of the year still counts (window_task begins with the
-- year).
select
    unit_code,
    count(*) as numerator,
    null as denominator
from window_task
where
    assigned_by = 'Kế hoạch CCHC'
group by unit_code
