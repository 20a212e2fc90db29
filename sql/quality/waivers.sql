-- How often each rule is waived, and for which units: those that wait, hold, and held before.
--
-- %(units)s: the units that may be seen, null for all.
select
    decided.rule_id,
    decided.export,
    decided.unit_code,
    count(*) filter (where decided.state = 'waiting') as waiting,
    count(*) filter (where decided.state = 'holds') as holding,
    count(*) filter (where decided.state = 'expired') as expired,
    count(*) filter (where decided.state = 'refused') as refused,
    count(*) as asked,
    max(decided.at) as newest
from quality.decision_now as decided
where
    decided.kind = 'waive'
    and decided.state <> 'undone'
    and (%(units)s::text[] is null or decided.unit_code = any(%(units)s))
group by decided.rule_id, decided.export, decided.unit_code
