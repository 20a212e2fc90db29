-- rule_id: FIG-16
-- title: "Hồ sơ đang giải quyết của đơn vị đã giải thể phải có đơn vị kế thừa: khai ở cột Đơn vị kế thừa (hr/units)"
-- statement: "nothing is open that came from a unit which ended without a known successor"
-- severity: finding
-- over: flow

-- What is open is shown at the unit that was above, or at the province. The subject names the unit that ended.
select
    unit_code,
    'đơn vị ' || ended_code as subject,
    pending as left_side,
    0 as right_side
from proved_handover
where pending <> 0
