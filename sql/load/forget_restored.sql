-- A version that has become current again is no longer one of the past.
--
-- {core}, {history}: the tables; {same_key}: that `stored` and `past` agree in the key; {file_ids}: the loads that are
-- taken back, with commas.
delete from {history} as past
using {core} as stored
where
    past.superseded_by in ({file_ids})
    and {same_key}
    and stored.file_id = past.file_id
    and stored.line = past.line
