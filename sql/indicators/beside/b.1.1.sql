-- code: "b.1.1"
-- parent: "b.1"
-- title: "Tỷ lệ TTHC có hồ sơ tiếp nhận hoặc trả kết quả qua dịch vụ bưu chính công ích"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/dossiers, one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.procedure_code, one_stop_shop/dossiers.channel,
--   one_stop_shop/dossiers.return_channel, one_stop_shop/dossiers.returned_at, one_stop_shop/dossiers.status,
--   one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on]
-- among: "kind in ('received', 'returned', 'Sở', 'Huyện', 'Xã')"
-- legal_basis: "Nghị định 61/2018/NĐ-CP; Quyết định 45/2016/QĐ-TTg"
-- note: "Mẫu số: TTHC đang có hiệu lực, trừ những TTHC mà danh mục ghi là không thực hiện qua bưu chính công ích."

-- In force on the last day of the window, and not marked by the list as closed to the post. Of these, in the window one
-- dossier at least came by post, or one result went by post.
select
    unit_code,
    sum(used) as numerator,
    sum(offered) as denominator
from (
    select
        unit_code,
        0 as used,
        taking_post as offered
    from window_procedure
    union all
    select
        unit_code,
        1 as used,
        0 as offered
    from window_post
    where takes_post and received_postal + returned_postal > 0
) as procedure
group by unit_code
