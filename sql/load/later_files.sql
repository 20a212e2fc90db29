-- Files of the same sender that have had their turn and must have it again after this one: those delivered on a later
-- day, or parts of the same day that come after it; of a snapshot all other parts of that day that were judged when
-- this one had not come.
--
-- %(file_id)s: this one; %(is_snapshot)s: whether what it delivers is a snapshot.
select other.file_id
from landing.file as other
inner join landing.file as this on this.file_id = %(file_id)s
where
    other.export = this.export
    and other.sender = this.sender
    and other.file_id <> this.file_id
    and (
        other.status in ('accepted', 'accepted_with_errors', 'rejected', 'held')
        -- repeated what an earlier file said: no longer, with this one in between
        or other.status = 'duplicate' and exists (
            select
            from landing.file as original
            where
                original.export = this.export
                and original.sender = this.sender
                and original.sha256 = other.sha256
                and original.status <> 'duplicate'
                and original.delivered_on <= this.delivered_on
                and original.part = this.part
        )
    )
    and (
        other.delivered_on > this.delivered_on
        or other.delivered_on = this.delivered_on
        and (other.part, other.file_id) > (this.part, this.file_id)
        or %(is_snapshot)s
        and other.delivered_on = this.delivered_on
        and other.part <> this.part
        and (other.loaded_at < this.landed_at or this.status <> 'landed')
    )
order by other.delivered_on, other.file_id
