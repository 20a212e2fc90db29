-- A table of the window as it was kept: its rows at a unit and at all below it, or those of the list that is its own.
--
-- %(release)s, %(table)s, {table}: whose; %(unit)s: the unit; {typed}: its columns with their types; {columns}: the
-- columns, those that are true of the unit's own rows alone as conditions on `held_by`.
drop table if exists pg_temp.{table};

create temp table {table} on commit drop as
with piece as materialized (
    select
        kept.piece,
        told.*
    from mart.release_contribution_piece as kept
    cross join lateral jsonb_to_record(kept.content) as told ({typed}) -- noqa: PRS
    where kept.release_id = %(release)s and kept.window_table = %(table)s
),

packed as (
    select kept.*
    from mart.release_contribution_unit as top
    inner join mart.release_contribution as kept
        on
            kept.release_id = top.release_id
            and kept.window_table = %(table)s
            and (kept.held_by = any(top.parts) or kept.held_by = top.lists ->> %(table)s)
    where top.release_id = %(release)s and top.unit_code = %(unit)s
)

select
    %(unit)s::text as unit_code,
    each.file_id::bigint << 31 | each.line as record,
    {columns}
from packed
cross join lateral (
    select
        row.file_id,
        row.piece,
        sum(row.step) over (order by row.place) as line
    from unnest(packed.file_ids, packed.lines, packed.pieces) with ordinality as row (file_id, step, piece, place)
) as each
inner join piece on piece.piece = each.piece
