-- Dossiers that were resolved late, those that ended last first, each with the cause that stands for it.
--
-- %(units)s: of these units alone, null: of all; %(since)s, %(until)s: the days of their end, inclusive;
-- %(before_on)s, %(before_code)s: the last of the page before; %(most)s: how many.
select
    late.dossier_code,
    late.org_code,
    late.field,
    late.received_on,
    late.due_on,
    late.finished_on,
    standing.batch_id,
    standing.side,
    standing.kind,
    standing.state
from core.late_dossier as late
left join lateral (
    select
        cause.batch_id,
        cause.side,
        cause.kind,
        cause.state
    from quality.lateness_now as cause
    where
        cause.province_code = late.province_code
        and cause.dossier_code = late.dossier_code
        and cause.state in ('waiting', 'holds')
    order by cause.cause_id
    limit 1 -- there is no other; looked up for each dossier
) as standing on true
where
    late.finished_on between %(since)s and %(until)s
    and (late.finished_on, late.dossier_code) < (%(before_on)s::date, %(before_code)s)
    and (%(units)s::text[] is null or late.org_code = any(%(units)s))
order by late.finished_on desc, late.dossier_code desc
limit %(most)s
