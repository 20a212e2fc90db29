-- code: "4.1.4.e"
-- parent: "4.1.4"
-- title: "Trong đó: Số ĐVSNCL thuộc UBND cấp xã"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province, commune]
-- source: [hr/units]
-- needs: [hr/units.equitised]
-- among: "kind = 'service_unit'"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị quyết 202/2025/QH15; Nghị định
--   150/2025/NĐ-CP (tạm thời, chờ biểu mẫu của Bộ Nội vụ)"
-- valid_from: 2025-07-01

-- A unit that became a company, or was dissolved by the last day of the window, is none any more.
-- Where the managing level is not delivered, the parent unit manages.
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
    and part.managed_by = 'commune'
group by subtree.unit_code
