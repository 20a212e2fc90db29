-- Dossiers that were resolved late, as mart.dossier_daily counts them (sql/counts/dossier_daily.sql).
create or replace view core.late_dossier as
select
    province_code,
    dossier_code,
    sender,
    coalesce(resolving_org_code, org_code, '') as org_code, -- who answers for it
    coalesce(field, '') as field,
    received_on,
    greatest(due_on, extended_due_on) as due_on,
    finished_on
from core.dossier
where
    finished_on > greatest(due_on, extended_due_on)
    and coalesce(status, '') not in ('Mới đăng ký', 'Không được tiếp nhận', 'Công dân rút hồ sơ');

comment on view core.late_dossier is
'Dossiers that were resolved after their due day, at the unit that answers for it.';
