-- Let waivers end whose last day is over; which ones they are.
--
-- %(today)s: the day.
insert into quality.decision_event (decision_id, kind, by_name, reason)
select
    decision_id,
    'expired',
    'kho',
    'hết hạn ngày ' || to_char(until, 'DD/MM/YYYY')
from quality.decision_now
where
    kind = 'waive'
    and state = 'holds'
    and until < %(today)s
returning decision_id
