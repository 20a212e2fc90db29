-- The units of a window that nobody is above, with how many units each has below it; window_unit, window_subtree.
select
    top.code,
    top.valid_from::text as valid_from,
    top.name,
    count(*) as units
from window_unit as top
inner join window_subtree as below on below.unit_code = top.unit_code
where top.is_in_window and top.parent_unit is null
group by top.code, top.valid_from, top.name
order by count(*) desc, top.code
