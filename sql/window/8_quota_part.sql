-- creates: [window_quota_decision, window_quota_part]
-- then: totals beside their parts are dropped

-- The decisions of the year, and of 2015, on or before the last day of the window, outside the communes.
-- A list that goes on to another year tells nothing of this one any more: what it told last still holds.
create temp table window_quota_decision on commit drop as
with told as (
    select province_code, sender, org_code, quota_kind, year, decided_on, assigned, delivered_on, file_id, 'infinity'::date as until
    from core.quota
    union all
    select
        province_code, sender, org_code, quota_kind, year, decided_on, assigned, delivered_on, file_id,
        superseded_on as until
    from core.quota_history
    where closed
),

listed as (
    select *
    from (
        select told.*, max(until) over (partition by province_code, sender, year) as last_told
        from told
    ) as known
    where until = last_told
)

select distinct on (unit.unit_code, quota.quota_kind, quota.year, quota.decided_on)
    unit.unit_code,
    quota.quota_kind,
    quota.year,
    quota.decided_on,
    quota.assigned
from listed as quota
inner join window_unit as unit
    on
        unit.province_code = quota.province_code
        and unit.code = quota.org_code
        and quota.decided_on >= unit.reach_from
        and quota.decided_on < unit.reach_to
where
    unit.tier <> 'commune'
    and quota.year in (%(year)s, 2015)
    and quota.decided_on <= %(last_day)s
order by
    unit.unit_code,
    quota.quota_kind,
    quota.year,
    quota.decided_on,
    quota.delivered_on desc,
    quota.file_id desc;

-- The last of them per unit and kind.
create temp table window_quota_part on commit drop as
select distinct on (unit_code, quota_kind, year)
    unit_code,
    quota_kind,
    year,
    assigned
from window_quota_decision
order by unit_code, quota_kind, year, decided_on desc
