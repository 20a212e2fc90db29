create or replace view mart.reported_indicator as
select
    i.period_code,
    i.period_start,
    i.period_end,
    i.as_of,
    i.unit_code,
    i.unit_name,
    i.unit_level,
    i.indicator_code,
    f.title as indicator_name,
    f.unit_of_measure,
    i.value,
    i.numerator,
    i.denominator,
    i.status,
    same.agrees is not true as is_provisional,
    coalesce(published.revision, 0) as revision,
    i.computed_at,
    i.province_code,
    -- finite, which a reader's tools need: 1900-01-01 where a unit has been since before our data
    greatest(i.unit_valid_from, date '1900-01-01') as unit_valid_from,
    i.definition_version,
    f.form_order,
    i.cadence,
    i.is_current_meaning,
    split_part(i.period_code, '[', 1) as calendar_period_code,
    i.reason
from mart.indicator as i
inner join mart.form as f on f.code = i.indicator_code
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
) as same on true;

comment on view mart.reported_indicator is
'Every figure with what the form says of it. Schema reporting has a view of its own for each cadence.';

create or replace view reporting.indicator_quarterly with (security_barrier) as
select *
from mart.reported_indicator
where
    cadence = 'quarterly'
    and (
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen)
    );

comment on view reporting.indicator_quarterly is
'Chỉ tiêu CCHC theo quý: một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code); '
'unit_valid_from là ngày mã đơn vị bắt đầu mang nghĩa này (1900-01-01: từ trước khi có dữ liệu). Chọn '
'is_current_meaning để mỗi (period_code, unit_code, indicator_code) '
'chỉ còn một dòng. period_end là ngày cuối kỳ; status cho biết vì sao không có số; reason nêu nơi gửi và cột chưa '
'giao khi status = not_computable. Báo cáo tự nêu khoảng thời gian có period_code riêng, '
'ví dụ 2021-N[2020-12-15..2021-11-15]; calendar_period_code là kỳ của nó. Đây là số liệu tính đến nay, thay đổi theo '
'dữ liệu: số liệu chính thức đọc ở reporting.indicator_latest. revision: lần công bố mới nhất của kỳ và đơn vị; '
'is_provisional = false khi số này đúng bằng số đã công bố.';

create or replace view reporting.indicator_half_yearly with (security_barrier) as
select *
from mart.reported_indicator
where
    cadence = 'half_yearly'
    and (
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen)
    );

comment on view reporting.indicator_half_yearly is
'Chỉ tiêu CCHC theo 6 tháng đầu năm: một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code); '
'unit_valid_from là ngày mã đơn vị bắt đầu mang nghĩa này (1900-01-01: từ trước khi có dữ liệu). Chọn '
'is_current_meaning để mỗi (period_code, unit_code, indicator_code) '
'chỉ còn một dòng. period_end là ngày cuối kỳ; status cho biết vì sao không có số; reason nêu nơi gửi và cột chưa '
'giao khi status = not_computable. Báo cáo tự nêu khoảng thời gian có period_code riêng, '
'ví dụ 2021-N[2020-12-15..2021-11-15]; calendar_period_code là kỳ của nó. Đây là số liệu tính đến nay, thay đổi theo '
'dữ liệu: số liệu chính thức đọc ở reporting.indicator_latest. revision: lần công bố mới nhất của kỳ và đơn vị; '
'is_provisional = false khi số này đúng bằng số đã công bố.';

create or replace view reporting.indicator_nine_monthly with (security_barrier) as
select *
from mart.reported_indicator
where
    cadence = 'nine_monthly'
    and (
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen)
    );

comment on view reporting.indicator_nine_monthly is
'Chỉ tiêu CCHC theo 9 tháng đầu năm: một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code); '
'unit_valid_from là ngày mã đơn vị bắt đầu mang nghĩa này (1900-01-01: từ trước khi có dữ liệu). Chọn '
'is_current_meaning để mỗi (period_code, unit_code, indicator_code) '
'chỉ còn một dòng. period_end là ngày cuối kỳ; status cho biết vì sao không có số; reason nêu nơi gửi và cột chưa '
'giao khi status = not_computable. Báo cáo tự nêu khoảng thời gian có period_code riêng, '
'ví dụ 2021-N[2020-12-15..2021-11-15]; calendar_period_code là kỳ của nó. Đây là số liệu tính đến nay, thay đổi theo '
'dữ liệu: số liệu chính thức đọc ở reporting.indicator_latest. revision: lần công bố mới nhất của kỳ và đơn vị; '
'is_provisional = false khi số này đúng bằng số đã công bố.';

create or replace view reporting.indicator_annual with (security_barrier) as
select *
from mart.reported_indicator
where
    cadence = 'annual'
    and (
        (select access.whole_province()) in ('*', province_code)
        or (province_code, period_code, unit_code, unit_valid_from) in (select seen.* from access.seen() as seen)
    );

comment on view reporting.indicator_annual is
'Chỉ tiêu CCHC theo năm: một dòng cho mỗi (period_code, unit_code, unit_valid_from, indicator_code); '
'unit_valid_from là ngày mã đơn vị bắt đầu mang nghĩa này (1900-01-01: từ trước khi có dữ liệu). Chọn '
'is_current_meaning để mỗi (period_code, unit_code, indicator_code) '
'chỉ còn một dòng. period_end là ngày cuối kỳ; status cho biết vì sao không có số; reason nêu nơi gửi và cột chưa '
'giao khi status = not_computable. Báo cáo tự nêu khoảng thời gian có period_code riêng, '
'ví dụ 2021-N[2020-12-15..2021-11-15]; calendar_period_code là kỳ của nó. Đây là số liệu tính đến nay, thay đổi theo '
'dữ liệu: số liệu chính thức đọc ở reporting.indicator_latest. revision: lần công bố mới nhất của kỳ và đơn vị; '
'is_provisional = false khi số này đúng bằng số đã công bố.';
