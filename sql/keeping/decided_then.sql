-- Which rows of some files were decided about when a release was published, and how.
--
-- %(release)s, %(files)s: its number, and the files.
select
    file_id,
    line,
    kinds
from mart.release_contribution_decided
where release_id = %(release)s and file_id = any(%(files)s)
