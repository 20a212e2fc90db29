-- code: "4.3.3"
-- parent: "4.3"
-- title: "Số người đã tinh giản trong kỳ báo cáo"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, office, service_unit]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind]
-- among: "kind = 'Tinh giản'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 108/2014/NĐ-CP; Nghị định
--   113/2018/NĐ-CP; Nghị định 143/2020/NĐ-CP"

-- Counted on the day of decision. Persons, once each: a corrected decision about the same person adds nothing.
-- Not every leaver is `tinh giản`; inside communes since 1/7/2025.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Tinh giản'
    and employment = 'Viên chức'
    and not in_commune_of_three_tiers
group by unit_code
