-- The rows of a table of the window, by what they hold: all that hold the same are one piece.
--
-- %(release)s; %(table)s, {table}: the table; {columns}: its columns, beside unit and record; {content}: the same as
-- arguments of jsonb_build_object.
create temp table kept_group on commit drop as
with grouped as (
    select
        unit_code as held_by,
        jsonb_build_object({content}) as content,
        array_agg(record) as records
    from {table}
    where record is not null
    group by {columns}
)

select
    held_by,
    content,
    records,
    dense_rank() over (order by content)
    + (select count(*) from mart.release_contribution_piece where release_id = %(release)s) as piece
from grouped;

insert into mart.release_contribution_piece (release_id, piece, window_table, content)
select distinct
    %(release)s::bigint as release_id,
    piece,
    %(table)s as window_table,
    content
from kept_group
