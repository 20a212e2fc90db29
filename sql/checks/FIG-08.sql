-- rule_id: FIG-08
-- title: "Có mặt không vượt số được giao; đơn vị được phê duyệt VTVL không vượt tổng số đơn vị"
-- statement: "4.2.2 <= 4.2.1; 4.3.2 <= 4.3.1; 5.1.2 <= 4.1.4 (of a district 4.1.4.c, of a commune 4.1.4.e)"
-- severity: finding
-- over: figures

-- More people than posts is possible, and worth a question. Approved service units are all below a unit: of a province
-- they are compared with all of its service units, of a district and a commune, which report no others, with those that
-- it manages.
with expected as (
    select distinct on (figure.unit_code, pair.lesser)
        figure.unit_code,
        pair.lesser,
        figure.code as greater,
        figure.value as right_side
    from proved_figure as figure
    inner join (
        values
        ('4.2.2', array['4.2.1']),
        ('4.3.2', array['4.3.1']),
        ('5.1.2', array['4.1.4', '4.1.4.c', '4.1.4.e'])
    ) as pair (lesser, greater) on figure.code = any(pair.greater)
    order by figure.unit_code, pair.lesser, array_position(pair.greater, figure.code)
)

select
    expected.unit_code,
    expected.lesser || ' <= ' || expected.greater as subject,
    figure.value as left_side,
    expected.right_side
from expected
inner join proved_figure as figure on figure.unit_code = expected.unit_code and figure.code = expected.lesser
where figure.value > expected.right_side
