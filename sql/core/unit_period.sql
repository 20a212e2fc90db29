-- What each unit code meant, and when: one row per (code, valid_from), half-open. A code may be used again with a new
-- meaning, and facts stay with the unit of their day.
--
-- A row is: what the last delivery says; what an earlier delivery said of the code, established before that; a unit
-- that was not delivered any more, until then; and a unit that lived on under another parent when its old parent was
-- dissolved.
-- `lives_on`: the unit is the one that the code meant before, under another parent.
-- `reach_from`, `reach_to` leave no gap: a fact outside every validity belongs to the meaning before it, or to the
-- first.
create or replace view core.unit_period as
with gone as (
    select
        h.*,
        coalesce(h.dissolved_on, h.superseded_on) as ended_on
    from core.unit_history as h
    where
        h.closed
        and not exists (
            select
            from core.unit as u
            where u.province_code = h.province_code and u.org_code = h.org_code
        )
),

ended as (
    select
        province_code,
        org_code,
        dissolved_on as ended_on
    from core.unit
    where dissolved_on is not null
    union all
    select
        province_code,
        org_code,
        ended_on
    from gone
),

moved as (
    select
        u.province_code,
        u.org_code,
        max(ended.ended_on) as moved_on
    from core.unit as u
    inner join core.unit_history as h on h.province_code = u.province_code and h.org_code = u.org_code
    inner join ended on ended.province_code = h.province_code and ended.org_code = h.parent_code
    where
        h.parent_code is distinct from u.parent_code
        and h.established_on is not distinct from u.established_on
        and ended.ended_on > coalesce(u.established_on, '-infinity')
        and ended.ended_on < coalesce(u.dissolved_on, 'infinity')
    group by u.province_code, u.org_code
),

told as (
    select
        u.province_code,
        u.org_code,
        greatest(coalesce(u.established_on, '-infinity'), moved.moved_on) as valid_from,
        coalesce(u.dissolved_on, 'infinity') as ended_on,
        u.org_name,
        u.parent_code,
        u.unit_kind,
        u.managed_by,
        u.autonomy_group,
        u.positions_approved,
        u.equitised,
        u.established_on,
        u.dissolved_on,
        u.successor_code,
        u.sender,
        u.delivered_on,
        u.file_id,
        moved.moved_on > coalesce(u.established_on, '-infinity') as lives_on,
        1 as preference
    from core.unit as u
    left join moved on moved.province_code = u.province_code and moved.org_code = u.org_code
    union all
    select
        h.province_code,
        h.org_code,
        coalesce(h.established_on, '-infinity') as valid_from,
        coalesce(h.dissolved_on, 'infinity') as ended_on,
        h.org_name,
        h.parent_code,
        h.unit_kind,
        h.managed_by,
        h.autonomy_group,
        h.positions_approved,
        h.equitised,
        h.established_on,
        h.dissolved_on,
        h.successor_code,
        h.sender,
        h.delivered_on,
        h.file_id,
        false as lives_on,
        2 as preference
    from core.unit_history as h
    inner join core.unit as u on u.province_code = h.province_code and u.org_code = h.org_code
    left join moved on moved.province_code = h.province_code and moved.org_code = h.org_code
    where
        coalesce(h.established_on, '-infinity') < coalesce(u.established_on, '-infinity')
        or (moved.moved_on is not null and h.parent_code is distinct from u.parent_code)
    union all
    select
        province_code,
        org_code,
        coalesce(established_on, '-infinity') as valid_from,
        ended_on,
        org_name,
        parent_code,
        unit_kind,
        managed_by,
        autonomy_group,
        positions_approved,
        equitised,
        established_on,
        dissolved_on,
        successor_code,
        sender,
        delivered_on,
        file_id,
        false as lives_on,
        3 as preference
    from gone
),

meaning as (
    select distinct on (province_code, org_code, valid_from) told.*
    from told
    where valid_from < ended_on
    order by province_code, org_code, valid_from, preference, delivered_on desc, sender desc, file_id desc
)

select
    province_code,
    org_code,
    valid_from,
    least(ended_on, lead(valid_from) over later) as valid_to,
    org_name,
    parent_code,
    unit_kind,
    managed_by,
    autonomy_group,
    positions_approved,
    equitised,
    sender,
    case when lag(valid_from) over later is null then '-infinity' else valid_from end as reach_from,
    coalesce(lead(valid_from) over later, 'infinity') as reach_to,
    successor_code,
    coalesce(lives_on, false) as lives_on,
    established_on,
    dissolved_on
from meaning
window later as (partition by province_code, org_code order by valid_from);

comment on view core.unit_period is
'What each unit code meant, and when (half-open days; infinity where open). One row per province, code and valid_from.';
