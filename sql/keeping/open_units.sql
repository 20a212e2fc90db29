-- The units of a release below one of them, as the window had them: window_unit and window_subtree.
--
-- %(release)s, %(unit)s: its unit_code; {columns}: the columns of window_unit with their types.
drop table if exists pg_temp.window_unit, pg_temp.window_subtree;

create temp table window_unit on commit drop as
select told.*
from mart.release_contribution_unit as top
inner join mart.release_contribution_unit as unit
    on unit.release_id = top.release_id and unit.unit_code = any(top.parts)
cross join lateral jsonb_to_record(unit.content) as told ({columns}) -- noqa: PRS
where top.release_id = %(release)s and top.unit_code = %(unit)s;

create temp table window_subtree on commit drop as
select
    top.unit_code,
    part.part_code,
    part.tier
from mart.release_contribution_unit as top
cross join lateral unnest(top.parts, top.tiers) as part (part_code, tier)
where top.release_id = %(release)s and top.unit_code = %(unit)s
