-- rule_id: FIG-01
-- title: "Tổng số TTHC đang có hiệu lực bằng tổng số của ba cấp"
-- statement: "3.1.3 = 3.1.3.a + 3.1.3.b + 3.1.3.c"
-- severity: finding
-- over: figures

-- A level that a unit does not report counts as nothing.
select
    unit_code,
    '3.1.3 = 3.1.3.a + 3.1.3.b + 3.1.3.c' as subject,
    max(value) filter (where code = '3.1.3') as left_side,
    sum(value) filter (where code in ('3.1.3.a', '3.1.3.b', '3.1.3.c')) as right_side
from proved_figure
group by unit_code
having max(value) filter (where code = '3.1.3') <> sum(value) filter (where code in ('3.1.3.a', '3.1.3.b', '3.1.3.c'))
