-- Files that are not in the warehouse as they will be, and may tell of a window: not loaded yet, held, or to be judged
-- again. What a file tells is known when it is read: until then its day decides. Of rows that a list adds or changes it
-- may tell of any day before its delivery; a list that is whole tells of the days around its delivery, until the next.
--
-- %(snapshots)s: exports whose lists are whole; %(period_start)s, %(told_until)s: the window, and the last delivery day
-- that tells of it.
select
    file_id,
    export,
    sender,
    delivered_on,
    case
        when status = 'held' then 'held'
        when reload_reason is not null then 'again'
        else 'landed'
    end as state
from landing.file as file
where
    (status in ('landed', 'held') or reload_reason is not null)
    and case
        when export = any(%(snapshots)s)
            then
                delivered_on <= %(told_until)s
                and not exists (
                    select
                    from landing.file as later
                    where
                        later.export = file.export
                        and later.sender = file.sender
                        and later.delivered_on > file.delivered_on
                        and later.delivered_on <= %(period_start)s
                        and later.status in ('accepted', 'accepted_with_errors')
                )
        else delivered_on >= %(period_start)s
    end
order by file_id
