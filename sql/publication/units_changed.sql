-- The units of a release that have gone, come, or are not what they were. release_scope.
--
-- %(release_id)s: the release.
select
    coalesce(after.unit_code, before.unit_code) as unit_code
from release_scope as after
full join (select * from mart.release_unit where release_id = %(release_id)s) as before
    on before.unit_code = after.unit_code and before.unit_valid_from = after.unit_valid_from
where before.attributes is distinct from after.attributes
