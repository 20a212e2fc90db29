-- Put in those of `change` that are not there yet, without looking for a conflict, which costs as much again.
--
-- {counts}: the table of counts; {columns}: its key and counts; {same_key}: that `stored` and `change` agree in the
-- key;
-- {sorting}: the key, the province last.
insert into {counts} ({columns})
select {columns}
from change
where not exists (select from {counts} as stored where {same_key})
order by {sorting}
