-- Let each earlier version of some things be superseded by the next one, whichever of them was loaded first.
--
-- {core}, {history}: the tables; {key}: their key; {are_meant}: of which rows of the history the things are meant;
-- {stored_is_meant}, {past_is_meant}: that `stored`, and `past`, agree with `meant` in the key;
-- {same_version}: that `past` and `link` are one version.
with meant as (
    select distinct {key}
    from {history}
    where {are_meant}
),

version as (
    select {key}, delivered_on, sender, file_id, line
    from {core} as stored
    where exists (select from meant where {stored_is_meant})
    union all
    select {key}, delivered_on, sender, file_id, line
    from {history} as past
    where exists (select from meant where {past_is_meant})
),

link as (
    select
        *,
        lead(file_id) over later as next_file,
        lead(delivered_on) over later as next_day
    from version
    window later as (partition by {key} order by delivered_on, sender, file_id, line)
)

update {history} as past
set
    superseded_by = link.next_file,
    superseded_on = link.next_day
from link
where
    {same_version}
    and link.next_file is not null
    and (past.superseded_by, past.superseded_on) is distinct from (link.next_file, link.next_day)
