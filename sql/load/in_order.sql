-- Files of one sender in the order of its deliveries; the parts of a day by name, whichever arrived first. (A part is
-- known by the last piece of its path: duc-co.1.csv of two nights is the same part.)
--
-- %(file_ids)s: their numbers.
-- {receipt}: the columns of a receipt.
select {receipt}
from landing.file
where file_id = any(%(file_ids)s)
order by
    delivered_on,
    regexp_replace(path, '^.*/', ''),
    file_id
