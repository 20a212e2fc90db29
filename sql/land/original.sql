-- The file that said the same bytes before, unless its sender has said something else in between: then it is said anew.
--
-- %(source)s, %(export)s, %(sender)s, %(delivered_on)s, %(sha256)s: the file that has come; %(meaning)s: what the cells
-- of its export mean by today's contract.
select original.file_id, original.delivered_on
from landing.file as original
where
    original.source = %(source)s
    and original.export = %(export)s
    and original.sender = %(sender)s
    and original.sha256 = %(sha256)s
    and original.status in ('accepted', 'accepted_with_errors')
    -- by a contract of before, the same bytes said something else
    and (original.hash_version is null or original.hash_version like '%% ' || %(meaning)s)
    and original.delivered_on <= %(delivered_on)s
    -- a part that is held is looked at again when another part of its delivery arrives
    and not exists (
        select
        from landing.file as part
        where
            part.export = original.export
            and part.sender = original.sender
            and part.delivered_on = %(delivered_on)s
            and part.status = 'held'
    )
    and not exists (
        select
        from landing.file as other
        where
            other.export = original.export
            and other.sender = original.sender
            and other.sha256 <> original.sha256
            and other.status not in ('duplicate', 'rejected', 'withdrawn')
            -- another part of the same delivery says nothing else
            and other.part = original.part
            and (other.delivered_on, other.file_id) > (original.delivered_on, original.file_id)
            and other.delivered_on <= %(delivered_on)s
    )
order by original.file_id desc
limit 1
