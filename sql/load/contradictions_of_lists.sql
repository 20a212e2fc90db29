-- Rows of the lists of several senders that say different things of one thing on one day: each with who says otherwise.
-- Each sender's rows stand beside those of the others.
--
-- {core}: the table; {same_key}, {same_values}: that `one` and `other` agree; {file_ids}: the loads whose rows are
-- looked at, with commas.
select
    one.file_id,
    one.line,
    other.sender as said_by
from {core} as one
inner join {core} as other
    on
        {same_key}
        and other.delivered_on = one.delivered_on
        and other.sender <> one.sender
where
    not {same_values}
    and (one.file_id in ({file_ids}) or other.file_id in ({file_ids}))
