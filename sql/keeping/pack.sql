-- Pack what kept_group holds: for each unit or list, in the order of files and lines.
--
-- %(release)s; %(table)s: the table; %(size)s: rows of a block.
insert into mart.release_contribution (release_id, window_table, held_by, block, file_ids, lines, pieces)
select
    %(release)s,
    %(table)s,
    held_by,
    block,
    array_agg((record >> 31)::int order by record),
    array_agg((line - coalesce(line_before, 0))::int order by record),
    array_agg(piece::int order by record)
from (
    select
        held_by,
        block,
        record,
        piece,
        record & 2147483647 as line,
        lag(record & 2147483647) over (partition by held_by, block order by record) as line_before
    from (
        select
            held_by,
            piece,
            record,
            (row_number() over (partition by held_by order by record) - 1) / %(size)s as block
        from (
            select
                held_by,
                piece,
                unnest(records) as record
            from kept_group
        ) as each
    ) as numbered
) as stepped
group by held_by, block
