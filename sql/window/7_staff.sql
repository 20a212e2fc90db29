-- creates: [window_staff]

-- Who is present on the last day of the window, by kind, outside the communes. Somebody who left is present until the day before
-- the new status. Two offices may deliver the same person.
create temp table window_staff on commit drop as
select
    subtree.unit_code,
    staff.staff_kind,
    count(distinct staff.staff_code) as present
from core.staff as staff
inner join window_unit as unit
    on
        unit.province_code = staff.province_code
        and unit.code = staff.org_code
        and %(last_day)s >= unit.reach_from
        and %(last_day)s < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
where
    subtree.tier <> 'commune'
    and coalesce(staff.joined_on, '-infinity') <= %(last_day)s
    and (staff.status in ('Đang làm việc', 'Biệt phái', 'Nghỉ thai sản') or staff.status_on > %(last_day)s)
group by 1, 2
