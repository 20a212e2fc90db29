-- code: "4.1.4.a"
-- parent: "4.1.4"
-- title: "Trong đó: Số ĐVSNCL thuộc UBND tỉnh"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province]
-- source: [hr/units]
-- needs: [hr/units.equitised]
-- among: "kind = 'service_unit'"

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
    and part.managed_by = 'province'
group by subtree.unit_code
