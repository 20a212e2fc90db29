-- creates: [window_quota]
-- share:
--   assigned: case when max(assigned) over (partition by quota_kind) is not null then coalesce(assigned, 0) end
--   assigned_2015: >-
--     case when max(assigned_2015) over (partition by quota_kind) is not null then coalesce(assigned_2015, 0) end

-- Rolled up, after the totals that were delivered beside their parts are gone. A quota ends with its unit; what a unit
-- had in 2015, it had.
create temp table window_quota on commit drop as
select
    subtree.unit_code,
    quota.quota_kind,
    sum(quota.assigned) filter (where quota.year = %(year)s and unit.is_at_end) as assigned,
    sum(quota.assigned) filter (where quota.year = 2015) as assigned_2015{record}
from window_quota_part as quota
inner join window_unit as unit on unit.unit_code = quota.unit_code
inner join window_subtree as subtree on subtree.part_code = quota.unit_code
group by 1, 2{record}
