-- rule_id: FIG-03
-- title: "Mọi TTHC đang có hiệu lực đều thực hiện một cửa, một cửa liên thông"
-- statement: "3.3 = 3.1.3"
-- severity: finding
-- over: figures

select
    unit_code,
    '3.3 = 3.1.3' as subject,
    max(value) filter (where code = '3.3') as left_side,
    max(value) filter (where code = '3.1.3') as right_side
from proved_figure
group by unit_code
having max(value) filter (where code = '3.3') <> max(value) filter (where code = '3.1.3')
