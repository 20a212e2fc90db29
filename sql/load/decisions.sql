-- The decisions that hold for what a sender delivers of an export, in the order in which they were made.
--
-- %(export)s, %(sender)s: what, and whose.
select
    decision_id,
    kind,
    record_key,
    rule_id,
    column_name,
    cell_hash,
    value
from quality.decision_now
where
    export = %(export)s
    and sender = %(sender)s
    and state = 'holds'
order by decision_id
