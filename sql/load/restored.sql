-- What becomes current again when loads are taken back: of every key the newest of the versions that they superseded,
-- unless a row of another load has the key.
--
-- {core}, {history}: the tables; {of_past}, {key_of_past}: all their columns, and their key, as columns of `past`;
-- {same_key}: that `stored` and `past` agree in the key; {file_ids}: the loads that are taken back, with commas.
select distinct on ({key_of_past}) {of_past}
from {history} as past
where
    past.superseded_by in ({file_ids})
    and past.file_id not in ({file_ids})
    and not exists (
        select
        from {core} as stored
        where
            {same_key}
            and stored.file_id not in ({file_ids})
    )
order by {key_of_past}, past.delivered_on desc, past.sender desc, past.file_id desc, past.line desc
