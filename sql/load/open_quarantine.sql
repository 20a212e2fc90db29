-- The keys of a sender's rows in quarantine that nothing has settled yet, and that this file may settle.
--
-- What earlier_files.sql asks of a file; {earlier_files}: that.
select distinct record_key
from quality.quarantined_row
where
    export = %(export)s
    and resolved_by is null
    and file_id in ({earlier_files})
