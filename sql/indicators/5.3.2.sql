-- code: "5.3.2"
-- parent: "5.3"
-- title: "Số lãnh đạo cấp sở, ngành được bổ nhiệm mới"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- cadence: [quarterly, half_yearly, nine_monthly, annual]
-- levels: [province, department]
-- origin: computed
-- source: [hr/events]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC"
-- valid_from: 2020-12-15
-- valid_to:

-- Counted on the day of decision. Persons, once each: a corrected decision about the same person adds nothing.
-- New appointments only: `Bổ nhiệm lại` is none.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Bổ nhiệm'
    and position_level = 'Lãnh đạo sở'
group by unit_code
