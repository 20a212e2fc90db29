-- rule_id: FIG-05
-- title: "Số đơn vị sự nghiệp công lập bằng tổng theo mức tự chủ"
-- statement: "4.1.4 (of a district 4.1.4.c, of a commune 4.1.4.e) = 6.1 + 6.2 + 6.3 + 6.4"
-- severity: finding
-- over: figures

-- A province reports all its service units (4.1.4); a district those it manages (4.1.4.c), and a commune since 1/7/2025
-- (4.1.4.e).
with whole as (
    select distinct on (unit_code)
        unit_code,
        code,
        value
    from proved_figure
    where code in ('4.1.4', '4.1.4.c', '4.1.4.e')
    order by unit_code, array_position(array['4.1.4', '4.1.4.c', '4.1.4.e'], code)
),

parts as (
    select
        unit_code,
        sum(value) as value
    from proved_figure
    where code in ('6.1', '6.2', '6.3', '6.4')
    group by unit_code
)

select
    whole.unit_code,
    whole.code || ' = 6.1 + 6.2 + 6.3 + 6.4' as subject,
    whole.value as left_side,
    parts.value as right_side
from whole
inner join parts on parts.unit_code = whole.unit_code
where whole.value <> parts.value
