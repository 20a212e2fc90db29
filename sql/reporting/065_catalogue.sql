-- What the figures are of: periods, units, indicators.
create or replace view reporting.period with (security_barrier) as
with made as (
    select distinct
        province_code,
        period_code,
        period_start,
        period_end,
        as_of
    from mart.dossier_flow
    where
        field = 'Tất cả'
        and (
            (select access.whole_province()) in ('*', province_code)
            or (province_code, period_code) in (select seen.province_code, seen.period_code from access.seen() as seen)
        )
)

select
    made.period_code,
    split_part(made.period_code, '[', 1) as calendar_period_code,
    figure.cadence,
    made.period_start,
    made.period_end,
    made.as_of,
    made.province_code
from made
cross join lateral (
    select i.cadence
    from mart.indicator as i
    where i.province_code = made.province_code and i.period_code = made.period_code
    order by i.cadence
    limit 1
) as figure;

comment on view reporting.period is
'Các kỳ báo cáo đã có số liệu: một dòng cho mỗi period_code.';

create or replace view reporting.unit with (security_barrier) as
select
    province_code,
    org_code as unit_code,
    greatest(valid_from, date '1900-01-01') as unit_valid_from,
    nullif(valid_to, 'infinity') as unit_valid_to,
    org_name as unit_name,
    unit_kind,
    parent_code,
    lead(valid_from) over (partition by province_code, org_code order by valid_from) is null as is_current_meaning
from core.unit_period
where
    (select access.whole_province()) in ('*', province_code)
    or (province_code, org_code, greatest(valid_from, date '1900-01-01')) in (
        select
            seen.province_code,
            seen.unit_code,
            seen.unit_valid_from
        from access.seen_units() as seen
        union
        select
            seen.province_code,
            seen.unit_code,
            seen.unit_valid_from
        from access.seen() as seen
    );

comment on view reporting.unit is
'Đơn vị và thời gian mã đơn vị mang nghĩa này: một dòng cho mỗi (unit_code, unit_valid_from). Một mã có thể được dùng '
'lại cho đơn vị khác.';

create or replace view reporting.indicator with (security_barrier) as
select
    code as indicator_code,
    title as indicator_name,
    unit_of_measure,
    form_order,
    kind,
    nullif(parent, '') as parent_code,
    form_group,
    note
from mart.form
where (select access.whole_province()) is not null or exists (select from access.seen_units());

comment on view reporting.indicator is
'Các dòng của phụ lục thống kê CCHC theo thứ tự biểu mẫu: mục, nhóm và chỉ tiêu (kind); sau đó là các dòng ngoài phụ '
'lục, có form_group.';
