-- code: "5.4.3"
-- parent: "5.4"
-- title: "Số lãnh đạo cấp phòng thuộc sở, ngành và UBND cấp huyện bị kỷ luật"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, commune, office]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.position_level]
-- among: "kind = 'Kỷ luật'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 112/2020/NĐ-CP; Nghị quyết
--   202/2025/QH15; Nghị định 150/2025/NĐ-CP"
-- valid_from: 2025-07-01

-- Counted on the day of decision.
-- The divisions of communes stand where those of districts did; a decision of before 1/7/2025 names a district.
-- Persons, once each, whether by the Party, by the administration or by both.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Kỷ luật'
    and position_level in ('Lãnh đạo phòng thuộc sở', 'Lãnh đạo phòng thuộc UBND huyện', 'Lãnh đạo phòng thuộc UBND xã')
group by unit_code
