-- The other sender most of whose list a new sender's list repeats, and how many of its keys: most of both lists.
--
-- %(sender)s: who has never sent such a list before.
-- {core}: the table; {same_key}: that `theirs` and `mine` agree in the key; {key}: its first column. `delivered` holds
-- every key that the list has.
with mine as (select distinct * from delivered)

select
    theirs.sender,
    count(mine.{key}) as repeated,
    count(*) as of_rows
from {core} as theirs
left join mine on {same_key}
where theirs.sender <> %(sender)s
group by theirs.sender
having count(mine.{key}) * 2 > greatest(count(*), (select count(*) from mine))
order by repeated desc, theirs.sender
limit 1
