-- Who delivered what: for which day, and when the first file of that day lay here.
--
-- %(now)s: until when; %(exports)s: of which exports.
select
    export,
    sender,
    delivered_on,
    min(landed_at) as landed_at
from landing.file
where
    status <> 'withdrawn'
    and landed_at <= %(now)s
    and export = any(%(exports)s)
group by export, sender, delivered_on
