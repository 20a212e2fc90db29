-- What rows in quarantine say in a column: each different text of a file, and how many of its rows still wait.
--
-- %(export)s: the export; %(header)s: the header of the column.
select
    file.file_id,
    file.layout,
    held.raw ->> %(header)s as word,
    count(*) filter (where held.resolved_by is null) as waiting
from quality.quarantined_row as held
inner join landing.file as file on file.file_id = held.file_id
where
    held.export = %(export)s
    and held.raw ->> %(header)s is not null
    and file.status in ('accepted', 'accepted_with_errors')
group by file.file_id, file.layout, word
