-- Forget the warnings of rows that loads contradict which are taken back.
--
-- %(rule_id)s, %(senders)s: the rule, and by what names the loads are told to the others; {contradictions}: the rows.
delete from quality.violation as told
where
    told.rule_id = %(rule_id)s
    and told.value = any(%(senders)s)
    and (told.file_id, told.line) in (select found.file_id, found.line from ({contradictions}) as found)
returning told.file_id
