-- creates: [window_holder]

-- Where the dossiers of a unit are, day by day, if that changes: what is open moves to the successor on the day on
-- which a unit ends, and what is done from then on is done there. Without a known successor it stays with the unit that
-- ended, below those that are left above it; once nobody is left, it moves to their successor, else to the province.
-- FIG-16 names it. A dossier under the code of a unit that did not exist yet when it was received is until then where
-- that unit came from. Units whose dossiers stay are not in this table.
create temp table window_holder on commit drop as
with recursive unit as materialized (
    select
        province_code,
        org_code,
        valid_from,
        valid_to,
        reach_from,
        reach_to,
        parent_code,
        unit_kind,
        concat_ws('@', province_code, org_code, valid_from) as unit_key
    from core.unit_period
),

known as materialized (
    select
        unit.unit_key,
        successor.unit_key as successor_key
    from unit
    inner join core.unit_successor as said
        on
            said.province_code = unit.province_code
            and said.org_code = unit.org_code
            and said.valid_from = unit.valid_from
            and said.place = 1
    inner join unit as successor
        on
            successor.province_code = said.province_code
            and successor.org_code = said.successor_code
            and successor.valid_from = said.successor_valid_from
),

-- those above a unit that ended, each as it was on the last day of the one below
lineage as (
    select
        unit_key,
        province_code,
        parent_code,
        unit_key as above_key,
        valid_to as above_to,
        0 as steps
    from unit
    where valid_to < 'infinity'
    union all
    select
        lineage.unit_key,
        lineage.province_code,
        parent.parent_code,
        parent.unit_key,
        parent.valid_to,
        lineage.steps + 1
    from lineage
    inner join unit as parent
        on
            parent.province_code = lineage.province_code
            and parent.org_code = lineage.parent_code
            and lineage.above_to - 1 >= parent.reach_from
            and lineage.above_to - 1 < parent.reach_to
    where lineage.above_to < 'infinity' and lineage.steps < 10
),

heir as materialized (
    select
        lineage.unit_key,
        case
            when own.unit_key is not null then min(lineage.above_to) filter (where lineage.steps = 0)
            else max(lineage.above_to)
        end as from_day,
        coalesce(
            (array_agg(known.successor_key order by lineage.steps) filter (where known.successor_key is not null))[1],
            province.unit_key
        ) as heir_key
    from lineage
    left join known on known.unit_key = lineage.above_key
    left join known as own on own.unit_key = lineage.unit_key
    left join lateral (
        select top.unit_key
        from unit as top
        where
            top.province_code = lineage.province_code
            and top.unit_kind = 'UBND cấp tỉnh'
            and top.valid_to = 'infinity'
        order by top.valid_from, top.org_code
        limit 1
    ) as province on true
    group by lineage.unit_key, own.unit_key, province.unit_key
    having own.unit_key is not null or max(lineage.above_to) < 'infinity'
),

passed_on as (
    select
        unit.unit_key,
        unit.unit_key as holder_key,
        '-infinity'::date as from_day,
        coalesce(heir.from_day, 'infinity') as to_day,
        1 as step
    from unit
    left join heir on heir.unit_key = unit.unit_key and heir.heir_key is not null
    union all
    select
        passed_on.unit_key,
        heir.heir_key,
        greatest(passed_on.from_day, passed_on.to_day),
        coalesce(later.from_day, 'infinity'),
        passed_on.step + 1
    from passed_on
    inner join heir on heir.unit_key = passed_on.holder_key
    left join heir as later on later.unit_key = heir.heir_key and later.heir_key is not null
    where heir.heir_key is not null and passed_on.to_day < 'infinity' and passed_on.step < 20
),

-- a step at which nothing is held is left out
onward as (select * from passed_on where to_day > from_day),

whole as (
    select
        onward.unit_key,
        onward.holder_key,
        greatest(onward.from_day, origin.valid_from) as from_day,
        onward.to_day
    from onward
    inner join unit on unit.unit_key = onward.unit_key
    left join core.unit_origin as origin
        on
            origin.province_code = unit.province_code
            and origin.org_code = unit.org_code
            and origin.valid_from = unit.valid_from
    union all
    select
        unit.unit_key,
        onward.holder_key,
        onward.from_day,
        least(onward.to_day, unit.valid_from) as to_day
    from core.unit_origin as origin
    inner join unit
        on
            unit.province_code = origin.province_code
            and unit.org_code = origin.org_code
            and unit.valid_from = origin.valid_from
    inner join onward
        on onward.unit_key = concat_ws('@', origin.province_code, origin.origin_code, origin.origin_valid_from)
    where onward.from_day < unit.valid_from
)

select
    unit.province_code,
    unit.org_code,
    unit.reach_from,
    unit.reach_to,
    holder.org_code as holder_code,
    holder.valid_from as holder_from,
    whole.from_day,
    whole.to_day
from whole
inner join unit on unit.unit_key = whole.unit_key
inner join unit as holder on holder.unit_key = whole.holder_key
where whole.unit_key in (select unit_key from whole group by unit_key having count(*) > 1)
