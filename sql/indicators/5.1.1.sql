-- code: "5.1.1"
-- parent: "5.1"
-- title: "Số cơ quan, tổ chức hành chính đã được phê duyệt vị trí việc làm theo quy định"
-- unit: "Cơ quan, đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, office]
-- source: [hr/units]
-- needs: [hr/units.positions_approved]
-- among: "kind in ('department', 'office')"

-- Administrative bodies whose job positions are approved; communes are not among them.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
where
    part.is_at_end
    and part.level in ('department', 'office')
    and part.positions_approved
group by subtree.unit_code
