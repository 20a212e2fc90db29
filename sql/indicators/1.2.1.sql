-- code: "1.2.1"
-- parent: "1.2"
-- title: "Tổng số phòng chuyên môn, đơn vị, địa phương"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district]
-- source: [hr/units]
-- needs: []
-- valid_to: 2025-06-30

-- Who can be inspected: the administrative bodies and the communes below the unit, on the last day of the window.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
where
    part.is_at_end
    and part.level in ('department', 'office', 'commune')
    and part.unit_code <> subtree.unit_code
group by subtree.unit_code
