-- What is published, once and now. The functions ask the views, so that whoever may not see a unit in these sees it in
-- no answer of theirs.
create or replace view reporting.indicator_published with (security_barrier) as
select
    figure.period_code,
    figure.period_start,
    figure.period_end,
    figure.as_of,
    figure.unit_code,
    figure.unit_name,
    figure.unit_level,
    figure.indicator_code,
    figure.indicator_name,
    figure.unit_of_measure,
    figure.value,
    figure.numerator,
    figure.denominator,
    figure.status,
    figure.is_provisional,
    figure.revision,
    figure.computed_at,
    figure.province_code,
    figure.unit_valid_from,
    figure.definition_version,
    figure.form_order,
    figure.cadence,
    figure.is_current_meaning,
    figure.calendar_period_code,
    figure.reason,
    figure.release_id,
    release.code as release_code,
    release.published_at
from mart.release_figure as figure
inner join mart.release as release on release.release_id = figure.release_id
where
    (select access.whole_province()) in ('*', figure.province_code)
    or (figure.province_code, figure.period_code, figure.unit_code, figure.unit_valid_from)
    in (select seen.* from access.seen() as seen);

comment on view reporting.indicator_published is
'Mọi số liệu đã công bố, của mọi bản công bố, đúng như khi công bố: một dòng cho mỗi (release_id, unit_code, '
'unit_valid_from, indicator_code). Cột như reporting.indicator_annual, thêm release_id, release_code, published_at.';

create or replace view reporting.indicator_latest with (security_barrier) as
select published.*
from reporting.indicator_published as published
inner join mart.release_standing as standing
    on
        standing.release_id = published.release_id
        and standing.unit_code = published.unit_code
        and standing.unit_valid_from = published.unit_valid_from
where standing.replaced_at is null;

comment on view reporting.indicator_latest is
'Số liệu đã công bố, bản mới nhất của mỗi kỳ và đơn vị: đây là số liệu chính thức, chỉ thay đổi khi có bản công bố lại '
'có lý do. Một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code), cột như '
'reporting.indicator_annual, thêm release_id, release_code, published_at. Bản trước: '
'reporting.indicator_as_published(release_id), reporting.indicator_as_of(thời điểm); những gì đã đổi: '
'reporting.indicator_change.';

create or replace view reporting.indicator_change with (security_barrier) as
select
    change.change_id,
    change.kind,
    change.release_id,
    release.code as release_code,
    change.previous_release_id,
    release.period_code,
    change.unit_code,
    change.unit_valid_from,
    change.indicator_code,
    before.value as previous_value,
    before.numerator as previous_numerator,
    before.denominator as previous_denominator,
    before.status as previous_status,
    after.value,
    after.numerator,
    after.denominator,
    after.status,
    release.revision,
    release.reason as revision_reason,
    release.changelog,
    release.published_at,
    release.province_code,
    split_part(release.period_code, '[', 1) as calendar_period_code
from mart.release_change as change
inner join mart.release as release on release.release_id = change.release_id
left join mart.release_figure as before
    on
        before.release_id = change.previous_release_id
        and before.unit_code = change.unit_code
        and before.unit_valid_from = change.unit_valid_from
        and before.indicator_code = change.indicator_code
left join mart.release_figure as after
    on
        after.release_id = change.release_id
        and after.unit_code = change.unit_code
        and after.unit_valid_from = change.unit_valid_from
        and after.indicator_code = change.indicator_code
where
    (select access.whole_province()) in ('*', release.province_code)
    or (release.province_code, release.period_code, change.unit_code, change.unit_valid_from)
    in (select seen.* from access.seen() as seen);

comment on view reporting.indicator_change is
'Thay đổi của số liệu đã công bố, theo thứ tự: đọc tiếp bằng change_id lớn hơn số đã đọc. kind: first công bố lần đầu, '
'revised số đổi, added thêm dòng, removed bỏ dòng; previous_… là số của bản previous_release_id.';

create or replace function reporting.indicator_as_published(release int)
returns setof reporting.indicator_latest
language sql
stable
as $$
select published.* from reporting.indicator_published as published where published.release_id = $1
$$;

comment on function reporting.indicator_as_published(int) is
'Số liệu của một bản công bố, đúng như khi công bố; cột như reporting.indicator_latest.';

create or replace function reporting.indicator_as_of(at timestamptz)
returns setof reporting.indicator_latest
language sql
stable
as $$
select published.*
from reporting.indicator_published as published
inner join reporting.release_unit as unit
    on
        unit.release_id = published.release_id
        and unit.unit_code = published.unit_code
        and unit.unit_valid_from = published.unit_valid_from
where unit.published_at <= $1 and (unit.replaced_at is null or unit.replaced_at > $1)
$$;

comment on function reporting.indicator_as_of(timestamptz) is
'Số liệu đã công bố mà người đọc reporting.indicator_latest thấy vào một thời điểm; cột như view ấy.';
