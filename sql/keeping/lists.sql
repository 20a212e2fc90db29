-- A list that is a unit's own, and no sum of those below it: units with the same list share one.
--
-- Output: the units, each with the name of its list.
create temp table kept_list on commit drop as
select
    held_by as unit_code,
    'list ' || md5(string_agg(piece || ':' || records::text, ' ' order by piece)) as list
from (
    select
        held_by,
        piece,
        array(select unnest(records) order by 1) as records
    from kept_group
) as sorted
group by held_by;

update kept_group
set held_by = kept_list.list
from kept_list
where kept_list.unit_code = kept_group.held_by;

delete from kept_group
where (held_by, piece, ctid) not in (select held_by, piece, min(ctid) from kept_group group by held_by, piece)
