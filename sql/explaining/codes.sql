-- The codes under which facts may be counted for the units of window_subtree: their own, and those of units whose
-- dossiers they hold.
select coalesce(array_agg(distinct code), '{}')
from (
    select unit.code
    from window_subtree as subtree
    inner join window_unit as unit on unit.unit_code = subtree.part_code
    union all
    select holder.org_code
    from window_subtree as subtree
    inner join window_unit as unit on unit.unit_code = subtree.part_code
    inner join window_holder as holder
        on holder.province_code = unit.province_code and holder.holder_code = unit.code
) as named
