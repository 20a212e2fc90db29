-- creates: [window_quota_decision, window_quota_part]
-- then: totals beside their parts are dropped

-- The decisions of the year, and of 2015, on or before the last day of the window; inside communes since there are two
-- tiers. A unit that lived on under another parent took its quota there.
-- A list that goes on to another year tells nothing of this one any more: what it told last still holds. What was
-- decided and only a later list tells was decided then.
create temp table window_quota_decision on commit drop as
with told as (
    select
        *,
        max(case when presence <> 'late' then told_until end) over (
            partition by province_code, sender, year
        ) as told_last
    from (
        select
            province_code, sender, org_code, quota_kind, year, decided_on, assigned, delivered_on, file_id, presence,
            case when presence = 'held' then 'infinity' else told_until end as told_until{record}
        from told_quota
    ) as known
),

listed as (
    select *
    from told
    where presence = 'late' or told_until = told_last
)

select distinct on (unit.unit_code, quota.quota_kind, quota.year, quota.decided_on)
    unit.unit_code,
    quota.quota_kind,
    quota.year,
    quota.decided_on,
    quota.assigned{record}
from listed as quota
inner join window_unit as meant
    on
        meant.province_code = quota.province_code
        and meant.code = quota.org_code
        and quota.decided_on >= meant.reach_from
        and quota.decided_on < meant.reach_to
inner join window_unit as unit on unit.unit_code = meant.lives_on_as
where
    (unit.tier <> 'commune' or %(last_day)s >= %(two_tiers_from)s)
    and quota.year in (%(year)s, 2015)
    and quota.decided_on <= %(last_day)s
order by
    unit.unit_code,
    quota.quota_kind,
    quota.year,
    quota.decided_on,
    quota.presence = 'late',
    quota.delivered_on desc,
    quota.file_id desc;

-- The last of them per unit and kind.
create temp table window_quota_part on commit drop as
select distinct on (unit_code, quota_kind, year)
    unit_code,
    quota_kind,
    year,
    assigned{record}
from window_quota_decision
order by unit_code, quota_kind, year, decided_on desc
