-- Delivered files with what became of them, the newest first. A file that lay in a folder that is not a day has none.
--
-- %(senders)s: of senders that may be seen, null for all; %(export)s, %(sender)s, %(statuses)s: only those of, null for
-- all; %(since)s: landed since then, null for whenever; %(before)s: before which number; %(most)s: how many.
select
    file_id,
    source,
    export,
    sender,
    nullif(delivered_on, '0001-01-01') as delivery,
    status,
    rows_read,
    rows_loaded,
    rows_unchanged,
    rows_quarantined,
    message
from landing.file
where
    file_id < %(before)s
    and (%(senders)s::text[] is null or sender = any(%(senders)s))
    and (%(export)s::text is null or export = %(export)s)
    and (%(sender)s::text is null or sender = %(sender)s)
    and (%(statuses)s::text[] is null or status = any(%(statuses)s))
    and (%(since)s::timestamptz is null or landed_at >= %(since)s)
order by file_id desc
limit %(most)s
