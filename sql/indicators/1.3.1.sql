-- code: "1.3.1"
-- parent: "1.3"
-- title: "Tổng số nhiệm vụ được giao"
-- unit: "Nhiệm vụ"
-- decimals: 0
-- behaviour: flow
-- cadence: [quarterly, half_yearly, nine_monthly, annual]
-- levels: [province, department]
-- origin: computed
-- source: [document_management/tasks]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC"
-- valid_from: 2020-12-15
-- valid_to:

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
