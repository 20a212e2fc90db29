-- How many rows the delivery before had, with all its parts, and on which day it was delivered: FIL-06 compares.
--
-- A part that comes a second time on its day is compared with what it was. A part that came again unchanged has the
-- rows of the file that it repeats.
-- %(file_id)s, %(export)s, %(sender)s, %(delivered_on)s, %(part)s: the file that is loaded.
with version as (
    select
        one.file_id,
        one.delivered_on,
        one.part,
        case
            when one.status = 'duplicate'
                then (
                    select max(original.rows_read)
                    from landing.file as original
                    where
                        original.export = one.export
                        and original.sender = one.sender
                        and original.sha256 = one.sha256
                        and original.status in ('accepted', 'accepted_with_errors')
                )
            else one.rows_read
        end as rows
    from landing.file as one
    where
        one.export = %(export)s
        and one.sender = %(sender)s
        and one.status in ('accepted', 'accepted_with_errors', 'duplicate')
        and (
            one.delivered_on < %(delivered_on)s
            or one.delivered_on = %(delivered_on)s
            and one.file_id < %(file_id)s
            and one.part = %(part)s
        )
),

newest as (
    select distinct on (part)
        rows,
        delivered_on
    from version
    where delivered_on = (select max(delivered_on) from version)
    order by part, file_id desc
)

select
    sum(rows) as rows,
    max(delivered_on) as delivered_on
from newest
