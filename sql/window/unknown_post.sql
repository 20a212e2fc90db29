-- creates: [window_post_unknown]

-- What figures of public post and of letters of apology might count, and nobody can tell; added to window_unknown. By
-- whole quarters: of a quarter of which the window has a part, it may be that part. Whose unit is unknown may be
-- anybody's.
create temp table window_post_unknown on commit drop as
select distinct
    unit.unit_code,
    'one_stop_shop/dossiers.' || found.role as needs,
    found.sender,
    split_part(found.kind, ' ', 1) as kind,
    unit.tier
from mart.procedure_unknown as found
left join window_holder as holder
    on
        holder.province_code = found.province_code
        and holder.org_code = found.org_code
        and found.unit_from >= holder.reach_from
        and found.unit_from < holder.reach_to
        and greatest(found.day, found.unit_from) >= holder.from_day
        and greatest(found.day, found.unit_from) < holder.to_day
inner join lateral (
    select
        subtree.unit_code,
        subtree.tier
    from window_unit as own
    inner join window_subtree as subtree on subtree.part_code = own.unit_code
    where
        own.province_code = found.province_code
        and own.code = coalesce(holder.holder_code, found.org_code)
        and coalesce(holder.holder_from, found.unit_from) >= own.reach_from
        and coalesce(holder.holder_from, found.unit_from) < own.reach_to
    union all
    select
        anybody.unit_code,
        null as tier
    from window_unit as anybody
    where found.org_code = '' and anybody.is_in_window
) as unit on true
where
    found.dossiers > 0
    and found.day < %(period_end)s
    and (found.kind = 'returned since' or found.day >= mart.quarter_of(%(period_start)s::date));

insert into window_unknown (unit_code, needs, sender, kind, tier)
select
    unit_code,
    needs,
    sender,
    kind,
    tier
from window_post_unknown
