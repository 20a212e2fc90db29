-- Settle rows in quarantine whose key has come again: by a good row, or by the newer bad one that replaces it.
--
-- %(keys)s: the keys that came again; and what earlier_files.sql asks of a file; {earlier_files}: that.
update quality.quarantined_row as before
set
    resolved_by = %(file_id)s,
    resolution = case
        when exists (
            select
            from quality.quarantined_row as now
            where
                now.file_id = %(file_id)s
                and now.record_key = before.record_key
        ) then 'delivered_again'
        else 'corrected'
    end
where
    before.export = %(export)s
    and before.resolved_by is null
    and before.record_key = any(%(keys)s)
    and before.file_id in ({earlier_files})
