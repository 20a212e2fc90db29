-- title: How many persons are present, by unit and kind of quota

-- On secondment or maternity leave still counts as present. Commune officials have no quota of these kinds.
select
    org_code,
    case staff_kind
        when 'Công chức' then 'Hành chính'
        when 'Viên chức' then 'Sự nghiệp'
        when 'Hợp đồng lao động' then 'Hợp đồng'
    end as quota_kind,
    count(distinct staff_code) as present
from core.staff
where
    status in ('Đang làm việc', 'Biệt phái', 'Nghỉ thai sản')
    and staff_kind in ('Công chức', 'Viên chức', 'Hợp đồng lao động')
group by 1, 2
