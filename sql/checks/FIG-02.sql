-- rule_id: FIG-02
-- title: "Số TTHC một cửa bằng tổng liên thông cùng cấp và giữa các cấp"
-- statement: "3.3 = 3.3.1 + 3.3.2"
-- severity: finding
-- over: figures

select
    unit_code,
    '3.3 = 3.3.1 + 3.3.2' as subject,
    max(value) filter (where code = '3.3') as left_side,
    sum(value) filter (where code in ('3.3.1', '3.3.2')) as right_side
from proved_figure
group by unit_code
having max(value) filter (where code = '3.3') <> sum(value) filter (where code in ('3.3.1', '3.3.2'))
