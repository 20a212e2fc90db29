-- The names by which rows of some layouts say what they are about: rows that stand, that stood, and in quarantine.
--
-- %(export)s: of which export; %(layouts)s: the names of the layouts; %(header)s: the header of the column.
-- {core}, {history}: the tables; {names}: the column that has the names.
with file as (
    select
        file_id,
        layout
    from landing.file
    where
        export = %(export)s
        and layout = any(%(layouts)s)
        and status in ('accepted', 'accepted_with_errors')
),

said as (
    select
        file_id,
        {names} as name
    from {core}
    union
    select
        file_id,
        {names} as name
    from {history}
    union
    select
        file_id,
        raw ->> %(header)s as name
    from quality.quarantined_row
    where export = %(export)s
)

select
    file.file_id,
    file.layout,
    said.name
from said
inner join file on file.file_id = said.file_id
where said.name is not null
