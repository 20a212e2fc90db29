-- What is open now of the cells that a fix list was about, wherever their rows stand by now, and whatever they say; and
-- what the rows in quarantine say in another column.
--
-- %(exports)s, %(senders)s, %(record_keys)s, %(blamed)s: of each cell, in the same order; %(columns)s, %(headers)s: the
-- column that the line was about: the same, or another one of the row.
select
    cell.export,
    cell.sender,
    cell.record_key,
    cell.column_name as blamed,
    asked.column_name,
    cell.unit_code,
    cell.file_id,
    cell.line,
    cell.cell_hash,
    cell.rule_ids,
    held.raw ->> asked.header as said
from unnest(
    %(exports)s::text[], %(senders)s::text[], %(record_keys)s::text[], %(blamed)s::text[], %(columns)s::text[],
    %(headers)s::text[]
) as asked (export, sender, record_key, blamed, column_name, header)
inner join quality.open_cell as cell
    on
        cell.export = asked.export
        and cell.sender = asked.sender
        and cell.record_key = asked.record_key
        and cell.column_name = asked.blamed
left join quality.quarantined_row as held on held.file_id = cell.file_id and held.line = cell.line
order by cell.file_id, cell.line
