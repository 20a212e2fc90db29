-- code: "b.1.2"
-- parent: "b.1"
-- title: "Tỷ lệ hồ sơ được tiếp nhận qua dịch vụ bưu chính công ích, của các TTHC có hồ sơ tiếp nhận qua dịch vụ này"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/dossiers, one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.procedure_code, one_stop_shop/dossiers.channel,
--   one_stop_shop/dossiers.status, one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on]
-- among: "kind in ('received', 'Sở', 'Huyện', 'Xã')"
-- legal_basis: "Nghị định 61/2018/NĐ-CP; Quyết định 45/2016/QĐ-TTg"
-- note:
--   "Theo cách tính của chỉ tiêu 7.8.4 (báo cáo năm 2021 của huyện Đức Cơ: 103/173 hồ sơ của 03 TTHC): chỉ tính các
--   TTHC đang có hiệu lực có phát sinh hồ sơ tiếp nhận qua bưu chính công ích trong kỳ."

-- By analogy with 7.8.4: of the procedures that had a dossier received by post in the window anywhere below the unit,
-- all their dossiers received. None had one: undefined.
select
    unit_code,
    sum(received_postal) as numerator,
    sum(received) as denominator
from window_post
where received_postal > 0
group by unit_code
