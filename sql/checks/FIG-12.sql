-- rule_id: FIG-12
-- title: "Kỳ trước chuyển sang bằng số đang giải quyết cuối kỳ trước"
-- statement: "carried over into a period = pending at the end of the period before"
-- severity: finding
-- over: flow

-- Where figures of a window that ends on the day before are stored.
select
    unit_code,
    field as subject,
    carried_over as left_side,
    previous_pending as right_side
from proved_flow
where carried_over <> previous_pending
