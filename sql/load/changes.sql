-- What loads have changed, as a relation: the rows that they put in (sign +1), and those that they took out (sign -1).
-- A row that one of them brought and another took out again has changed nothing.
--
-- {thing}: of which table of core; {columns}: its columns; {file_ids}: the numbers of the loaded files, with commas.
select
    {columns},
    1 as sign
from core.{thing}
where file_id in ({file_ids})
union all
select
    {columns},
    -1 as sign
from core.{thing}_history
where
    superseded_by in ({file_ids})
    and file_id not in ({file_ids})
