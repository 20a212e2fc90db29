-- rule_id: FIG-08
-- title: "Có mặt không vượt số được giao; đơn vị được phê duyệt VTVL không vượt tổng số đơn vị"
-- statement: "4.2.2 <= 4.2.1; 4.3.2 <= 4.3.1; 5.1.2 <= 4.1.4.c"
-- severity: finding
-- over: figures

-- More people than posts is possible, and worth a question.
select
    figure.unit_code,
    expected.subject,
    sum(figure.value) filter (where figure.code = any(expected.lesser)) as left_side,
    max(figure.value) filter (where figure.code = expected.greater) as right_side
from proved_figure as figure
cross join (
    values
    ('4.2.2 <= 4.2.1', array['4.2.2'], '4.2.1'),
    ('4.3.2 <= 4.3.1', array['4.3.2'], '4.3.1'),
    ('5.1.2 <= 4.1.4.c', array['5.1.2'], '4.1.4.c'),
    ('5.1.2 <= 4.1.4.e', array['5.1.2'], '4.1.4.e')
) as expected (subject, lesser, greater)
group by figure.unit_code, expected.subject
having
    sum(figure.value) filter (where figure.code = any(expected.lesser))
    > max(figure.value) filter (where figure.code = expected.greater)
