-- The hashes of a sender's rows that stand. Hashes of another version mean nothing: those rows are compared by columns.
--
-- %(export)s, %(sender)s: what, and whose; %(hash_version)s: how rows are hashed now.
-- {core}: the table.
select stored.raw_hash
from {core} as stored
where
    stored.sender = %(sender)s
    and stored.file_id in (
        select file_id
        from landing.file
        where
            export = %(export)s
            and sender = %(sender)s
            and hash_version = %(hash_version)s
    )
