-- creates: [window_unit, window_subtree]
-- then: units are known

-- The units as the window sees them: what its figures are made of, and of whom. A unit is (code, valid_from); here
-- `unit_code` tells units apart even if one code had several meanings, and `code` is what is printed.
-- Units that ended before the window are kept, below what their parent is now: a dossier or a quota of theirs still
-- counts there.
-- `tier` is the nearest of province, department, district and commune above a unit (or itself). A body that nobody is
-- known above is the district's, and since there are no districts the province's own: 'department' stands for the
-- province's own level. When a unit was, its days say; what it was, the list of the time: a meaning has the attributes
-- of its last version up to %(listed_until)s, or else of its first one.
create temp table window_unit on commit drop as
-- a unit that lived on under another parent has several rows: the last has the parent of now, those before it others
with recursive period as (
    select
        *,
        lead(valid_from) over lived as moved_on,
        count(*) over lived_all as parts,
        last_value(parent_code) over lived_all as last_parent
    from core.unit_period
    window
        lived as (partition by province_code, org_code, established_on order by valid_from),
        lived_all as (lived rows between unbounded preceding and unbounded following)
),

list as (
    select
        province_code, sender, org_code, established_on, dissolved_on, delivered_on, 'infinity'::date as told_until,
        file_id, line, org_name, parent_code, unit_kind, managed_by, autonomy_group, positions_approved, equitised
    from core.unit
    union all
    select
        province_code, sender, org_code, established_on, dissolved_on, delivered_on, superseded_on as told_until,
        file_id, line, org_name, parent_code, unit_kind, managed_by, autonomy_group, positions_approved, equitised
    from core.unit_history
),

version as (
    select
        province_code, org_code, delivered_on, told_until, file_id, line,
        org_name, parent_code, unit_kind, managed_by, autonomy_group, positions_approved, equitised,
        -- a day of establishment that was corrected makes no other unit of what was told while it existed
        case
            when
                coalesce(established_on, '-infinity') >= coalesce(latest_established_on, '-infinity')
                or dissolved_on is null and latest_established_on < least(delivered_on, told_until)
                then latest_established_on
            else established_on
        end as established_on
    from (
        select
            *,
            first_value(established_on) over (
                partition by province_code, sender, org_code order by delivered_on desc, told_until desc, file_id desc
            ) as latest_established_on
        from list
    ) as chain
    union all
    -- no list told of it by itself
    select
        province_code, org_code, 'infinity' as delivered_on, 'infinity' as told_until, 0 as file_id, 0 as line,
        org_name, parent_code, unit_kind, managed_by, autonomy_group, positions_approved, equitised, established_on
    from period
),

told as (
    select distinct on (period.province_code, period.org_code, period.valid_from)
        period.province_code,
        period.org_code,
        period.valid_from,
        period.valid_to,
        period.reach_from,
        period.reach_to,
        period.moved_on,
        period.established_on,
        period.dissolved_on,
        period.equitised as latest_equitised,
        version.org_name,
        version.parent_code,
        version.unit_kind,
        version.managed_by,
        version.autonomy_group,
        version.positions_approved,
        version.equitised,
        version.file_id,
        version.line
    from period
    inner join version
        on
            version.province_code = period.province_code
            and version.org_code = period.org_code
            and version.established_on is not distinct from period.established_on
            and (
                period.parts = 1
                or (version.parent_code is not distinct from period.last_parent) = (period.moved_on is null)
            )
    where period.valid_from < %(period_end)s
    order by
        period.province_code,
        period.org_code,
        period.valid_from,
        version.delivered_on <= %(listed_until)s desc,
        version.delivered_on <= %(listed_until)s and version.told_until > %(listed_until)s desc,
        case when version.delivered_on <= %(listed_until)s then version.delivered_on end desc,
        version.delivered_on,
        version.told_until desc,
        version.file_id desc
),

meaning as (
    select
        *,
        case
            when count(*) over (partition by org_code) = 1 then org_code
            else org_code || '@' || province_code || '@' || valid_from
        end as unit_code,
        case unit_kind
            when 'UBND cấp tỉnh' then 'province'
            when 'Sở, ngành' then 'department'
            when 'UBND cấp huyện' then 'district'
            when 'UBND cấp xã' then 'commune'
            when 'Cơ quan hành chính' then 'office'
            else 'service_unit'
        end as level,
        least(valid_to, %(period_end)s) - 1 as last_day
    from told
),

-- the parent is what its code meant on the unit's last day
related as (
    select
        meaning.*,
        parent.unit_code as parent_unit
    from meaning
    left join meaning as parent
        on
            parent.province_code = meaning.province_code
            and parent.org_code = meaning.parent_code
            and parent.unit_code <> meaning.unit_code
            and meaning.last_day >= parent.reach_from
            and meaning.last_day < parent.reach_to
),

tree as (
    select
        related.*,
        case
            when level not in ('office', 'service_unit') then level
            when last_day < %(two_tiers_from)s then 'district'
            else 'department'
        end as tier
    from related
    where parent_unit is null
    union all
    select
        related.*,
        case when related.level in ('office', 'service_unit') then tree.tier else related.level end as tier
    from related
    inner join tree on tree.unit_code = related.parent_unit
)

select
    unit_code,
    last_value(unit_code) over (
        partition by province_code, org_code, established_on
        order by valid_from
        rows between unbounded preceding and unbounded following
    ) as lives_on_as,
    org_code as code,
    province_code,
    valid_from,
    valid_to,
    reach_from,
    reach_to,
    org_name as name,
    parent_unit,
    level,
    tier,
    -- where the managing level is not delivered, or is a district that there is no more, the nearest above manages
    case
        when managed_by = 'UBND tỉnh' then 'province'
        when managed_by = 'Sở' then 'department'
        when managed_by = 'UBND huyện' and last_day < %(two_tiers_from)s then 'district'
        when managed_by = 'UBND xã' then 'commune'
        when parent_unit is not null then tier
    end as managed_by,
    autonomy_group,
    coalesce(positions_approved, false) as positions_approved,
    -- with a day on which it became a company, it is one from that day on; where it lived on elsewhere, it counts there
    case
        when moved_on < %(period_end)s then false
        when dissolved_on is not null then coalesce(latest_equitised, false) and dissolved_on < %(period_end)s
        else coalesce(equitised, false)
    end as is_equitised,
    valid_to > %(period_start)s as is_in_window,
    -- of several meanings of a code in the window the last
    valid_from = max(valid_from) over (partition by province_code, org_code) as is_current_meaning,
    valid_to >= %(period_end)s as is_at_end,
    file_id,
    line
from tree;

create temp table window_subtree on commit drop as
with recursive below as (
    select
        unit_code,
        unit_code as part_code,
        tier
    from window_unit
    where is_in_window
    union
    select
        below.unit_code,
        part.unit_code as part_code,
        part.tier
    from below
    inner join window_unit as part on part.parent_unit = below.part_code
)

select * from below
