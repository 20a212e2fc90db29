-- creates: [proved_flow]

-- The stored flow of a period beside what it must fit: the state at the end of the window before, and what each unit received
-- itself.
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
        sum(part.received_online + part.received_direct + part.received_postal) as received
    from window_dossier_part as part
    inner join window_unit as unit
        on
            unit.province_code = part.province_code
            and unit.code = part.org_code
            and part.unit_from >= unit.reach_from
            and part.unit_from < unit.reach_to
    inner join window_subtree as subtree on subtree.part_code = unit.unit_code
    where unit.tier <> 'commune'
    group by subtree.unit_code
)

select
    flow.*,
    unit.unit_code as unit_key,
    unit.parent_unit,
    coalesce(own.received, 0) as own_received,
    case
        when whole.unit_code is not null then coalesce(previous.pending, 0)
    end as previous_pending
from mart.dossier_flow as flow
inner join window_unit as unit
    on
        unit.province_code = flow.province_code
        and unit.code = flow.unit_code
        and unit.valid_from = flow.unit_valid_from
left join own on own.unit_key = unit.unit_code
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
where flow.period_code = %(period_code)s
