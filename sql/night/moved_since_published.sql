-- Releases that no revision has taken the place of, and whose period was made again since, with figures written.
select release.release_id
from mart.release as release
where
    not exists (select from mart.release as later where later.follows = release.release_id)
    and exists (
        select
        from mart.materialisation as made
        where
            made.period_code = split_part(release.period_code, '[', 1)
            and made.period_start = release.period_start
            and made.period_end = release.period_end
            and made.as_of = release.as_of
            and made.made_at > release.published_at
    )
order by release.release_id
