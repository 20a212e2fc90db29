-- Count what has changed: the temporary table `change`, as the table of counts has it, without what comes to nothing.
-- A table of its own: only so may PostgreSQL count in parallel.
--
-- {columns}: key and counts of the table of counts; {query}: its file in sql/counts; {something}: that a count is not
-- 0.
create temp table change as
select {columns}
from ({query}) as change
where {something}
