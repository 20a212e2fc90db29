-- The failing cells of an export that are open, by file and line: each with the row that it stands in, as it was
-- delivered or, where it is loaded, as it is kept.
--
-- %(export)s; %(units)s: of the rows of these units ('': of those whose unit nobody knows), null for all; %(sender)s:
-- of one sender, null for all; %(most)s: so many cells at most.
-- {thing}: core.<thing> of the export.
with cell as (
    select *
    from quality.open_cell
    where
        export = %(export)s
        and (%(units)s::text[] is null or unit_code = any(%(units)s))
        and (%(sender)s::text is null or sender = %(sender)s)
    order by file_id, line, column_name
    limit %(most)s
)

select
    cell.sender,
    cell.record_key,
    cell.unit_code,
    cell.file_id,
    cell.line,
    cell.column_name,
    cell.cell_hash,
    cell.rule_ids,
    coalesce(cell.value, '') as value,
    file.path,
    held.raw,
    to_jsonb(kept.*) as kept
from cell
inner join landing.file as file on file.file_id = cell.file_id
left join quality.quarantined_row as held on held.file_id = cell.file_id and held.line = cell.line
left join core.{thing} as kept on kept.file_id = cell.file_id and kept.line = cell.line
order by cell.file_id, cell.line, cell.column_name
