-- Keep the units of the window, with what is below each, and the lists that they share.
--
-- %(release)s; kept_subtree: units with their parts; kept_lists: unit and table -> list.
insert into mart.release_contribution_unit (release_id, unit_code, code, valid_from, content, parts, tiers, lists)
select
    %(release)s,
    unit.unit_code,
    unit.code,
    unit.valid_from,
    to_jsonb(unit),
    coalesce(below.parts, '{}'),
    coalesce(below.tiers, '{}'),
    coalesce(own.lists, '{}')
from window_unit as unit
left join (
    select
        unit_code,
        array_agg(part_code order by part_code) as parts,
        array_agg(tier order by part_code) as tiers
    from kept_subtree
    group by unit_code
) as below on below.unit_code = unit.unit_code
left join (
    select
        unit_code,
        jsonb_object_agg(window_table, list) as lists
    from kept_lists
    group by unit_code
) as own on own.unit_code = unit.unit_code
where exists (select from kept_subtree where part_code = unit.unit_code)
