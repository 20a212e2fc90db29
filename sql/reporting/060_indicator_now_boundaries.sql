-- A series on the boundaries of now: figures of units that were merged are added up under what they became. Numerators and
-- denominators add up; what only a unit can say of itself (a declared share, a code) does not, and stays with units that
-- nothing was merged into.
create or replace view reporting.indicator_now_boundaries as
with recursive successor as (
    select
        old_code,
        old_valid_from,
        new_code,
        new_valid_from,
        effective_on as first_on
    from core.unit_succession
    union
    select
        successor.old_code,
        successor.old_valid_from,
        later.new_code,
        later.new_valid_from,
        successor.first_on
    from successor
    inner join core.unit_succession as later
        on later.old_code = successor.new_code and later.old_valid_from = successor.new_valid_from
),

last_successor as (
    select distinct on (old_code, old_valid_from)
        old_code,
        first_on,
        new_code
    from successor
    order by old_code, old_valid_from, new_valid_from desc
)

select
    i.period_code,
    min(i.period_start) as period_start,
    max(i.period_end) as period_end,
    coalesce(s.new_code, i.unit_code) as unit_code,
    i.indicator_code,
    f.title as indicator_name,
    f.unit_of_measure,
    case
        when count(*) = 1 then max(i.value)
        when f.behaviour <> 'code' and (f.origin = 'computed' or f.behaviour <> 'share')
            then mart.figure_value(sum(i.numerator), sum(i.denominator), 2, f.unit_of_measure = '%')
    end as value,
    case when f.behaviour <> 'code' then sum(i.numerator) end as numerator,
    sum(i.denominator) as denominator,
    array_agg(i.unit_code order by i.unit_code) as merged_from,
    i.province_code,
    i.cadence,
    max(i.computed_at) as computed_at
from mart.indicator as i
inner join mart.form as f on f.code = i.indicator_code
left join last_successor as s on s.old_code = i.unit_code and i.unit_valid_from < s.first_on
where i.status in ('observed', 'undefined')
group by
    i.province_code, i.cadence, i.period_code, coalesce(s.new_code, i.unit_code), i.indicator_code, f.title, f.unit_of_measure,
    f.behaviour, f.origin;

comment on view reporting.indicator_now_boundaries is
'Chuỗi số liệu theo địa giới hiện nay: số của các đơn vị cũ được cộng về đơn vị kế thừa (cộng tử số, mẫu số; không lấy bình quân tỷ lệ).';
