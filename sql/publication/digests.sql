-- The hash of each part of a release, over its lines in their order; a part without lines has none.
--
-- %(release_id)s, %(parts)s: what mart.release_lines is asked.
select
    part,
    encode(sha256(convert_to(string_agg(line, e'\n' order by line collate "C"), 'UTF8')), 'hex') as digest
from mart.release_lines(%(release_id)s, %(parts)s)
group by part
