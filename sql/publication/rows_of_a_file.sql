-- The rows that a load put in, each with its line, and those that it took out, without one, as far as they may count in
-- a window.
--
-- {changes}: what the load has changed; {units}, {indicator}, {first_day}, {last_day}: expressions over its columns;
-- {declared}: the condition of a declaration.
-- %(first)s, %(last)s: the window; %(reaches_on)s: a row tells a state, from its first day on; %(is_list)s: it is a
-- whole list.
select
    case when sign = 1 then line end as line,
    {units} as whose,
    {indicator} as code
from {changes} as changed
where
    {declared}
    and (
        %(is_list)s
        or {first_day} is null
        or {first_day} <= %(last)s
        and (%(reaches_on)s or {last_day} >= %(first)s)
    )
order by line
