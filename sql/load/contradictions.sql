-- Rows of several senders, or of several parts of a delivery, that say different things of one thing on one day: each
-- with who says otherwise.
--
-- {core}, {history}: the tables; {key}: their key; {columns}: the key, the values, and where a row came from;
-- {is_meant}: that `held` agrees with `thing` in key and day; {same_key}, {same_values}: that `one` and `other` agree;
-- {file_ids}: the loads whose rows are looked at, with commas.
with thing as (
    select distinct
        {key},
        past.delivered_on
    from {history} as past
    inner join landing.file as said on said.file_id = past.file_id
    inner join landing.file as later on later.file_id = past.superseded_by
    where
        past.superseded_on = past.delivered_on
        and (past.file_id in ({file_ids}) or past.superseded_by in ({file_ids}))
        and (later.sender <> said.sender or later.part <> said.part)
),

version as (
    select {columns}
    from {core} as held
    inner join thing on {is_meant}
    union all
    select {columns}
    from {history} as held
    inner join thing on {is_meant}
    where not held.closed
)

select
    one.file_id,
    one.line,
    case when other.sender <> one.sender then other.sender else file_of_other.part end as said_by
from version as one
inner join version as other
    on
        {same_key}
        and other.delivered_on = one.delivered_on
        and other.file_id <> one.file_id
inner join landing.file as file_of_one on file_of_one.file_id = one.file_id
inner join landing.file as file_of_other on file_of_other.file_id = other.file_id
where
    not {same_values}
    and (other.sender <> one.sender or file_of_other.part <> file_of_one.part)
