-- Take out of `incoming` what another sender has said already: the row stands, and stays as it is. Whoever repeats it
-- is noted, to be loaded again if the file that said it first is taken back. What was said before another sender said
-- the same is no repetition: it is the earlier version.
--
-- %(file_id)s, %(sender)s: the file that is loaded.
-- {core}: the table; {same_key}, {same_values}: that `stored` and `incoming` agree in the key, in what the sender says.
with again as (
    delete from incoming
    using {core} as stored
    where
        {same_key}
        and {same_values}
        and (incoming.delivered_on, incoming.sender) >= (stored.delivered_on, stored.sender)
    returning stored.sender, stored.file_id
)

insert into landing.said_again (file_id, stands_in)
select distinct
    %(file_id)s,
    file_id
from again
where sender <> %(sender)s
on conflict do nothing
