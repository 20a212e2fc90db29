-- The rows of an issue, in the order of their files and lines: every column of a row that breaks the rule, and of a row
-- in quarantine all of it. Open failures alone.
--
-- %(export)s, %(rule_id)s, %(word)s, %(unit)s: the issue; %(strange_codes)s, %(strange_senders)s: what its rows name
-- that is no unit, and whose rows those are, null for nothing; %(after_file)s, %(after_line)s: behind which row;
-- %(records)s: only rows with one of these keys, null for all; %(only_files)s, %(only_lines)s: only these, null for
-- all; %(most)s: how many.
with failing as (
    select
        file_id,
        line,
        min(sender) as sender,
        min(record_key) as record_key,
        min(severity) as severity,
        bool_and(waits_for_source) as waits_for_source,
        array_agg(column_name order by column_name) as columns,
        array_agg(value order by column_name) as cells,
        array_agg(cell_hash order by column_name) as cell_hashes
    from quality.open_violation
    where
        export = %(export)s
        and rule_id = %(rule_id)s
        and word = %(word)s
        and (
            %(unit)s <> '' and unit_code = %(unit)s
            or %(strange_codes)s::text[] is not null
            and unit_code = any(%(strange_codes)s)
            and sender = any(%(strange_senders)s)
        )
        and (file_id, line) > (%(after_file)s, %(after_line)s)
        and (
            %(only_files)s::int[] is null
            or (file_id, line) in (select * from unnest(%(only_files)s::int[], %(only_lines)s::bigint[]))
        )
        and (%(records)s::text[] is null or record_key = any(%(records)s))
    group by file_id, line
    order by file_id, line
    limit %(most)s
)

select
    failing.file_id,
    failing.line,
    failing.sender,
    failing.record_key,
    failing.severity,
    failing.waits_for_source,
    failing.columns,
    failing.cells,
    failing.cell_hashes,
    file.path,
    file.delivered_on,
    kept.raw
from failing
inner join landing.file as file on file.file_id = failing.file_id
left join quality.quarantined_row as kept on kept.file_id = failing.file_id and kept.line = failing.line
order by failing.file_id, failing.line
