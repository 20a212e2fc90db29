-- thing: dossier
-- table: mart.procedure_daily
-- key: [province_code, org_code, day, national_code]
-- counts: [received, received_online]

-- Dossiers received, by procedure. The national code is d.dddddd; a province's own suffix behind it names the same
-- procedure.
select
    province_code,
    coalesce(org_code, '') as org_code,
    received_on as day,
    case
        when procedure_code ~ '^\d\.\d{6}' then left(procedure_code, 8) else coalesce(procedure_code, '')
    end as national_code,
    sum(sign) as received,
    coalesce(sum(sign) filter (where channel = 'Trực tuyến'), 0) as received_online{record}
from {changed} as d
where coalesce(status, '') not in ('Mới đăng ký', 'Không được tiếp nhận')
group by 1, 2, 3, 4{record}
