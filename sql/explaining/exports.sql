-- The exports of some files.
select
    file_id,
    export
from landing.file
where file_id = any(%(files)s)
