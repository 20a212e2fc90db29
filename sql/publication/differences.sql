-- Each figure that is not as it is published, in temporary tables: of the units of a release, and of those that the
-- release before had.
--
-- %(period_code)s: the period; %(province_code)s: whose; %(follows)s: the release before, if there is one;
-- release_scope, figure_now, flow_now.
drop table if exists pg_temp.figure_difference, pg_temp.flow_difference;

create temp table figure_difference on commit drop as
with published as (
    select figure.*
    from mart.published_figure as figure
    where
        figure.province_code = %(province_code)s
        and figure.period_code = %(period_code)s
        and (
            figure.release_id = %(follows)s
            or exists (
                select
                from release_scope as scope
                where scope.unit_code = figure.unit_code and scope.unit_valid_from = figure.unit_valid_from
            )
        )
)

select
    coalesce(after.unit_code, before.unit_code) as unit_code,
    coalesce(after.unit_valid_from, before.unit_valid_from) as unit_valid_from,
    coalesce(after.unit_name, before.unit_name) as unit_name,
    coalesce(after.indicator_code, before.indicator_code) as indicator_code,
    coalesce(after.indicator_name, before.indicator_name) as indicator_name,
    coalesce(after.form_order, before.form_order) as form_order,
    case
        when after.unit_code is null then 'removed'
        when before.unit_code is not null then 'revised'
        when
            exists (
                select
                from published as known
                where known.unit_code = after.unit_code and known.unit_valid_from = after.unit_valid_from
            )
            then 'added'
        else 'first'
    end as kind,
    before.release_id as previous_release_id,
    before.value as previous_value,
    before.numerator as previous_numerator,
    before.denominator as previous_denominator,
    before.status as previous_status,
    before.definition_version as previous_version,
    after.value,
    after.numerator,
    after.denominator,
    after.status,
    after.definition_version
from figure_now as after
full join published as before
    on
        before.unit_code = after.unit_code
        and before.unit_valid_from = after.unit_valid_from
        and before.indicator_code = after.indicator_code
where
    after.unit_code is null
    or before.unit_code is null
    or (before.value, before.numerator, before.denominator, before.status, before.reason)
    is distinct from (after.value, after.numerator, after.denominator, after.status, after.reason);

create temp table flow_difference on commit drop as
with published as (
    select flow.*
    from mart.release_flow as flow
    inner join mart.release_standing as standing
        on
            standing.release_id = flow.release_id
            and standing.unit_code = flow.unit_code
            and standing.unit_valid_from = flow.unit_valid_from
    where
        standing.replaced_at is null
        and flow.province_code = %(province_code)s
        and flow.period_code = %(period_code)s
        and (
            flow.release_id = %(follows)s
            or exists (
                select
                from release_scope as scope
                where scope.unit_code = flow.unit_code and scope.unit_valid_from = flow.unit_valid_from
            )
        )
)

select
    coalesce(after.unit_code, before.unit_code) as unit_code,
    coalesce(after.unit_valid_from, before.unit_valid_from) as unit_valid_from,
    coalesce(after.unit_name, before.unit_name) as unit_name,
    coalesce(after.field, before.field) as field,
    before.unit_code is not null
    or exists (
        select
        from published as known
        where known.unit_code = after.unit_code and known.unit_valid_from = after.unit_valid_from
    ) as is_published,
    part.name,
    part.before,
    part.after
from flow_now as after
full join published as before
    on
        before.unit_code = after.unit_code
        and before.unit_valid_from = after.unit_valid_from
        and before.field = after.field
cross join lateral (
    values
    ('received', before.received, after.received),
    ('received_online', before.received_online, after.received_online),
    ('received_direct', before.received_direct, after.received_direct),
    ('received_postal', before.received_postal, after.received_postal),
    ('carried_over', before.carried_over, after.carried_over),
    ('resolved', before.resolved, after.resolved),
    ('resolved_early', before.resolved_early, after.resolved_early),
    ('resolved_on_time', before.resolved_on_time, after.resolved_on_time),
    ('resolved_late', before.resolved_late, after.resolved_late),
    ('pending', before.pending, after.pending),
    ('pending_in_time', before.pending_in_time, after.pending_in_time),
    ('pending_overdue', before.pending_overdue, after.pending_overdue),
    ('refused', before.refused, after.refused),
    ('withdrawn', before.withdrawn, after.withdrawn),
    ('taken_over', before.taken_over, after.taken_over),
    ('handed_over', before.handed_over, after.handed_over),
    ('resolved_elsewhere', before.resolved_elsewhere, after.resolved_elsewhere)
) as part (name, before, after)
where part.before is distinct from part.after
