-- Dossiers by their codes: whether they were resolved late, and the cause that stands for that already, if any.
--
-- %(province)s, %(codes)s: which.
select
    dossier.dossier_code,
    dossier.sender,
    coalesce(dossier.resolving_org_code, dossier.org_code, '') as org_code,
    dossier.received_on,
    greatest(dossier.due_on, dossier.extended_due_on) as due_on,
    dossier.finished_on,
    late.dossier_code is not null as is_late,
    standing.batch_id,
    standing.by_name,
    standing.at
from core.dossier
left join core.late_dossier as late
    on
        late.province_code = dossier.province_code
        and late.dossier_code = dossier.dossier_code
        and late.received_on = dossier.received_on
left join lateral (
    select
        cause.batch_id,
        cause.by_name,
        cause.at
    from quality.lateness_now as cause
    where
        cause.province_code = dossier.province_code
        and cause.dossier_code = dossier.dossier_code
        and cause.state in ('waiting', 'holds')
    order by cause.cause_id
    limit 1 -- there is no other; looked up for each dossier
) as standing on true
where dossier.province_code = %(province)s and dossier.dossier_code = any(%(codes)s)
