-- code: "b.5.2"
-- parent: "b.5"
-- title: "Tổng số xã, phường, thị trấn"
-- unit: "Đơn vị"
-- decimals: 0
-- behaviour: stock
-- levels: [province, district]
-- source: [hr/units]
-- needs: []
-- legal_basis: "Luật Tổ chức chính quyền địa phương"
-- note: "Mẫu số của b.5.1."

-- Communes below the unit on the last day of the window.
select
    subtree.unit_code,
    count(*) as numerator,
    null as denominator
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
where part.is_at_end and part.level = 'commune' and part.unit_code <> subtree.unit_code
group by subtree.unit_code
