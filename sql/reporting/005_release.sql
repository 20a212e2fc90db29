-- From when until when each release is the one to read for each of its units: a later release of the same unit, or a
-- revision of the whole release, takes its place.
create or replace view mart.release_standing as
with release as (
    select
        *,
        lead(published_at) over (
            partition by province_code, period_code, unit_code, unit_valid_from
            order by release_id
        ) as revised_at
    from mart.release
)

select
    unit.release_id,
    release.province_code,
    release.period_code,
    unit.unit_code,
    unit.unit_valid_from,
    release.revision,
    release.code as release_code,
    release.published_at,
    least(
        release.revised_at,
        lead(release.published_at) over (
            partition by release.province_code, release.period_code, unit.unit_code, unit.unit_valid_from
            order by unit.release_id
        )
    ) as replaced_at
from mart.release_unit as unit
inner join release on release.release_id = unit.release_id;

comment on view mart.release_standing is
'The units of each release, and from when until when (null: until now) it is the one to read for them.';

create or replace view mart.published_figure as
select
    figure.*,
    standing.release_code,
    standing.published_at
from mart.release_standing as standing
inner join mart.release_figure as figure
    on
        figure.release_id = standing.release_id
        and figure.unit_code = standing.unit_code
        and figure.unit_valid_from = standing.unit_valid_from
where standing.replaced_at is null;

comment on view mart.published_figure is
'The figures that are published now.';

create or replace view reporting.release with (security_barrier) as
select
    release.release_id,
    release.code as release_code,
    release.period_code,
    release.period_start,
    release.period_end,
    release.as_of,
    release.unit_code,
    release.unit_valid_from,
    release.unit_name,
    release.revision,
    release.follows as previous_release_id,
    release.statement,
    release.incomplete,
    release.signer,
    release.reason as revision_reason,
    release.changelog,
    release.published_at,
    (
        select max(event.at)
        from mart.release_event as event
        where event.release_id = release.release_id and event.kind = 'approved_above'
    ) as approved_above_at,
    lead(release.published_at) over (
        partition by release.province_code, release.period_code, release.unit_code, release.unit_valid_from
        order by release.release_id
    ) as revised_at,
    release.form,
    release.form_version,
    release.form_hash,
    release.figures_hash,
    release.code_version,
    release.previous_hash,
    release.hash,
    release.cadence,
    release.province_code,
    split_part(release.period_code, '[', 1) as calendar_period_code
from mart.release as release
where
    (select access.whole_province()) in ('*', release.province_code)
    or (release.province_code, release.period_code, release.unit_code, release.unit_valid_from)
    in (select seen.* from access.seen() as seen);

comment on view reporting.release is
'Các bản công bố: một dòng cho mỗi bản, của một kỳ, một đơn vị và mọi đơn vị cấp dưới. release_code in trên biểu mẫu; '
'revision là lần công bố lại (0: lần đầu) và revision_reason, changelog nói vì sao; incomplete là những gì còn thiếu '
'khi ký; approved_above_at: khi cấp trên duyệt; revised_at: khi có bản công bố lại, bản này vẫn đọc được bằng '
'reporting.indicator_as_published(release_id).';

create or replace view reporting.release_unit with (security_barrier) as
select
    standing.release_id,
    standing.period_code,
    standing.unit_code,
    standing.unit_valid_from,
    unit.unit_name,
    unit.unit_level,
    standing.revision,
    standing.published_at,
    standing.replaced_at,
    standing.province_code
from mart.release_standing as standing
inner join mart.release_unit as unit
    on
        unit.release_id = standing.release_id
        and unit.unit_code = standing.unit_code
        and unit.unit_valid_from = standing.unit_valid_from
where
    (select access.whole_province()) in ('*', standing.province_code)
    or (standing.province_code, standing.period_code, standing.unit_code, standing.unit_valid_from)
    in (select seen.* from access.seen() as seen);

comment on view reporting.release_unit is
'Các đơn vị của mỗi bản công bố, và bản ấy là bản phải đọc cho đơn vị từ lúc nào (published_at) đến lúc nào '
'(replaced_at; để trống: đến nay).';
