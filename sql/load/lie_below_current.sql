-- The other versions that loads superseded which are taken back: they stay in the history, below what is current now.
--
-- {core}, {history}: the tables; {same_key}: that `stored` and `past` agree in the key; {file_ids}: the loads that are
-- taken back, with commas. Gives which rows of the history it moved.
update {history} as past
set
    superseded_by = stored.file_id,
    superseded_on = stored.delivered_on
from {core} as stored
where
    past.superseded_by in ({file_ids})
    and {same_key}
returning past.file_id, past.line
