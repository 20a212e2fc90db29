-- code: "3.3"
-- parent: "3"
-- title: "Thực hiện cơ chế một cửa, một cửa liên thông"
-- unit: ""
-- decimals: 0
-- behaviour: stock
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.interlink]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- In force on the last day of the window: announced by then, not repealed by then.
-- Those that carry an interlink class: 3.3.1 and 3.3.2 together.
select
    unit_code,
    sum(interlinked_level + interlinked_across) as numerator,
    null as denominator
from window_procedure
group by unit_code
