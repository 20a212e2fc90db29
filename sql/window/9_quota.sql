-- creates: [window_quota]

-- Rolled up, after the totals that were delivered beside their parts are gone.
create temp table window_quota on commit drop as
select
    subtree.unit_code,
    quota.quota_kind,
    sum(quota.assigned) filter (where quota.year = %(year)s) as assigned,
    sum(quota.assigned) filter (where quota.year = 2015) as assigned_2015
from window_quota_part as quota
inner join window_subtree as subtree on subtree.part_code = quota.unit_code
group by 1, 2
