-- title: Whose the lists of a sender are: which units own them

-- The owners are the unit that somebody set for the sender; else the units that the sender delivers and whose parent it does
-- not; of a sender that delivers no units, the unit whose code is its name. The name of a file tells nothing else.
-- Which units a sender delivers is asked of its list as told until a day, for that changes; of a sender that had delivered none
-- by then, its first list tells.
create or replace function core.list_owner_as_told(told_until date)
returns table (province_code text, sender text, org_code text, reason text)
language sql
stable
as $$
with version as (
    select u.province_code, u.sender, u.org_code, u.parent_code, u.delivered_on, 'infinity'::date as until
    from core.unit as u
    union all
    select h.province_code, h.sender, h.org_code, h.parent_code, h.delivered_on, h.superseded_on as until
    from core.unit_history as h
    where h.superseded_on > h.delivered_on
),

list as (
    -- the day whose list is asked: the last one, or the first that there was
    select v.province_code, v.sender, greatest(min(v.delivered_on), list_owner_as_told.told_until) as day
    from version as v
    group by v.province_code, v.sender
),

delivered as (
    select v.province_code, v.sender, v.org_code, v.parent_code
    from version as v
    inner join list on list.province_code = v.province_code and list.sender = v.sender
    where v.delivered_on <= list.day and (v.until > list.day or v.until = 'infinity')
),

unit as (
    select distinct v.province_code, v.org_code
    from version as v
)

select unit.province_code, s.sender, unit.org_code, 'set' as reason
from landing.sender_unit as s
inner join unit on unit.org_code = s.org_code
union all
select top.province_code, top.sender, top.org_code, 'topmost' as reason
from delivered as top
where
    not exists (select from landing.sender_unit as s where s.sender = top.sender)
    and not exists (
        select
        from delivered as parent
        where
            parent.province_code = top.province_code
            and parent.sender = top.sender
            and parent.org_code = top.parent_code
            and parent.org_code <> top.org_code
    )
union all
select unit.province_code, unit.org_code as sender, unit.org_code, 'name' as reason
from unit
where
    not exists (select from landing.sender_unit as s where s.sender = unit.org_code)
    and not exists (
        select from delivered where delivered.province_code = unit.province_code and delivered.sender = unit.org_code
    )
$$;

-- Whatever its code, a unit may send: every unit that is no sender of units stands here under its own code.
create or replace view core.list_owner as
select
    province_code,
    sender,
    org_code,
    reason
from core.list_owner_as_told('infinity');

comment on view core.list_owner is
'Whose the lists of a sender are, as its last list of units tells; reason: set by somebody, topmost of its units, or its name.';
