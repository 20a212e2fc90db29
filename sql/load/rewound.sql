-- What taking loads back changes, as a relation: the rows that they put in go (sign -1), those restored come (sign +1).
--
-- {core}: the table; {columns}: its columns; {restored}: restored.sql; {file_ids}: the loads, with commas.
select
    {columns},
    -1 as sign
from {core}
where file_id in ({file_ids})
union all
select
    {columns},
    1 as sign
from ({restored}) as restored
