-- code: "5.4.3"
-- parent: "5.4"
-- title: "Số lãnh đạo cấp phòng thuộc sở, ngành và UBND cấp huyện bị kỷ luật"
-- unit: "Người"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, office]
-- source: [hr/events]
-- needs: [hr/events.org_code, hr/events.event_kind, hr/events.position_level]
-- among: "kind = 'Kỷ luật'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 112/2020/NĐ-CP"
-- valid_to: 2025-06-30

-- Counted on the day of decision.
-- Persons, once each, whether by the Party, by the administration or by both.
select
    unit_code,
    count(distinct staff_code) as numerator,
    null as denominator
from window_event
where
    event_kind = 'Kỷ luật'
    and position_level in ('Lãnh đạo phòng thuộc sở', 'Lãnh đạo phòng thuộc UBND huyện')
group by unit_code
