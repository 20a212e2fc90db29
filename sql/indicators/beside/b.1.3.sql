-- code: "b.1.3"
-- parent: "b.1"
-- title: "Tỷ lệ kết quả được trả qua dịch vụ bưu chính công ích, của các TTHC có kết quả trả qua dịch vụ này"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/dossiers, one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.procedure_code, one_stop_shop/dossiers.return_channel,
--   one_stop_shop/dossiers.returned_at, one_stop_shop/dossiers.status, one_stop_shop/procedures.announced_on,
--   one_stop_shop/procedures.repealed_on]
-- among: "kind in ('returned', 'Sở', 'Huyện', 'Xã')"
-- legal_basis: "Nghị định 61/2018/NĐ-CP; Quyết định 45/2016/QĐ-TTg"
-- note:
--   "Theo cách tính của chỉ tiêu 7.8.4 (báo cáo năm 2021 của huyện Đức Cơ: 103/173 hồ sơ của 03 TTHC): chỉ tính các
--   TTHC đang có hiệu lực có phát sinh kết quả trả qua bưu chính công ích trong kỳ. Kết quả tính theo ngày
--   trả, tại nơi tiếp nhận hồ sơ."

-- By analogy with 7.8.4: of the procedures that had a result returned by post in the window anywhere below the unit,
-- all their results returned in the window. What is handed back after a withdrawal is no result. None had one:
-- undefined.
select
    unit_code,
    sum(returned_postal) as numerator,
    sum(returned) as denominator
from window_post
where returned_postal > 0
group by unit_code
