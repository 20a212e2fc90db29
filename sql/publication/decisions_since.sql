-- Rows about which something was decided since a moment, or whose decision became something else.
--
-- %(since)s: the moment.
select distinct
    decided.export,
    decided.unit_code,
    decided.file_id,
    decided.line
from quality.decision_now as decided
left join quality.decision_event as event on event.decision_id = decided.decision_id
where decided.kind <> 'mend_at_source' and (decided.at > %(since)s or event.at > %(since)s)
order by decided.file_id, decided.line
