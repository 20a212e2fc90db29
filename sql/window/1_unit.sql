-- creates: [window_unit, window_subtree]
-- then: units are known

-- The units as the window sees them: what its figures are made of, and of whom. A unit is (code, valid_from); here `unit_code`
-- tells units apart even if one code had several meanings, and `code` is what is printed.
-- Units that ended before the window are kept, below what their parent is now: a dossier or a quota of theirs still counts there.
-- `tier` is the nearest of province, department, district and commune above a unit (or itself).
create temp table window_unit on commit drop as
with recursive meaning as (
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
    from core.unit_period
    where valid_from < %(period_end)s
),

-- the parent is what its code meant on the unit's last day
related as (
    select
        meaning.*,
        parent.unit_code as parent_unit,
        parent.level as parent_level
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
        case when level in ('office', 'service_unit') then 'district' else level end as tier
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
    org_code as code,
    province_code,
    valid_from,
    reach_from,
    reach_to,
    org_name as name,
    parent_unit,
    level,
    tier,
    sender,
    -- where the managing level is not delivered, the parent manages
    coalesce(
        case managed_by when 'UBND tỉnh' then 'province' when 'Sở' then 'department' when 'UBND huyện' then 'district' end,
        parent_level
    ) as managed_by,
    autonomy_group,
    coalesce(positions_approved, false) as positions_approved,
    -- with a day on which it became a company, it is one from that day on
    coalesce(equitised, false) and (valid_to < %(period_end)s or valid_to = 'infinity') as is_equitised,
    valid_to > %(period_start)s as is_in_window,
    valid_to >= %(period_end)s as is_at_end
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
