-- What rows add to a figure of a release that is kept by itself.
select
    file_ids,
    lines,
    numerators,
    denominators
from mart.contribution_apart
where release_id = %(release)s and unit_code = %(unit)s and indicator_code = %(code)s
