-- Figures that were made before the tree of a period was kept: it is taken from the units as they are known now.
insert into mart.period_unit (
    province_code, above_code, above_valid_from, period_code, unit_code, unit_valid_from
)
with recursive period as (
    select distinct
        province_code,
        period_code,
        period_start,
        period_end + 1 as ends
    from mart.dossier_flow as flow
    where
        field = 'Tất cả'
        and not exists (
            select
            from mart.period_unit as kept
            where
                kept.province_code = flow.province_code
                and kept.above_code = flow.unit_code
                and kept.above_valid_from = greatest(flow.unit_valid_from, date '1900-01-01')
                and kept.period_code = flow.period_code
        )
),

unit as materialized (
    select
        period.province_code,
        period.period_code,
        known.org_code,
        known.valid_from,
        known.reach_from,
        known.reach_to,
        known.parent_code,
        known.valid_to > period.period_start as is_in_window,
        least(known.valid_to, period.ends) - 1 as last_day
    from period
    inner join core.unit_period as known
        on known.province_code = period.province_code and known.valid_from < period.ends
),

below as (
    select
        province_code,
        period_code,
        org_code as above_code,
        valid_from as above_valid_from,
        org_code,
        valid_from,
        reach_from,
        reach_to
    from unit
    where is_in_window
    union
    select
        below.province_code,
        below.period_code,
        below.above_code,
        below.above_valid_from,
        part.org_code,
        part.valid_from,
        part.reach_from,
        part.reach_to
    from below
    inner join unit as part
        on
            part.province_code = below.province_code
            and part.period_code = below.period_code
            and part.parent_code = below.org_code
            and part.last_day >= below.reach_from
            and part.last_day < below.reach_to
)

select distinct
    province_code,
    above_code,
    greatest(above_valid_from, date '1900-01-01'),
    period_code,
    org_code,
    greatest(valid_from, date '1900-01-01')
from below
on conflict do nothing;
