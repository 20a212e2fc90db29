-- What was delivered on each of the last days, and what became of it.
--
-- %(since)s: from when on; %(senders)s: of senders that may be seen, null for all.
select
    landed_at::date as day,
    count(*) filter (where status = 'accepted') as accepted,
    count(*) filter (where status = 'accepted_with_errors') as with_errors,
    count(*) filter (where status in ('held', 'rejected')) as refused,
    count(*) filter (where status = 'landed') as waiting,
    sum(rows_loaded)::bigint as rows_loaded,
    sum(rows_quarantined)::bigint as rows_quarantined
from landing.file
where
    landed_at >= %(since)s
    and status not in ('duplicate', 'withdrawn')
    and (%(senders)s::text[] is null or sender = any(%(senders)s))
group by landed_at::date
order by day
