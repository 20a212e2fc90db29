-- Close what a sender's snapshot no longer lists: the row moves to the history, closed on the day of the snapshot.
--
-- %(sender)s, %(file_id)s, %(day)s: who delivered the snapshot, which file it is, and for which day.
-- {core}, {history}: the tables; {columns}: all that both have; {same_key}: that `stored` and `delivered` agree in the
-- key. `delivered` holds every key that the snapshot lists.
with gone as (
    delete from {core} as stored
    where
        stored.sender = %(sender)s
        and not exists (select from delivered where {same_key})
    returning {columns}
)

insert into {history} ({columns}, superseded_by, superseded_on, closed)
select
    {columns},
    %(file_id)s,
    %(day)s,
    true
from gone
