-- What rows add to the figures of a release that are kept by themselves.
select
    indicator_code,
    file_ids,
    lines,
    numerators,
    denominators
from mart.release_contribution_apart
where release_id = %(release)s and unit_code = %(unit)s
