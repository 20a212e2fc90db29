-- code: "6.5"
-- parent: "6"
-- title: "Số lượng đơn vị SNCL đã chuyển đổi thành công ty cổ phần (lũy kế đến thời điểm báo cáo)"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: cumulative
-- levels: [province, department, district]
-- source: [hr/units]
-- needs: [hr/units.equitised]
-- among: "kind = 'service_unit'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 16/2015/NĐ-CP; Nghị định
--   141/2016/NĐ-CP"

-- Cumulative: a service unit that became a company counts from then on, also when it is dissolved as a unit.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
where
    part.level = 'service_unit'
    and part.is_equitised
group by subtree.unit_code
