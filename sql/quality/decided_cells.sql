-- What stands decided of the cells that a fix list was about, or of their whole rows, the latest last: what holds, and
-- what waits for a second person.
--
-- %(exports)s, %(senders)s, %(record_keys)s, %(columns)s: of each cell, in the same order.
select distinct
    decided.export,
    decided.sender,
    decided.record_key,
    asked.column_name,
    decided.cell_hash,
    decided.kind,
    decided.value,
    decided.by_name,
    decided.at
from unnest(%(exports)s::text[], %(senders)s::text[], %(record_keys)s::text[], %(columns)s::text[])
    as asked (export, sender, record_key, column_name)
inner join quality.decision_now as decided
    on
        decided.export = asked.export
        and decided.sender = asked.sender
        and decided.record_key = asked.record_key
        and (decided.column_name = asked.column_name or decided.kind = 'discard')
where decided.state in ('holds', 'waiting')
order by decided.at
