-- rule_id: FIG-11
-- title: "Tiếp nhận, kỳ trước chuyển sang và nhận bàn giao bằng đã giải quyết, đang giải quyết, rút, bàn giao và nơi
--   khác giải quyết"
-- statement: "received + carried over + taken over = resolved + pending + withdrawn + handed over + resolved elsewhere,
--   of every unit and period"
-- severity: finding
-- over: flow

-- What moves when a unit ends is taken over by one and handed over by another.
-- What one unit receives and another resolves is resolved elsewhere: of a whole province that is 0.
-- Refused dossiers were never received: they stand on neither side. With another as-of day the state is that of another
-- day.
select
    unit_code,
    field as subject,
    received + carried_over + taken_over as left_side,
    resolved + pending + withdrawn + handed_over + resolved_elsewhere as right_side
from proved_flow
where
    as_of = period_end
    and received + carried_over + taken_over <> resolved + pending + withdrawn + handed_over + resolved_elsewhere
