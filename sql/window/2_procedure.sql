-- creates: [window_scope, window_catalogue, window_procedure]

-- Whose catalogue of procedures is a unit's: that of the senders who deliver the units below it, and of senders who deliver no
-- units at all.
create temp table window_scope on commit drop as
select
    subtree.unit_code,
    array_agg(distinct part.sender order by part.sender) as senders
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
group by subtree.unit_code;

-- A procedure that was taken off the list long after the window, without a day of repeal, was there then.
create temp table window_catalogue on commit drop as
with listed as (
    select
        sender, procedure_code, level, service_level, interlink, workflow_approved, workflow_digital, on_provincial_portal,
        on_national_portal, online_payment, announced_on, repealed_on, delivered_on, file_id
    from core.procedure
    union all
    select
        sender, procedure_code, level, service_level, interlink, workflow_approved, workflow_digital, on_provincial_portal,
        on_national_portal, online_payment, announced_on, repealed_on, delivered_on, file_id
    from (
        select distinct on (h.province_code, h.sender, h.procedure_code, h.level) h.*
        from core.procedure_history as h
        where
            h.closed
            and h.superseded_on > %(listed_until)s
            and not exists (
                select
                from core.procedure as c
                where
                    c.province_code = h.province_code
                    and c.sender = h.sender
                    and c.procedure_code = h.procedure_code
                    and c.level = h.level
            )
        order by h.province_code, h.sender, h.procedure_code, h.level, h.superseded_on
    ) as gone
)

select distinct on (scope.senders, named.national_code, p.level)
    scope.senders,
    named.national_code,
    p.level,
    case when p.service_level in ('3', 'Một phần') then 3 when p.service_level in ('4', 'Toàn trình') then 4 else 2 end
        as service_level,
    p.interlink,
    p.workflow_approved,
    p.workflow_digital,
    coalesce(p.on_provincial_portal, false) as on_provincial_portal,
    coalesce(p.on_national_portal, false) as on_national_portal,
    p.online_payment,
    p.announced_on < %(period_end)s and coalesce(p.repealed_on, 'infinity') >= %(period_end)s as is_in_force,
    p.announced_on >= %(period_start)s and p.announced_on < %(period_end)s as is_announced,
    p.repealed_on >= %(period_start)s and p.repealed_on < %(period_end)s as is_repealed
from (select distinct senders from window_scope) as scope
inner join listed as p
    on p.sender = any(scope.senders) or p.sender not in (select sender from window_unit)
cross join lateral (
    -- a province's own suffix behind the national code names the same procedure
    select case when p.procedure_code ~ '^\d\.\d{6}' then left(p.procedure_code, 8) else p.procedure_code end as national_code
) as named
order by scope.senders, named.national_code, p.level, p.delivered_on desc, p.file_id desc;

-- A commune handles the procedures of its level, a district also those of its communes, a province all.
create temp table window_procedure on commit drop as
with counted as (
    select
        senders,
        level,
        count(*) filter (where is_in_force) as in_force,
        count(*) filter (where is_announced) as announced,
        count(*) filter (where is_repealed) as repealed,
        count(*) filter (where is_in_force and interlink = 'Cùng cấp') as interlinked_level,
        count(*) filter (where is_in_force and interlink = 'Giữa các cấp') as interlinked_across,
        count(*) filter (where is_in_force and workflow_approved) as workflow_approved,
        count(*) filter (where is_in_force and workflow_digital) as workflow_digital,
        count(*) filter (where is_in_force and on_provincial_portal) as on_provincial_portal,
        count(*) filter (where is_in_force and on_provincial_portal and service_level >= 3) as online_on_provincial_portal,
        count(*) filter (where is_in_force and on_national_portal) as on_national_portal,
        count(*) filter (where is_in_force and on_national_portal and service_level >= 3) as online_on_national_portal,
        count(*) filter (where is_in_force and online_payment) as online_payment,
        count(*) filter (where is_in_force and service_level = 3) as level_3,
        count(*) filter (where is_in_force and service_level = 4) as level_4
    from window_catalogue
    group by senders, level
)

select
    unit.unit_code,
    counted.*
from window_unit as unit
inner join window_scope as scope on scope.unit_code = unit.unit_code
inner join counted on counted.senders = scope.senders
where
    counted.level = any(
        case unit.level
            when 'province' then array['Sở', 'Huyện', 'Xã']
            when 'department' then array['Sở']
            when 'district' then array['Huyện', 'Xã']
            when 'commune' then array['Xã']
            else array[]::text []
        end
    )
