-- Whether somebody said that this delivery is meant so: of this file, or of another part of the delivery.
--
-- %(file_id)s, %(export)s, %(sender)s, %(delivered_on)s, %(part)s: this file.
select exists ( -- noqa: LT01,LT06
    select
    from landing.file_event as event
    inner join landing.file as one on one.file_id = event.file_id
    where
        event.kind = 'confirm'
        and one.export = %(export)s
        and one.sender = %(sender)s
        and one.delivered_on = %(delivered_on)s
        and (
            one.file_id = %(file_id)s
            or one.part <> %(part)s
        )
)
