-- rule_id: FIG-07
-- title: "Số liệu về biên chế công chức lặp lại biên chế được giao"
-- statement: "4.2 = 4.2.1"
-- severity: finding
-- over: figures

select
    unit_code,
    '4.2 = 4.2.1' as subject,
    max(value) filter (where code = '4.2') as left_side,
    max(value) filter (where code = '4.2.1') as right_side
from proved_figure
group by unit_code
having max(value) filter (where code = '4.2') <> max(value) filter (where code = '4.2.1')
