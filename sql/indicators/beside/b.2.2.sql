-- code: "b.2.2"
-- parent: "b.2"
-- title: "Số hồ sơ trực tuyến của các TTHC mức độ 4"
-- unit: "Hồ sơ"
-- decimals: 0
-- behaviour: flow
-- levels: [province, department, district, commune]
-- source: [one_stop_shop/dossiers, one_stop_shop/procedures]
-- needs:
--   [one_stop_shop/dossiers.org_code, one_stop_shop/dossiers.procedure_code, one_stop_shop/dossiers.channel,
--   one_stop_shop/dossiers.status, one_stop_shop/procedures.announced_on, one_stop_shop/procedures.repealed_on,
--   one_stop_shop/procedures.service_level]
-- among: "kind in ('received', 'Sở', 'Huyện', 'Xã')"
-- legal_basis: "Nghị định 61/2018/NĐ-CP; Nghị định 42/2022/NĐ-CP (mức độ 3, 4 nay là một phần, toàn trình)"
-- note: "Đi cùng chỉ tiêu 7.8.4: cùng những TTHC và hồ sơ ấy."

-- What the share 7.8.4 is made of: the level-4 procedures in force that had an online dossier in the window, and how
-- many online dossiers they had.
select
    unit_code,
    sum(received_online) as numerator,
    null as denominator
from window_online
where
    service_level = 4
    and received_online > 0
group by unit_code
