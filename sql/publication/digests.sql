-- The hash of each part of a release, over its lines in their order; a part without lines has none.
--
-- %(release_id)s, %(parts)s: what mart.release_lines is asked, and mart.contribution_lines.
select
    part,
    encode(sha256(convert_to(string_agg(line, e'\n' order by line collate "C"), 'UTF8')), 'hex') as digest
from (
    select
        part,
        line
    from mart.release_lines(%(release_id)s, %(parts)s)
    union all
    select
        'contribution' as part,
        line
    from mart.contribution_lines(%(release_id)s)
    where 'contribution' = any(%(parts)s)
) as hashed
group by part
