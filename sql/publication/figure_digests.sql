-- The hash of the figures of each unit and of each indicator of a release: together they tell which figure is not as it
-- was.
--
-- %(release_id)s: the release.
select
    unit_code,
    unit_valid_from::text as unit_valid_from,
    indicator_code,
    encode(sha256(convert_to(string_agg(line, e'\n' order by line collate "C"), 'UTF8')), 'hex') as digest
from mart.release_lines(%(release_id)s, array['figure'])
group by grouping sets ((unit_code, unit_valid_from), (indicator_code))
