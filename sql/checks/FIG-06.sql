-- rule_id: FIG-06
-- title: "Phần không vượt tổng: nhiệm vụ, kiểm tra"
-- statement: "1.1.2 <= 1.1.1; 1.2.2 <= 1.2.1; 1.2.4 <= 1.2.3; 1.4.2 + 1.4.3 <= 1.4.1"
-- severity: finding
-- over: figures

select
    figure.unit_code,
    expected.subject,
    sum(figure.value) filter (where figure.code = any(expected.lesser)) as left_side,
    max(figure.value) filter (where figure.code = expected.greater) as right_side
from proved_figure as figure
cross join (
    values
    ('1.1.2 <= 1.1.1', array['1.1.2'], '1.1.1'),
    ('1.2.2 <= 1.2.1', array['1.2.2'], '1.2.1'),
    ('1.2.4 <= 1.2.3', array['1.2.4'], '1.2.3'),
    ('1.4.2 + 1.4.3 <= 1.4.1', array['1.4.2', '1.4.3'], '1.4.1')
) as expected (subject, lesser, greater)
group by figure.unit_code, expected.subject
having
    sum(figure.value) filter (where figure.code = any(expected.lesser))
    > max(figure.value) filter (where figure.code = expected.greater)
