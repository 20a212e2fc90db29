create or replace view reporting.indicator_nine_monthly as
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
    f.form_order
from mart.indicator_nine_monthly as i
inner join mart.form as f on f.code = i.indicator_code;

comment on view reporting.indicator_nine_monthly is
'Chỉ tiêu CCHC theo 9 tháng đầu năm: một dòng cho mỗi kỳ, đơn vị và chỉ tiêu. period_end là ngày cuối kỳ; status cho biết vì sao không có số.';
