-- rule_id: FIG-16
-- title: "Hồ sơ đang giải quyết của đơn vị đã giải thể có đơn vị kế thừa"
-- statement: "nothing is open that came from a unit which ended without a known successor"
-- severity: finding
-- over: flow

-- What is open is shown at the unit that was above, or at the province. The subject names the unit that ended: hr/units says
-- its successor in the column Đơn vị kế thừa.
select
    unit_code,
    ended_code as subject,
    pending as left_side,
    0 as right_side
from proved_handover
where pending <> 0
