-- A list as it was: one row for each key that its sender ever delivered, as the last list up to %(listed_until)s told
-- it; of a key that was first told later, its first version. What a window makes of a row stands in sql/window; it is
-- told by `presence`: held (the list of the time held it), gone (an earlier list did), late (only a later one does);
-- `is_first_list`: late, but its sender had delivered no list by then, so its first one tells;
-- `latest_…`: what was last said, however late. A row's own days speak for themselves, whenever delivered.
--
-- %(listed_until)s: the last day on which a list still tells how things stood.
-- {thing}: whose list; {columns}, {key}: its columns, and its key; {latest}: the others, each as `latest_…`.
create temp table told_{thing} on commit drop as
with version as (
    select {columns}, 'infinity'::date as told_until
    from core.{thing}
    union all
    select {columns}, superseded_on as told_until
    from core.{thing}_history
    where superseded_on > delivered_on
),

told as (
    select distinct on ({key}) *
    from version
    order by
        {key},
        delivered_on <= %(listed_until)s desc,
        case when delivered_on <= %(listed_until)s then delivered_on end desc,
        delivered_on,
        told_until desc,
        file_id desc,
        line desc
),

latest as (
    select distinct on ({key}) {key}, file_id as latest_file_id, {latest}
    from version
    order by {key}, delivered_on desc, told_until desc, file_id desc, line desc
),

first_list as (
    select
        province_code,
        sender,
        min(delivered_on) as first_on
    from version
    group by province_code, sender
)

select
    *,
    case
        when delivered_on > %(listed_until)s then 'late'
        when told_until > %(listed_until)s then 'held'
        else 'gone'
    end as presence,
    delivered_on > %(listed_until)s and delivered_on = first_on as is_first_list
from told
inner join latest using ({key})
inner join first_list using (province_code, sender)
