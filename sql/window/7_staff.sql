-- creates: [window_staff]

-- Who is present on the last day of the window, by kind; inside communes since there are
-- two tiers. Somebody who left is present until the day before
-- the new status. Two offices may deliver the same person. Who was taken off the list long after the window was there then; who
-- was taken off soon after it should not have been on it.
create temp table window_staff on commit drop as
with listed as (
    select province_code, staff_code, staff_kind, org_code, joined_on, status, status_on
    from core.staff
    union all
    select province_code, staff_code, staff_kind, org_code, joined_on, status, status_on
    from (
        select distinct on (h.province_code, h.sender, h.staff_code) h.*
        from core.staff_history as h
        where
            h.closed
            and h.superseded_on > %(listed_until)s
            and not exists (
                select from core.staff as c where c.province_code = h.province_code and c.staff_code = h.staff_code
            )
        order by h.province_code, h.sender, h.staff_code, h.superseded_on
    ) as gone
)

select
    subtree.unit_code,
    staff.staff_kind,
    count(distinct staff.staff_code) as present
from listed as staff
inner join window_unit as unit
    on
        unit.province_code = staff.province_code
        and unit.code = staff.org_code
        and %(last_day)s >= unit.reach_from
        and %(last_day)s < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
where
    (subtree.tier <> 'commune' or %(last_day)s >= %(two_tiers_from)s)
    and coalesce(staff.joined_on, '-infinity') <= %(last_day)s
    and (staff.status in ('Đang làm việc', 'Biệt phái', 'Nghỉ thai sản') or staff.status_on > %(last_day)s)
group by 1, 2
