-- Add `change` to counts that are there. In one order: loads side by side cannot wait for each other in a circle, and
-- the index grows at its end.
--
-- {counts}: the table of counts; {key}, {columns}: its key; key and counts; {sums}: that each count is added;
-- {same_key}: that `stored` and `change` agree in the key; {sorting}: the key, the province last.
insert into {counts} as stored ({columns})
select {columns}
from change
where exists (select from {counts} as stored where {same_key})
order by {sorting}
on conflict ({key}) do update set {sums}
