-- code: "3.3.4"
-- parent: "3.3"
-- title: "Tỷ lệ quy trình nội bộ giải quyết TTHC đã được điện tử hóa"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.workflow_digital]
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 61/2018/NĐ-CP"

-- In force on the last day of the window: announced by then, not repealed by then.
select
    unit_code,
    sum(workflow_digital) as numerator,
    sum(in_force) as denominator
from window_procedure
group by unit_code
