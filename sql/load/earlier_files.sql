-- Files of the same sender whose rows in quarantine this one settles if it brings their keys again: those of earlier
-- days, and of the same day those that are the same part.
--
-- %(file_id)s, %(export)s, %(sender)s, %(delivered_on)s, %(part)s: this one.
select earlier.file_id
from landing.file as earlier
where
    earlier.export = %(export)s
    and earlier.sender = %(sender)s
    and earlier.file_id <> %(file_id)s
    and (
        earlier.delivered_on < %(delivered_on)s
        or earlier.delivered_on = %(delivered_on)s
        and earlier.part = %(part)s
    )
