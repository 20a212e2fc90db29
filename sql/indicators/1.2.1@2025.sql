-- code: "1.2.1"
-- parent: "1.2"
-- title: "Tổng số phòng chuyên môn, đơn vị, địa phương"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, commune]
-- source: [hr/units]
-- needs: []
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị quyết 202/2025/QH15; Nghị định
--   150/2025/NĐ-CP"
-- valid_from: 2025-07-01

-- Who can be inspected: the administrative bodies and the communes below the unit, on the last day of the window. A
-- body inside a commune is the commune's to inspect, not the province's.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
inner join window_unit as inspecting on inspecting.unit_code = subtree.unit_code
where
    part.is_at_end
    and part.level in ('department', 'office', 'commune')
    and part.unit_code <> subtree.unit_code
    and (part.level = 'commune' or part.tier <> 'commune' or inspecting.tier = 'commune')
group by subtree.unit_code
