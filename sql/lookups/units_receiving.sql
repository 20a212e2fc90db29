-- title: Every unit with the days on which a dossier may be received under its code, also in place of what it took over
--   from

select
    org_code,
    valid_from,
    valid_to
from core.unit_receiving
where org_code is not null
