-- Each unit of a release with the code of each unit that is below it, now or when it was published, itself among them.
-- release_scope, window_subtree.
--
-- %(release_id)s: the release.
with recursive pair as (
    select
        part.unit_code,
        part.unit_valid_from,
        below.unit_code as below_code
    from release_scope as part
    inner join window_subtree as tree on tree.unit_code = part.part_code
    inner join release_scope as below on below.part_code = tree.part_code
    union
    select
        unit_code,
        unit_valid_from,
        unit_code
    from mart.release_unit
    where release_id = %(release_id)s
    union
    select
        pair.unit_code,
        pair.unit_valid_from,
        child.unit_code
    from pair
    inner join mart.release_unit as child
        on child.release_id = %(release_id)s and child.attributes ->> 'parent_code' = pair.below_code
)

select
    unit_code,
    unit_valid_from::text as unit_valid_from,
    array_agg(below_code) as below
from pair
group by unit_code, unit_valid_from
