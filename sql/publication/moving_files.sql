-- What became of files since a moment: delivered and loaded; loaded again, because of a decision about its rows or of
-- something else; taken back.
--
-- %(since)s: the moment.
select
    file_id,
    export,
    sender,
    delivered_on,
    case
        when status = 'withdrawn' then 'withdrawn'
        when landed_at > %(since)s then 'delivered'
        when
            exists (
                select
                from quality.decision_now as decided
                left join quality.decision_event as event on event.decision_id = decided.decision_id
                where decided.file_id = file.file_id and (decided.at > %(since)s or event.at > %(since)s)
            )
            then 'decided'
        else 'again'
    end as kind
from landing.file as file
where
    status in ('accepted', 'accepted_with_errors')
    and loaded_at > %(since)s
    and rows_loaded + rows_closed > 0
    or status = 'withdrawn'
    and exists (
        select
        from landing.file_event as event
        where event.file_id = file.file_id and event.kind = 'withdraw' and event.at > %(since)s
    )
order by file_id
