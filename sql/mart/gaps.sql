-- What a figure would have to count, and nobody can tell: by unit, the roles and who does not deliver them.
--
-- %(code)s, %(needs)s: the indicator, and the roles that it needs. {among}: a condition on rows of window_unknown; a
-- row of which it cannot be told may be one.
insert into window_gap (indicator_code, unit_code, needs, sender)
select distinct
    %(code)s,
    unit_code,
    needs,
    sender
from window_unknown
where needs = any(%(needs)s) and ({among}) is not false
