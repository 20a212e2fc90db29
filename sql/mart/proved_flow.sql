-- creates: [proved_flow, proved_handover]

-- The stored flow of a period beside what it must fit: the state at the end of the window before, and what each unit
-- received itself.
create temp table proved_flow on commit drop as
with previous as (
    select distinct on (province_code, unit_code, unit_valid_from, field)
        province_code,
        unit_code,
        unit_valid_from,
        field,
        pending
    from mart.dossier_flow
    where
        period_end = %(period_start)s::date - 1
        and as_of = period_end
        and period_code <> %(period_code)s
    order by province_code, unit_code, unit_valid_from, field, period_code
),

own as (
    select
        subtree.unit_code as unit_key,
        sum(
            part.received_online + part.received_direct + part.received_postal + part.received_unknown
        ) as received
    from window_dossier_held as part
    inner join window_unit as unit
        on
            unit.province_code = part.province_code
            and unit.code = part.org_code
            and part.unit_from >= unit.reach_from
            and part.unit_from < unit.reach_to
    inner join window_subtree as subtree on subtree.part_code = unit.unit_code
    where unit.tier <> 'commune' and part.lacking_role is null
    group by subtree.unit_code
)

select
    flow.*,
    unit.unit_code as unit_key,
    unit.parent_unit,
    coalesce(own.received, 0) as own_received,
    coalesce(elsewhere.carried_elsewhere, 0) as carried_elsewhere,
    case
        when whole.pending is not null
            then
                case when previous.unit_code is null then 0 else previous.pending end
                + coalesce(handover.taken_over - handover.handed_over, 0)
    end as previous_pending
from mart.dossier_flow as flow
inner join window_unit as unit
    on
        unit.province_code = flow.province_code
        and unit.code = flow.unit_code
        and unit.valid_from = flow.unit_valid_from
left join own on own.unit_key = unit.unit_code
left join (
    select
        unit_code,
        coalesce(field, 'Tất cả') as field,
        sum(carried_elsewhere) as carried_elsewhere
    from window_dossier
    group by grouping sets ((unit_code, field), (unit_code))
) as elsewhere on elsewhere.unit_code = unit.unit_code and elsewhere.field = flow.field
left join previous
    on
        previous.province_code = flow.province_code
        and previous.unit_code = flow.unit_code
        and previous.unit_valid_from = flow.unit_valid_from
        and previous.field = flow.field
left join previous as whole
    on
        whole.province_code = flow.province_code
        and whole.unit_code = flow.unit_code
        and whole.unit_valid_from = flow.unit_valid_from
        and whole.field = 'Tất cả'
-- what moved as the window began was pending elsewhere when the one before it ended
left join (
    select
        unit_code,
        coalesce(field, 'Tất cả') as field,
        sum(taken_over) as taken_over,
        sum(handed_over) as handed_over
    from window_handover
    where is_first_day
    group by grouping sets ((unit_code, field), (unit_code))
) as handover on handover.unit_code = unit.unit_code and handover.field = flow.field
where flow.period_code = %(period_code)s;

-- What is open on the last day and came from a unit that ended without a known successor, at the nearest unit that
-- shows it.
create temp table proved_handover on commit drop as
with open as (
    select
        ended.province_code,
        ended.org_code,
        coalesce(holder.unit_code, own.unit_code) as held_by,
        sum(part.pending) as pending
    from core.unit_period as ended
    inner join window_dossier_part as part
        on
            part.province_code = ended.province_code
            and part.org_code = ended.org_code
            and part.unit_from >= ended.reach_from
            and part.unit_from < ended.reach_to
            and part.lacking_role is null
    left join window_holder as held
        on
            held.province_code = ended.province_code
            and held.org_code = ended.org_code
            and held.reach_from = ended.reach_from
            and %(last_day)s >= held.from_day
            and %(last_day)s < held.to_day
    left join window_unit as holder
        on
            holder.province_code = held.province_code
            and holder.code = held.holder_code
            and held.holder_from >= holder.reach_from
            and held.holder_from < holder.reach_to
    left join window_unit as own
        on
            own.province_code = ended.province_code
            and own.code = ended.org_code
            and ended.valid_from >= own.reach_from
            and ended.valid_from < own.reach_to
    where
        ended.valid_to <= %(last_day)s
        and not exists (
            select
            from core.unit_successor as known
            where
                known.province_code = ended.province_code
                and known.org_code = ended.org_code
                and known.valid_from = ended.valid_from
        )
    group by 1, 2, 3
),

size as (
    select
        unit_code,
        count(*) as parts
    from window_subtree
    group by unit_code
)

select distinct on (open.province_code, open.org_code, open.held_by)
    unit.code as unit_code,
    open.org_code as ended_code,
    open.pending
from open
inner join window_subtree as subtree on subtree.part_code = open.held_by
inner join window_unit as unit on unit.unit_code = subtree.unit_code
inner join size on size.unit_code = subtree.unit_code
order by open.province_code, open.org_code, open.held_by, size.parts, unit.code
