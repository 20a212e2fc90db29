-- code: "6.4"
-- parent: "6"
-- title: "Số đơn vị SNCL do nhà nước đảm bảo 100% chi thường xuyên (lũy kế đến thời điểm báo cáo)"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: cumulative
-- levels: [province, department, district]
-- source: [hr/units]
-- needs: [hr/units.autonomy_group, hr/units.equitised]
-- among: "kind = 'service_unit'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 16/2015/NĐ-CP; Nghị định
--   141/2016/NĐ-CP"

-- Group 4 of financial autonomy, on the last day of the window.
-- A unit that became a company, or was dissolved by the last day of the window, is none any more.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
where
    part.is_at_end
    and part.level = 'service_unit'
    and not part.is_equitised
    and part.autonomy_group = '4'
group by subtree.unit_code
