-- Of what the flow of a window has as resolved late, per unit and field: how many for a confirmed cause outside the
-- unit. They are counted where sql/counts/dossier_daily.sql and sql/window/3_dossier.sql count them as late.
--
-- %(period_code)s, %(period_start)s, %(period_end)s: the window, whose units are made.
delete from mart.late_outside where period_code = %(period_code)s;

insert into mart.late_outside (province_code, period_code, unit_code, unit_valid_from, field, late_outside)
select
    unit.province_code,
    %(period_code)s::text as period_code,
    unit.code as unit_code,
    unit.valid_from as unit_valid_from,
    coalesce(late.field, 'Tất cả') as field,
    count(*) as late_outside
from (
    select
        cause.province_code,
        coalesce(holder.holder_code, cause.org_code) as org_code,
        coalesce(holder.holder_from, resolving.valid_from, '-infinity') as unit_from,
        coalesce(known.field, 'Khác') as field
    from quality.lateness_now as cause
    left join core.unit_period as resolving
        on
            resolving.province_code = cause.province_code
            and resolving.org_code = cause.org_code
            and cause.received_on >= resolving.reach_from
            and cause.received_on < resolving.reach_to
    left join window_holder as holder
        on
            holder.province_code = cause.province_code
            and holder.org_code = cause.org_code
            and coalesce(resolving.valid_from, '-infinity') >= holder.reach_from
            and coalesce(resolving.valid_from, '-infinity') < holder.reach_to
            and cause.finished_on >= holder.from_day
            and cause.finished_on < holder.to_day
    left join core.known_field as known on known.word = core.fold(cause.field)
    where
        cause.state = 'holds'
        and cause.side = 'outside'
        and cause.finished_on >= %(period_start)s
        and cause.finished_on < %(period_end)s
) as late
inner join window_unit as own
    on
        own.province_code = late.province_code
        and own.code = late.org_code
        and late.unit_from >= own.reach_from
        and late.unit_from < own.reach_to
inner join window_subtree as subtree on subtree.part_code = own.unit_code
inner join window_unit as unit on unit.unit_code = subtree.unit_code
group by grouping sets (
    (unit.province_code, unit.code, unit.valid_from, late.field), (unit.province_code, unit.code, unit.valid_from)
)
