-- code: "4.2.5"
-- parent: "4.2"
-- title: "Tỷ lệ phần trăm biên chế đã tinh giản so với năm 2015"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, office]
-- source: [hr/quotas]
-- needs: [hr/quotas.assigned]
-- among: "kind in ('Hành chính', 'Hành chính 2015')"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 108/2014/NĐ-CP; Nghị định
--   113/2018/NĐ-CP; Nghị định 143/2020/NĐ-CP"

-- The last decision of the year on or before the last day of the window, per unit; inside communes since 1/7/2025.
-- What the quota lost since 2015. Without a decision of this year nothing can be said.
select
    unit_code,
    assigned_2015 - assigned as numerator,
    assigned_2015 as denominator
from window_quota
where quota_kind = 'Hành chính'
    and assigned is not null
