-- The windows of some periods that were made, the one that was made last of all behind the others: it is what is shown
-- of a period, and a night must not choose another.
--
-- %(codes)s: the periods.
select
    period_code,
    period_start,
    period_end,
    as_of,
    is_explicit
from mart.materialisation
where period_code = any(%(codes)s)
group by period_code, period_start, period_end, as_of, is_explicit
order by max(materialisation_id)
