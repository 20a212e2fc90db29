-- Leave each unit to itself, of all or of those below one: what is counted for units above is put together from their
-- parts. The subtrees stay as kept_subtree.
--
-- %(code)s, %(valid_from)s: the unit at the top; null: every unit of the window is kept.
drop table if exists pg_temp.kept_subtree;

create temp table kept_subtree on commit drop as
select subtree.*
from window_subtree as subtree
where
    %(code)s is null
    or subtree.unit_code in (
        select below.part_code
        from window_subtree as below
        inner join window_unit as top on top.unit_code = below.unit_code
        where top.code = %(code)s and top.valid_from = %(valid_from)s
    );

truncate window_subtree;

insert into window_subtree (unit_code, part_code, tier)
select distinct
    part_code as unit_code,
    part_code,
    tier
from kept_subtree
