-- Who somebody is on the pages; no row if they may not come in.
--
-- %(name)s: as they logged in.
select
    name,
    role,
    unit_code
from access.person
where name = %(name)s and removed_at is null
