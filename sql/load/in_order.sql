-- Files of one sender in the order of its deliveries; the parts of a day by name, whichever arrived first.
--
-- %(file_ids)s: their numbers.
-- {receipt}: the columns of a receipt.
select {receipt}
from landing.file
where file_id = any(%(file_ids)s)
order by
    delivered_on,
    part,
    file_id
