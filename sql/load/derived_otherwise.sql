-- The loaded files some of whose columns were found in a list that says something else now.
--
-- %(exports)s: exports that the list is asked for; %(export)s: the export that delivers it.
-- {before}, {after}: the list as it was and as it is.
select file_id
from landing.file
where
    export = any(%(exports)s)
    and %(export)s = any(derived_from)
    and status in ('accepted', 'accepted_with_errors')
    and exists (
        (
            select *
            from {before}
            except
            select *
            from {after}
        )
        union all
        (
            select *
            from {after}
            except
            select *
            from {before}
        )
    )
