-- When a file of each export was last loaded.
--
-- %(exports)s: the exports.
select
    export.name,
    loaded.at
from unnest(%(exports)s::text[]) as export (name)
cross join lateral (
    select loaded_at as at
    from landing.file
    where export = export.name and loaded_at is not null
    order by loaded_at desc
    limit 1
) as loaded
