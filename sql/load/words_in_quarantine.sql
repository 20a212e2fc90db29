-- What rows in quarantine say in some columns: each different text of a file, and how many of its rows still wait.
--
-- %(export)s: the export; %(headers)s: the headers of the columns.
select
    file.file_id,
    file.layout,
    said.header,
    held.raw ->> said.header as word,
    count(*) filter (where held.resolved_by is null) as waiting
from quality.quarantined_row as held
inner join landing.file as file on file.file_id = held.file_id
cross join unnest(%(headers)s) as said (header)
where
    held.export = %(export)s
    and held.raw ->> said.header is not null
    and file.status in ('accepted', 'accepted_with_errors')
group by file.file_id, file.layout, said.header, word
