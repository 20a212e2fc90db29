-- The periods that figures were made of, the newest first, for whoever sees these units.
--
-- %(units)s: codes of units; null: all.
select
    period_code,
    min(period_end) as period_end
from reporting.period
where period_code in (
    select made.period_code
    from mart.period_unit as made
    where %(units)s::text[] is null or made.unit_code = any(%(units)s)
)
group by period_code
order by period_end desc, period_code
