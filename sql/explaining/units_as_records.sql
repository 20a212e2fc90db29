-- The subtree of the unit with a code of its own for each part: what a query counts per unit, it then counts per part.
-- A code is a unit in window_unit, with all that is known of the unit that is explained; the unit itself keeps its own.
--
-- %(unit)s: the unit.
drop table if exists pg_temp.known_subtree;
alter table window_subtree rename to known_subtree;

create temp table window_subtree on commit drop as
select
    case when part_code = %(unit)s then part_code else concat_ws(' < ', part_code, %(unit)s) end as unit_code,
    part_code,
    tier
from known_subtree;

insert into window_unit
select one.*
from window_subtree as subtree
inner join window_unit as unit on unit.unit_code = %(unit)s
cross join lateral jsonb_populate_record(unit, jsonb_build_object('unit_code', subtree.unit_code)) as one
where subtree.unit_code <> unit.unit_code
