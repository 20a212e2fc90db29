-- code: "4.1.1"
-- parent: "4.1"
-- title: "Số cơ quan chuyên môn cấp tỉnh"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province]
-- source: [hr/units]
-- needs: []

-- The departments of the province, on the last day of the window.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
where
    part.is_at_end
    and part.level = 'department'
group by subtree.unit_code
