-- Until when each way has told of the nights: it may have failed in another night than the others.
--
-- %(ways)s: the ways that are named; %(run)s: what sends now, and does not count; %(now)s: until when it tells.
select max(told_until) as told_until
from landing.notice
where
    sent_by = any(%(ways)s)
    and run <> %(run)s
    and told_until <= %(now)s
group by sent_by
