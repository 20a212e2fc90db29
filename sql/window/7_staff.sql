-- creates: [window_staff]
-- share:
--   present: >-
--     case row_number() over (partition by staff_kind, staff_code order by record) when 1 then 1::bigint else 0 end

-- Who is present on the last day of the window, by kind; inside communes since there are two tiers. Two offices may
-- deliver the same person. A person is what the list of the time said; a day that was said later speaks all the same:
-- of joining, or of a status. Somebody who left is present until the day before the new status. Who was taken off the
-- list is gone, but if a status had said from which day. Who only a later list holds was there if a day says so, and
-- nobody's list of the time knew the person.
create temp table window_staff on commit drop as
with listed as (
    select
        person.province_code,
        person.staff_code,
        person.staff_kind,
        person.org_code,
        person.presence,
        person.told_until,
        person.latest_joined_on as joined_on,
        said.status in ('Đang làm việc', 'Biệt phái', 'Nghỉ thai sản') as is_at_work,
        said.status_on{record}
    from told_staff as person
    cross join lateral (
        select
            case when is_known then person.latest_status else person.status end as status,
            case
                when is_known or person.latest_status = person.status then person.latest_status_on else person.status_on
            end as status_on
        from (select coalesce(person.latest_status_on <= %(last_day)s, false) as is_known) as by_its_day
    ) as said
    where
        person.presence <> 'late'
        or not exists (
            select
            from told_staff as other
            where
                other.province_code = person.province_code
                and other.staff_code = person.staff_code
                and other.presence <> 'late'
        )
        and (
            person.is_first_list
            or coalesce(person.latest_joined_on, person.latest_status_on) <= %(last_day)s
        )
)

select
    subtree.unit_code,
    staff.staff_kind,
    count(distinct staff.staff_code) as present{record}{person}
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
    and case
        when staff.is_at_work then staff.presence <> 'gone'
        else
            staff.status_on > %(last_day)s
            and (staff.presence <> 'gone' or staff.status_on <= staff.told_until)
    end
group by 1, 2{record}{person}
