-- code: "5.1.2"
-- parent: "5.1"
-- title: "Số đơn vị sự nghiệp đã được phê duyệt vị trí việc làm theo quy định"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, office, service_unit]
-- source: [hr/units]
-- needs: [hr/units.positions_approved, hr/units.equitised]
-- among: "kind = 'service_unit'"

-- Service units whose job positions are approved.
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
    and part.positions_approved
group by subtree.unit_code
