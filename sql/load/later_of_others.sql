-- Loaded files of other senders that are read after this one, because of their day, or of one day by the sender's name.
--
-- %(export)s, %(sender)s, %(delivered_on)s: of this one.
select other.file_id
from landing.file as other
where
    other.export = %(export)s
    and other.sender <> %(sender)s
    and other.status in ('accepted', 'accepted_with_errors')
    and (other.delivered_on, other.sender) > (%(delivered_on)s, %(sender)s)
