-- Files that are kept but not loaded, or have to be judged again, in the order in which they are to be loaded: by
-- delivery day; within a day what others refer to comes first; then in the order of arrival.
--
-- %(exports)s: of which exports; %(all_exports)s: all exports, those that others refer to first.
-- {receipt}: the columns of a receipt.
select {receipt}
from landing.file
where
    (status = 'landed' or reload_reason is not null)
    and export = any(%(exports)s)
order by
    delivered_on,
    array_position(%(all_exports)s::text[], export),
    file_id
