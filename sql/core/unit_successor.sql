-- Who takes over what is open at a unit that ended: one row per ended unit and successor, `place` 1 is the one that
-- does. What the office says itself (Đơn vị kế thừa of hr/units) goes before the list of decrees that ships with the
-- project; and a unit that only came under another parent takes over from itself.
create or replace view core.unit_successor as
with unit as materialized (select * from core.unit_period),

ended as (select * from unit where valid_to < 'infinity'),

said as (
    select
        ended.province_code,
        ended.org_code,
        ended.valid_from,
        ended.valid_to,
        trim(named.code) as successor_code,
        1 as preference,
        named.place
    from ended
    cross join lateral regexp_split_to_table(ended.successor_code, '[;,]') with ordinality as named (code, place)
    union all
    select
        ended.province_code,
        ended.org_code,
        ended.valid_from,
        ended.valid_to,
        shipped.new_code,
        2,
        1
    from ended
    inner join core.unit_succession as shipped
        on
            shipped.old_code = ended.org_code
            and shipped.effective_on - 1 >= ended.reach_from
            and shipped.effective_on - 1 < ended.reach_to
            and shipped.effective_on <= ended.valid_to + 31
    union all
    select
        ended.province_code,
        ended.org_code,
        ended.valid_from,
        ended.valid_to,
        ended.org_code,
        3,
        1
    from ended
    inner join unit as later
        on
            later.province_code = ended.province_code
            and later.org_code = ended.org_code
            and later.valid_from = ended.valid_to
            and later.lives_on
)

select
    said.province_code,
    said.org_code,
    said.valid_from,
    said.valid_to as ended_on,
    successor.org_code as successor_code,
    successor.valid_from as successor_valid_from,
    row_number() over (
        partition by said.province_code, said.org_code, said.valid_from
        order by said.preference, said.place, successor.org_code
    ) as place
from said
inner join unit as successor
    on
        successor.province_code = said.province_code
        and successor.org_code = said.successor_code
        and said.valid_to >= successor.reach_from
        and said.valid_to < successor.reach_to
        and successor.valid_to > said.valid_to
        and (successor.org_code, successor.valid_from) <> (said.org_code, said.valid_from);

comment on view core.unit_successor is
'Who takes over what is open at a unit that ended, by declaration or decree. One row per ended unit and successor; '
'place 1 takes over.';

-- What a unit came from that began on a day: the unit that it, or the unit above it, took over from. A dossier may
-- carry the code of such a unit though it was received before the unit began: until then it belongs to the unit of
-- origin.
create or replace view core.unit_origin as
with recursive unit as materialized (select * from core.unit_period),

predecessor as materialized (
    select distinct on (successor.province_code, successor.successor_code, successor.successor_valid_from)
        successor.province_code,
        successor.successor_code,
        successor.successor_valid_from,
        successor.org_code,
        successor.valid_from
    from core.unit_successor as successor
    where
        successor.successor_valid_from > '-infinity'
        and successor.ended_on <= successor.successor_valid_from
        and successor.ended_on >= successor.successor_valid_from - 31
    order by
        successor.province_code,
        successor.successor_code,
        successor.successor_valid_from,
        successor.org_code = successor.successor_code desc,
        successor.place,
        successor.org_code
),

above as (
    select
        province_code,
        org_code,
        valid_from,
        org_code as above_code,
        valid_from as above_from,
        parent_code,
        0 as steps
    from unit
    where reach_from = '-infinity' and valid_from > '-infinity'
    union all
    select
        above.province_code,
        above.org_code,
        above.valid_from,
        parent.org_code,
        parent.valid_from,
        parent.parent_code,
        above.steps + 1
    from above
    inner join unit as parent
        on
            parent.province_code = above.province_code
            and parent.org_code = above.parent_code
            and above.above_from >= parent.reach_from
            and above.above_from < parent.reach_to
    where parent.valid_from > '-infinity' and above.steps < 10
)

select distinct on (above.province_code, above.org_code, above.valid_from)
    above.province_code,
    above.org_code,
    above.valid_from,
    predecessor.org_code as origin_code,
    predecessor.valid_from as origin_valid_from
from above
inner join predecessor
    on
        predecessor.province_code = above.province_code
        and predecessor.successor_code = above.above_code
        and predecessor.successor_valid_from = above.above_from
order by above.province_code, above.org_code, above.valid_from, above.steps;

comment on view core.unit_origin is
'The unit that one which began on a day came from, by itself or by the unit above it. One row per province, code and '
'valid_from.';

-- The days on which a dossier may be received under a code: those of its units, and of what they came from.
create or replace view core.unit_receiving as
select
    unit.province_code,
    unit.org_code,
    coalesce(origin.origin_valid_from, unit.valid_from) as valid_from,
    unit.valid_to
from core.unit_period as unit
left join core.unit_origin as origin
    on
        origin.province_code = unit.province_code
        and origin.org_code = unit.org_code
        and origin.valid_from = unit.valid_from;

comment on view core.unit_receiving is
'The days on which a dossier may be received under a code (half-open): those of its units, and of the units they took '
'over from.';
