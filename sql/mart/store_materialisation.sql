-- Note that a window was made, with the touches that its period had then: from more of them it is old.
--
-- %(calendar_code)s: the period; %(period_start)s, %(last_day)s, %(as_of)s, %(is_explicit)s: the window, and whether a
-- report states it; %(figures)s, %(changed)s: how many figures it has, and how many were written.
insert into mart.materialisation (
    period_code, period_start, period_end, as_of, is_explicit, figures, figures_changed, touches
)
select
    %(calendar_code)s,
    %(period_start)s,
    %(last_day)s,
    %(as_of)s,
    %(is_explicit)s,
    %(figures)s,
    %(changed)s,
    count(*) as touches
from mart.touch
where period_code = %(calendar_code)s
