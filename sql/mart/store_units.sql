-- Keep the tree of a window: for every unit, itself and all below it. What is there already stays.
--
-- %(period_code)s: the window.
with made as (
    select distinct
        above.province_code,
        above.code as above_code,
        greatest(above.valid_from, date '1900-01-01') as above_valid_from,
        %(period_code)s::text as period_code,
        unit.code as unit_code,
        greatest(unit.valid_from, date '1900-01-01') as unit_valid_from
    from window_subtree as below
    inner join window_unit as above on above.unit_code = below.unit_code
    inner join window_unit as unit on unit.unit_code = below.part_code
),

gone as (
    delete from mart.period_unit as kept
    where kept.period_code = %(period_code)s and not exists (select from made where made.* = kept.*)
)

insert into mart.period_unit (
    province_code, above_code, above_valid_from, period_code, unit_code, unit_valid_from
)
select * from made
on conflict do nothing
