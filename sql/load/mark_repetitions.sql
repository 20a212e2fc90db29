-- Note the files of other senders whose rows were not kept because files that were taken back said the same.
--
-- %(taken_back)s: the numbers of those; %(sender)s: whose they are; %(reason)s: what is noted.
update landing.file as other
set reload_reason = %(reason)s
from landing.said_again as again
where
    again.stands_in = any(%(taken_back)s)
    and again.file_id = other.file_id
    and other.sender <> %(sender)s
    and other.status in ('accepted', 'accepted_with_errors')
    and other.reload_reason is null
