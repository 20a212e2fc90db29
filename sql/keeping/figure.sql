-- A figure as a release has it, with the definition that it was made by.
--
-- %(release)s, %(unit)s, %(day)s, %(code)s: the figure; on a day a code means what it meant then, without one what it
-- means at the end of the period.
select
    figure.unit_code,
    figure.unit_valid_from::text,
    figure.unit_name,
    figure.value,
    figure.numerator,
    figure.denominator,
    figure.status,
    figure.reason,
    figure.definition_version,
    definition.header,
    definition.query
from mart.release_figure as figure
inner join mart.release_definition as definition
    on definition.release_id = figure.release_id and definition.indicator_code = figure.indicator_code
where
    figure.release_id = %(release)s
    and figure.unit_code = %(unit)s
    and figure.indicator_code = %(code)s
order by
    figure.unit_valid_from <= %(day)s::date desc nulls last,
    case when figure.unit_valid_from > %(day)s::date then figure.unit_valid_from end,
    figure.unit_valid_from desc
limit 1
