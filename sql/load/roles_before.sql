-- In how many rows of its last three deliveries a sender gave each role, and of how many rows: FIL-07 compares.
--
-- A delivery of which somebody said that a role is given no more is the last one that counts for nothing.
-- %(file_id)s, %(export)s, %(sender)s, %(delivered_on)s, %(part)s: the file that is loaded.
with earlier as (
    select *
    from landing.file
    where
        export = %(export)s
        and sender = %(sender)s
        and status in ('accepted', 'accepted_with_errors')
        and (delivered_on, file_id) < (%(delivered_on)s, %(file_id)s)
),

delivery as (
    select
        delivered_on,
        filled,
        rows_read
    from earlier
    where delivered_on in (select distinct delivered_on from earlier order by delivered_on desc limit 3)
),

given_up as (
    select
        role,
        max(one.delivered_on) as delivered_on
    from earlier as one
    inner join landing.file_event as event on event.file_id = one.file_id and event.kind = 'confirm'
    cross join lateral (
        select unnest(one.absent) as role
        union
        select said.key
        from jsonb_each_text(one.filled) as said
        where said.value = '0'
    ) as lacking
    group by role
)

select
    said.key as role,
    sum(said.value::bigint) as had,
    sum(delivery.rows_read) as of_rows
from delivery
cross join lateral jsonb_each_text(delivery.filled) as said
left join given_up on given_up.role = said.key
where given_up.delivered_on is null or delivery.delivered_on > given_up.delivered_on
group by said.key
