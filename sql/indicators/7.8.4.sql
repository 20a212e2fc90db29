-- code: "7.8.4"
-- parent: "7.8"
-- title: "Tỷ lệ hồ sơ xử lý trực tuyến mức độ 4"
-- unit: "%"
-- decimals: 2
-- behaviour: share
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/dossiers, one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.procedure_code, one_stop_shop/dossiers.channel,
--   one_stop_shop/dossiers.status, one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.service_level]
-- among: "kind in ('received', 'Sở', 'Huyện', 'Xã')"
-- legal_basis: "Công văn 581/BNV-CCHC, phụ lục thống kê của báo cáo CCHC; Nghị định 42/2022/NĐ-CP (mức độ 3, 4 nay là
--   một phần, toàn trình)"

-- Of the level-4 procedures that had an online dossier in the window anywhere below the unit: all their dossiers
-- received. Procedures of this level exist and none was used online: 0, without a denominator. None exists: undefined.
select
    unit_code,
    sum(received_online) as numerator,
    sum(received) as denominator
from window_online
where
    service_level = 4
    and received_online > 0
group by unit_code
union all
select distinct
    offered.unit_code,
    0 as numerator,
    null::bigint as denominator
from window_procedure as offered
where
    offered.level_4 > 0
    and not exists (
        select
        from window_online as used
        where
            used.unit_code = offered.unit_code
            and used.service_level = 4
            and used.received_online > 0
    )
