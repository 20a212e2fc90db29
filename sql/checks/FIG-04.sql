-- rule_id: FIG-04
-- title: "Số TTHC mức độ 3, 4 bằng tổng số TTHC mức độ 3 và mức độ 4"
-- statement: "3.5.2 = 7.8.1 + 7.8.2"
-- severity: finding
-- over: figures

select
    unit_code,
    '3.5.2 = 7.8.1 + 7.8.2' as subject,
    max(value) filter (where code = '3.5.2') as left_side,
    sum(value) filter (where code in ('7.8.1', '7.8.2')) as right_side
from proved_figure
group by unit_code
having max(value) filter (where code = '3.5.2') <> sum(value) filter (where code in ('7.8.1', '7.8.2'))
