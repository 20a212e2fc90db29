-- Files whose rows name one of some things: rows that stand, that stood, and that are kept in quarantine.
--
-- %(keys)s: how the things may be called; %(export)s: of which export; the header of every column that names one.
-- {core}, {history}: the tables; {names_one}: that a row of theirs does; {raw_names_one}: that a delivered row does.
select file_id
from {core}
where {names_one}
union
select file_id
from {history}
where {names_one}
union
select file_id
from quality.quarantined_row
where
    export = %(export)s
    and {raw_names_one}
