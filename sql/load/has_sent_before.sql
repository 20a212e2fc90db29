-- Whether a list of this sender was ever loaded and not taken back, also this one itself.
--
-- %(export)s, %(sender)s: what, and whose.
select exists ( -- noqa: LT01,LT06
    select
    from landing.file
    where
        export = %(export)s
        and sender = %(sender)s
        and hash_version is not null
        and status not in ('held', 'rejected', 'withdrawn')
)
