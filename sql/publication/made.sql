-- When a window was made last, and whether its period was touched since then.
--
-- %(calendar_code)s: the period; %(period_start)s, %(last_day)s, %(as_of)s: the window.
select
    max(made_at) as made_at,
    coalesce(max(touches), -1) < (
        select count(*)
        from mart.touch
        where period_code = %(calendar_code)s
    ) as is_stale
from mart.materialisation
where
    period_code = %(calendar_code)s
    and period_start = %(period_start)s
    and period_end = %(last_day)s
    and as_of = %(as_of)s
