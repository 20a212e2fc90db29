-- creates: [window_quota]

-- Rolled up, after the totals that were delivered beside their parts are gone. A quota ends with its unit; what a unit
-- had in 2015, it had.
create temp table window_quota on commit drop as
select
    subtree.unit_code,
    quota.quota_kind,
    sum(quota.assigned) filter (where quota.year = %(year)s and unit.is_at_end) as assigned,
    sum(quota.assigned) filter (where quota.year = 2015) as assigned_2015
from window_quota_part as quota
inner join window_unit as unit on unit.unit_code = quota.unit_code
inner join window_subtree as subtree on subtree.part_code = quota.unit_code
group by 1, 2
