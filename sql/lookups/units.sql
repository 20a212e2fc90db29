-- title: Every unit with the time in which its code means it, and the level whose procedures it handles

select
    org_code,
    parent_code,
    valid_from,
    valid_to,
    case
        when unit_kind = 'UBND cấp xã' then 'Xã'
        when unit_kind in ('UBND cấp tỉnh', 'Sở, ngành') then 'Sở'
        else 'Huyện'
    end as procedure_level
from core.unit_period
where org_code is not null
