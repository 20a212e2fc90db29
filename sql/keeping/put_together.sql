-- A table of the window for all units at once, put together from what is kept of their parts: what a unit's rows hold,
-- as often as they do.
--
-- %(release)s, %(table)s, {table}: whose; {typed}, {columns}: as in open_table.sql, sums multiplied by how often;
-- {grouped}: those of them that are no sums.
drop table if exists pg_temp.{table};

create temp table {table} on commit drop as
with counted as (
    select
        packed.held_by,
        each.piece,
        count(*) as times
    from mart.release_contribution as packed
    cross join lateral unnest(packed.pieces) as each (piece)
    where packed.release_id = %(release)s and packed.window_table = %(table)s
    group by 1, 2
),

held as (
    select
        unit_code,
        unnest(parts) as held_by
    from mart.release_contribution_unit
    where release_id = %(release)s
    union all
    select
        unit_code,
        lists ->> %(table)s as held_by
    from mart.release_contribution_unit
    where release_id = %(release)s and lists ? %(table)s
)

select
    top.unit_code,
    {columns}
from held as top
inner join counted on counted.held_by = top.held_by
inner join mart.release_contribution_piece as kept on kept.release_id = %(release)s and kept.piece = counted.piece
cross join lateral jsonb_to_record(kept.content) as told ({typed}) -- noqa: PRS
group by {grouped}
