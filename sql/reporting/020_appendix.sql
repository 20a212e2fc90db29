-- Every row of the form, and of the groups beside it, for every unit that has figures in a period; sections and groups
-- included. Who reads it is asked here already, so that no row of others is looked up.
create or replace view mart.form_figure as
with made as (
    select distinct
        province_code,
        cadence,
        period_code,
        period_start,
        period_end,
        as_of,
        unit_code,
        unit_valid_from,
        unit_name,
        unit_level,
        is_current_meaning
    from mart.indicator
    where
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, greatest(unit_valid_from, date '1900-01-01'))
        in (select seen.* from access.seen() as seen)
)

select
    made.period_code,
    made.period_start,
    made.period_end,
    made.as_of,
    made.unit_code,
    made.unit_name,
    made.unit_level,
    f.code as indicator_code,
    f.title as indicator_name,
    f.unit_of_measure,
    i.value,
    i.numerator,
    i.denominator,
    i.status,
    case when i.indicator_code is not null then same.agrees is not true end as is_provisional,
    case when f.kind = 'indicator' then coalesce(published.revision, 0) end as revision,
    i.computed_at,
    f.form_order,
    f.kind,
    f.parent as parent_code,
    made.province_code,
    greatest(made.unit_valid_from, date '1900-01-01') as unit_valid_from,
    made.is_current_meaning,
    split_part(made.period_code, '[', 1) as calendar_period_code,
    i.reason,
    f.form_group,
    f.note
from made
cross join mart.form as f
left join mart.indicator as i
    on
        i.province_code = made.province_code
        and i.cadence = made.cadence
        and i.period_code = made.period_code
        and i.unit_code = made.unit_code
        and i.unit_valid_from = made.unit_valid_from
        and i.indicator_code = f.code
left join mart.published_figure as published
    on
        published.province_code = i.province_code
        and published.period_code = i.period_code
        and published.unit_code = i.unit_code
        and published.unit_valid_from = greatest(i.unit_valid_from, date '1900-01-01')
        and published.indicator_code = i.indicator_code
left join lateral (
    select true as agrees
    where
        (published.value, published.numerator, published.denominator, published.status, published.reason)
        is not distinct from (i.value, i.numerator, i.denominator, i.status, i.reason)
) as same on true
where f.kind <> 'indicator' or i.indicator_code is not null;

comment on view mart.form_figure is
'What reporting.appendix and reporting.beside_appendix show.';

create or replace view reporting.appendix with (security_barrier) as
select
    period_code,
    period_start,
    period_end,
    as_of,
    unit_code,
    unit_name,
    unit_level,
    indicator_code,
    indicator_name,
    unit_of_measure,
    value,
    numerator,
    denominator,
    status,
    is_provisional,
    revision,
    computed_at,
    form_order,
    kind,
    parent_code,
    province_code,
    unit_valid_from,
    is_current_meaning,
    calendar_period_code,
    reason
from mart.form_figure
where
    form_group = ''
    and (
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen)
    )
order by period_code, unit_code, unit_valid_from, form_order;

comment on view reporting.appendix is
'Phụ lục thống kê CCHC theo đúng thứ tự biểu mẫu, gồm cả dòng mục và nhóm (kind = section, group); '
'một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code). Sắp xếp theo form_order. '
'Đây là số liệu tính đến nay, thay đổi theo dữ liệu; số liệu đã công bố đọc ở reporting.indicator_latest.';

create or replace view reporting.beside_appendix with (security_barrier) as
select
    period_code,
    period_start,
    period_end,
    as_of,
    unit_code,
    unit_name,
    unit_level,
    indicator_code,
    indicator_name,
    unit_of_measure,
    value,
    numerator,
    denominator,
    status,
    is_provisional,
    revision,
    computed_at,
    form_order,
    kind,
    parent_code,
    province_code,
    unit_valid_from,
    is_current_meaning,
    calendar_period_code,
    reason,
    form_group,
    note
from mart.form_figure
where
    form_group <> ''
    and (
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen)
    )
order by period_code, unit_code, unit_valid_from, form_order;

comment on view reporting.beside_appendix is
'Số liệu ngoài phụ lục, dùng cho các câu của báo cáo: cùng các cột như reporting.appendix, thêm form_group (nhóm) và '
'note (cách tính cần nêu khi trích dẫn); một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code). '
'Đây là số liệu tính đến nay; số liệu đã công bố đọc ở reporting.indicator_latest, theo mã bắt đầu bằng chữ cái.';
