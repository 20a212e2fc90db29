-- rule_id: FIG-13
-- title: "Đã giải quyết và đang giải quyết bằng tổng các phần"
-- statement: "resolved = early + on time + late; pending = in time + overdue"
-- severity: finding
-- over: flow

select
    flow.unit_code,
    flow.field || ': ' || part.subject as subject,
    part.left_side,
    part.right_side
from proved_flow as flow
cross join lateral (
    values
    ('resolved', flow.resolved, flow.resolved_early + flow.resolved_on_time + flow.resolved_late),
    ('pending', flow.pending, flow.pending_in_time + flow.pending_overdue)
) as part (subject, left_side, right_side)
where part.left_side <> part.right_side or flow.pending_overdue < 0 or flow.pending_in_time < 0
