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
left join quality.lateness_now as standing
    on
        standing.province_code = dossier.province_code
        and standing.dossier_code = dossier.dossier_code
        and standing.state in ('waiting', 'holds')
where dossier.province_code = %(province)s and dossier.dossier_code = any(%(codes)s)
