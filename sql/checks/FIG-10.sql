-- rule_id: FIG-10
-- title: "Tỷ lệ văn bản điện tử và điện tử kèm giấy cộng lại không quá 100"
-- statement: "7.6.2.a + 7.6.2.b <= 100"
-- severity: finding
-- over: figures

select
    unit_code,
    '7.6.2.a + 7.6.2.b <= 100' as subject,
    sum(value) filter (where code in ('7.6.2.a', '7.6.2.b')) as left_side,
    100 as right_side
from proved_figure
group by unit_code
having sum(value) filter (where code in ('7.6.2.a', '7.6.2.b')) > 100
