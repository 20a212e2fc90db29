-- rule_id: FIG-12
-- title: "Kỳ trước chuyển sang bằng số đang giải quyết cuối kỳ trước"
-- statement: "carried over into a period = pending at the end of the period before"
-- severity: finding
-- over: flow

-- Carried over is counted where a dossier was received, pending where it is resolved: without what others resolve.
-- Where figures of a window that ends on the day before are stored.
select
    unit_code,
    field as subject,
    carried_over - carried_elsewhere as left_side,
    previous_pending as right_side
from proved_flow
where carried_over - carried_elsewhere <> previous_pending
