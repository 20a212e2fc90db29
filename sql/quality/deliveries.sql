-- Delivered files by number, with what became of them. A file that lay in a folder that is not a day has none.
--
-- %(file_ids)s: their numbers, null for all.
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
where %(file_ids)s::int[] is null or file_id = any(%(file_ids)s)
order by file_id
