-- The periods that were touched since they were last made. A period is old if its calendar window is, or one of the
-- windows that reports stated for themselves; each keeps how many touches it had when it was made.
with touched as (
    select
        period_code,
        count(*) as touches
    from mart.touch
    group by period_code
),

made as (
    select
        period_code,
        is_explicit,
        max(touches) as touches
    from mart.materialisation
    group by period_code, is_explicit, case when is_explicit then (period_start, period_end, as_of) end
)

select touched.period_code
from touched
where
    not exists (
        select
        from made
        where
            made.period_code = touched.period_code
            and not made.is_explicit
            and made.touches >= touched.touches
    )
    or exists (
        select
        from made
        where
            made.period_code = touched.period_code
            and made.is_explicit
            and made.touches < touched.touches
    )
