-- Files with rows that a rule warned of or refused because of a value of which the answer may be another one now.
--
-- %(rule_id)s, %(columns)s: the rule, and the columns that it blames; %(keys)s: the values.
-- {named_value}, {named_key}: what `value`, and `key`, name: spelling aside.
select distinct file_id
from quality.violation
where
    rule_id = %(rule_id)s
    and column_name = any(%(columns)s)
    and {named_value} in (select {named_key} from unnest(%(keys)s) as key)
