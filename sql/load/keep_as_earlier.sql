-- Move to the history what came late: another sender has delivered the row for a later day (of one day: the sender who
-- is read later). What stands, stands; what comes now is an earlier version of it.
--
-- {core}, {history}: the tables; {columns}: all that both have; {of_incoming}: the same, as columns of `incoming`;
-- {same_key}: that `stored` and `incoming` agree in the key.
with earlier as (
    delete from incoming
    using {core} as stored
    where
        {same_key}
        and (stored.delivered_on, stored.sender) > (incoming.delivered_on, incoming.sender)
    returning
        {of_incoming},
        stored.file_id as superseded_by,
        stored.delivered_on as superseded_on
)

insert into {history} ({columns}, superseded_by, superseded_on, closed)
select
    {columns},
    superseded_by,
    superseded_on,
    false
from earlier
