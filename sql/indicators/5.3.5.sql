-- code: "5.3.5"
-- parent: "5.3"
-- title: "Số lãnh đạo cấp phòng thuộc UBND cấp xã được bổ nhiệm mới"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, commune, office]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.position_level]
-- among: "kind = 'Bổ nhiệm'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị quyết 202/2025/QH15; Nghị định
--   150/2025/NĐ-CP (tạm thời, chờ biểu mẫu của Bộ Nội vụ)"
-- valid_from: 2025-07-01

-- Counted on the day of decision. Persons, once each: a corrected decision about the same person adds nothing.
-- New appointments only: `Bổ nhiệm lại` is none.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Bổ nhiệm'
    and position_level = 'Lãnh đạo phòng thuộc UBND xã'
group by unit_code
