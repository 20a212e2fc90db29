-- rule_id: FIG-05
-- title: "Số đơn vị sự nghiệp công lập bằng tổng theo mức tự chủ"
-- statement: "4.1.4.c = 6.1 + 6.2 + 6.3 + 6.4"
-- severity: finding
-- over: figures

-- A province reports all its service units (4.1.4); a district those it manages (4.1.4.c), and a commune since 1/7/2025 (4.1.4.e).
select
    unit_code,
    '4.1.4.c = 6.1 + 6.2 + 6.3 + 6.4' as subject,
    coalesce(
        max(value) filter (where code = '4.1.4'),
        max(value) filter (where code = '4.1.4.c'),
        max(value) filter (where code = '4.1.4.e')
    ) as left_side,
    sum(value) filter (where code in ('6.1', '6.2', '6.3', '6.4')) as right_side
from proved_figure
group by unit_code
having coalesce(
        max(value) filter (where code = '4.1.4'),
        max(value) filter (where code = '4.1.4.c'),
        max(value) filter (where code = '4.1.4.e')
    ) <> sum(value) filter (where code in ('6.1', '6.2', '6.3', '6.4'))
