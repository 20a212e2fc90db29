-- Note the later files of other senders that share keys with this one, to be loaded again after it: what they said last
-- may be what they had said before, and then only their earlier file has it.
--
-- %(file_id)s, %(export)s, %(sender)s, %(delivered_on)s: this one; %(reason)s: what is noted.
-- {core}, {history}: the tables; {key}: their key; {same_key}, {same_key_past}: that `stored`, and `past`, agree with
-- `mine` in it; {later}: later_of_others.sql.
with mine as (
    select {key}
    from {core}
    where file_id = %(file_id)s
    union
    select {key}
    from {history}
    where file_id = %(file_id)s
),

shared as (
    select stored.sender
    from {core} as stored
    inner join mine on {same_key}
    union
    select past.sender
    from {history} as past
    inner join mine on {same_key_past}
    union
    -- said again what this file has superseded
    select sayer.sender
    from {history} as past
    inner join landing.said_again as again on again.stands_in = past.file_id
    inner join landing.file as sayer on sayer.file_id = again.file_id
    where past.superseded_by = %(file_id)s
)

update landing.file
set reload_reason = %(reason)s
where
    file_id in ({later})
    and reload_reason is null
    and sender in (select sender from shared)
