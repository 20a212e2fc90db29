-- code: "4.1.4"
-- parent: "4.1"
-- title: "Tổng số đơn vị sự nghiệp công lập trên địa bàn tỉnh"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province]
-- source: [hr/units]
-- needs: [hr/units.equitised]
-- among: "kind = 'service_unit'"

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
group by subtree.unit_code
