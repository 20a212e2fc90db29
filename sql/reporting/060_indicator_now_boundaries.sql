-- A series on the boundaries of now: figures of units that were merged are added up under what they became. Numerators
-- and denominators add up; what several units read off one list (procedures, quotas), a declared share and a code do
-- not, and are `not_applicable` where something was merged. A unit that ended and nobody is known to have taken over
-- from stands alone.
create or replace view reporting.indicator_now_boundaries with (security_barrier) as
with recursive succession as (
    select
        old_code,
        old_valid_from,
        new_code,
        new_valid_from,
        effective_on
    from core.unit_succession as shipped
    -- what units say of themselves, or the decree says of units that are known, stands below
    where not exists (
        select
        from core.unit_successor as known
        where
            known.place = 1
            and known.org_code = shipped.old_code
            and known.ended_on between shipped.effective_on - 31 and shipped.effective_on + 31
    )
    union
    select
        org_code,
        valid_from,
        successor_code,
        successor_valid_from,
        ended_on
    from core.unit_successor
    where place = 1
),

successor as (
    select
        old_code,
        old_valid_from,
        new_code,
        new_valid_from,
        effective_on as first_on,
        effective_on as last_on
    from succession
    union
    select
        successor.old_code,
        successor.old_valid_from,
        later.new_code,
        later.new_valid_from,
        successor.first_on,
        later.effective_on as last_on
    from successor
    inner join succession as later
        on later.old_code = successor.new_code and later.old_valid_from = successor.new_valid_from
),

-- at the end of the way: nobody took over from it
last_successor as (
    select distinct on (old_code, old_valid_from)
        old_code,
        old_valid_from,
        first_on,
        new_code
    from successor
    where
        not exists (
            select
            from succession as later
            where later.old_code = successor.new_code and later.old_valid_from = successor.new_valid_from
        )
    order by old_code, old_valid_from, last_on desc, new_valid_from desc, new_code
),

-- a code may have ended several times: figures go the way of the first end after their unit began
way as (
    select
        old_code,
        new_code,
        coalesce(
            lag(first_on) over (partition by old_code order by first_on, old_valid_from), '-infinity'
        ) as ended_before,
        first_on
    from last_successor
),

known_name as (
    select distinct on (code)
        code,
        name,
        level
    from core.administrative_unit
    where valid_to = 'infinity'
    order by code, valid_from desc
),

ended as (
    select
        province_code,
        org_code,
        valid_from
    from core.unit_period
    where valid_to < 'infinity'
),

told as (
    select
        i.*,
        s.new_code,
        ended.org_code is not null and s.new_code is null as is_left_alone
    from mart.indicator as i
    left join way as s
        on s.old_code = i.unit_code and i.unit_valid_from >= s.ended_before and i.unit_valid_from < s.first_on
    left join ended
        on
            ended.province_code = i.province_code
            and ended.org_code = i.unit_code
            and ended.valid_from = i.unit_valid_from
    where i.status in ('observed', 'undefined', 'not_computable')
)

select
    told.period_code,
    min(told.period_start) as period_start,
    max(told.period_end) as period_end,
    coalesce(told.new_code, told.unit_code) as unit_code,
    told.indicator_code,
    f.title as indicator_name,
    f.unit_of_measure,
    case
        when count(*) = 1 then max(told.value)
        when bool_or(told.status = 'not_computable') then null
        when f.adds_up then mart.figure_value(sum(told.numerator), sum(told.denominator), 2, f.unit_of_measure = '%')
    end as value,
    case
        when (count(*) = 1 or f.adds_up) and bool_and(told.status <> 'not_computable') then sum(told.numerator)
    end as numerator,
    case
        when (count(*) = 1 or f.adds_up) and bool_and(told.status <> 'not_computable') then sum(told.denominator)
    end as denominator,
    array_agg(told.unit_code order by told.unit_code) as merged_from,
    told.province_code,
    told.cadence,
    max(told.computed_at) as computed_at,
    coalesce(
        (array_agg(told.unit_name order by told.unit_valid_from desc) filter (where told.new_code is null))[1],
        max(known_name.name),
        (array_agg(told.unit_name order by told.unit_valid_from desc))[1]
    ) as unit_name,
    coalesce(
        (array_agg(told.unit_level order by told.unit_valid_from desc) filter (where told.new_code is null))[1],
        max(known_name.level),
        (array_agg(told.unit_level order by told.unit_valid_from desc))[1]
    ) as unit_level,
    case
        when count(*) = 1 then max(told.status)
        when not f.adds_up then 'not_applicable'
        when bool_or(told.status = 'not_computable') then 'not_computable'
        when sum(told.denominator) = 0 then 'undefined'
        else 'observed'
    end as status,
    max(told.as_of) as as_of,
    bool_or(told.is_left_alone) as is_without_successor,
    split_part(told.period_code, '[', 1) as calendar_period_code,
    case
        when count(*) = 1 or f.adds_up then string_agg(distinct told.reason, '; ' order by told.reason)
    end as reason
from told
inner join mart.form as f on f.code = told.indicator_code
left join known_name on known_name.code = told.new_code
where
    (select access.whole_province()) in ('*', told.province_code)
    or (told.province_code, coalesce(told.new_code, told.unit_code)) in (
        select
            seen.province_code,
            seen.unit_code
        from access.seen_units() as seen
        where seen.is_last
    )
group by
    told.province_code, told.cadence, told.period_code, coalesce(told.new_code, told.unit_code), told.indicator_code,
    f.title, f.unit_of_measure, f.adds_up;

comment on view reporting.indicator_now_boundaries is
'Chuỗi số liệu theo địa giới hiện nay: số của các đơn vị cũ được cộng về đơn vị kế thừa (cộng tử số, mẫu số; không lấy '
'bình quân tỷ lệ); '
'một dòng cho mỗi (period_code, unit_code, indicator_code). Số đọc từ cùng một danh mục (thủ tục, biên chế), mã và tỷ '
'lệ kê khai không cộng được: '
'status = not_applicable. is_without_successor: đơn vị đã chấm dứt mà chưa biết đơn vị kế thừa, đứng riêng.';
