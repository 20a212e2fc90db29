-- Every figure with what the form says of it; a view of its own for each cadence.
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
    i.is_provisional,
    0 as revision,
    i.computed_at,
    i.province_code,
    i.unit_valid_from,
    i.definition_version,
    f.form_order,
    i.cadence
from mart.indicator as i
inner join mart.form as f on f.code = i.indicator_code;

create or replace view reporting.indicator_quarterly as
select * from mart.reported_indicator where cadence = 'quarterly';

comment on view reporting.indicator_quarterly is
'Chỉ tiêu CCHC theo quý: một dòng cho mỗi kỳ, đơn vị và chỉ tiêu. period_end là ngày cuối kỳ; status cho biết vì sao không có số.';

create or replace view reporting.indicator_half_yearly as
select * from mart.reported_indicator where cadence = 'half_yearly';

comment on view reporting.indicator_half_yearly is
'Chỉ tiêu CCHC theo 6 tháng đầu năm: một dòng cho mỗi kỳ, đơn vị và chỉ tiêu. period_end là ngày cuối kỳ; status cho biết vì sao không có số.';

create or replace view reporting.indicator_nine_monthly as
select * from mart.reported_indicator where cadence = 'nine_monthly';

comment on view reporting.indicator_nine_monthly is
'Chỉ tiêu CCHC theo 9 tháng đầu năm: một dòng cho mỗi kỳ, đơn vị và chỉ tiêu. period_end là ngày cuối kỳ; status cho biết vì sao không có số.';

create or replace view reporting.indicator_annual as
select * from mart.reported_indicator where cadence = 'annual';

comment on view reporting.indicator_annual is
'Chỉ tiêu CCHC theo năm: một dòng cho mỗi kỳ, đơn vị và chỉ tiêu. period_end là ngày cuối kỳ; status cho biết vì sao không có số.';
