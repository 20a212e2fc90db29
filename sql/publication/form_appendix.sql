-- The rows of the appendix of a unit, in form order, and those beside it (form_group), which sentences ask for: as the
-- warehouse has them now, or as a release has frozen them.
--
-- %(release_id)s: null: as they are now; %(period_code)s, %(unit_code)s, %(valid_from)s.
select
    indicator_code as code,
    kind,
    indicator_name as name,
    unit_of_measure,
    value,
    numerator,
    denominator,
    status,
    reason,
    form_order,
    form_group
from mart.form_figure
where
    %(release_id)s::int is null
    and period_code = %(period_code)s
    and unit_code = %(unit_code)s
    and unit_valid_from = greatest(%(valid_from)s::date, date '1900-01-01')
union all
select
    form.code,
    form.kind,
    coalesce(figure.indicator_name, form.title),
    coalesce(figure.unit_of_measure, form.unit_of_measure),
    figure.value,
    figure.numerator,
    figure.denominator,
    figure.status,
    figure.reason,
    coalesce(figure.form_order, form.form_order),
    form.form_group
from mart.form as form
left join mart.release_figure as figure
    on
        figure.indicator_code = form.code
        and figure.release_id = %(release_id)s
        and figure.unit_code = %(unit_code)s
        and figure.unit_valid_from = greatest(%(valid_from)s::date, date '1900-01-01')
where
    %(release_id)s::int is not null
    and (form.kind <> 'indicator' or figure.indicator_code is not null)
order by form_order
