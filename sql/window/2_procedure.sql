-- creates: [window_owner, window_scope, window_catalogue, window_procedure]
-- rolls_up: false

-- Whose the list of a sender was. By the rule of core.list_owner (sql/core/list_owner.sql), which says whose it is now:
-- what was set, else the topmost of the sender's units, else the unit of its name. Change both. Its units are those
-- that its list of the time held, or had held until they ended, below what was above them then.
create temp table window_owner on commit drop as
with delivered as (
    select
        told.province_code,
        told.sender,
        unit.unit_code,
        unit.parent_unit
    from told_unit as told
    inner join window_unit as unit on unit.province_code = told.province_code and unit.code = told.org_code
    where
        told.presence = 'held'
        or told.is_first_list
        or told.presence = 'gone' and unit.valid_to < 'infinity'
),

sender as (
    select distinct
        province_code,
        sender
    from told_procedure
)

select
    sender.province_code,
    sender.sender,
    unit.unit_code
from sender
left join landing.sender_unit as said on said.sender = sender.sender
inner join window_unit as unit
    on
        unit.province_code = sender.province_code
        and case
            when said.sender is not null then unit.code = said.org_code
            when
                exists (
                    select
                    from delivered
                    where delivered.province_code = sender.province_code and delivered.sender = sender.sender
                )
                then exists (
                    select
                    from delivered as top
                    where
                        top.province_code = sender.province_code
                        and top.sender = sender.sender
                        and top.unit_code = unit.unit_code
                        and not exists (
                            select
                            from delivered as parent
                            where
                                parent.province_code = top.province_code
                                and parent.sender = top.sender
                                and parent.unit_code = top.parent_unit
                        )
                )
            else sender.sender in (unit.code, lower(unit.code))
        end;

-- Whose lists are a unit's catalogue of procedures, at each level that it handles: those of the nearest owner at or
-- above it that has rows of the level; where none has, those of all owners below it. The list of a stranger is never
-- added.
create temp table window_scope on commit drop as
with recursive handled as (
    select
        unit.unit_code,
        of_level.level
    from window_unit as unit
    cross join lateral unnest(
        case unit.level
            when 'province' then array['Sở', 'Huyện', 'Xã']
            when 'department' then array['Sở']
            when 'district' then array['Huyện', 'Xã']
            when 'commune' then array['Xã']
        end
    ) as of_level (level)
    where unit.is_in_window
),

listed as (
    select distinct
        owner.unit_code,
        procedure.level,
        procedure.province_code,
        procedure.sender
    from told_procedure as procedure
    inner join window_owner as owner
        on owner.province_code = procedure.province_code and owner.sender = procedure.sender
    where
        procedure.presence = 'held'
        or procedure.presence = 'late' and (procedure.latest_announced_on < %(period_end)s or procedure.is_first_list)
        or procedure.presence = 'gone'
        and procedure.latest_repealed_on >= %(period_start)s
        and procedure.latest_repealed_on <= procedure.told_until
),

-- up the tree until a list is found
above as (
    select
        handled.unit_code,
        handled.level,
        handled.unit_code as above_code
    from handled
    union all
    select
        above.unit_code,
        above.level,
        unit.parent_unit as above_code
    from above
    inner join window_unit as unit on unit.unit_code = above.above_code
    where
        unit.parent_unit is not null
        and not exists (
            select from listed where listed.unit_code = above.above_code and listed.level = above.level
        )
),

nearest as (
    select
        above.unit_code,
        above.level,
        listed.province_code,
        listed.sender
    from above
    inner join listed on listed.unit_code = above.above_code and listed.level = above.level
),

below as (
    select
        handled.unit_code,
        handled.level,
        listed.province_code,
        listed.sender
    from handled
    inner join window_subtree as subtree on subtree.unit_code = handled.unit_code
    inner join listed on listed.unit_code = subtree.part_code and listed.level = handled.level
    where
        not exists (
            select from nearest where nearest.unit_code = handled.unit_code and nearest.level = handled.level
        )
)

select
    unit_code,
    level,
    province_code,
    array_agg(distinct sender order by sender) as senders
from (
    select *
    from nearest
    union all
    select *
    from below
) as found
group by unit_code, level, province_code;

-- A procedure is what the list of the time said; its days are what was said last. One that was taken off the list is
-- gone, but if that was because it had been repealed; one that only a later list holds was there if its day of
-- announcement says so.
create temp table window_catalogue on commit drop as
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
    -- it may come and go by public post, unless the list says that it does not
    coalesce(p.postal, true) as takes_post,
    p.latest_announced_on < %(period_end)s
    and coalesce(p.latest_repealed_on, 'infinity') >= %(period_end)s as is_in_force,
    p.latest_announced_on >= %(period_start)s and p.latest_announced_on < %(period_end)s as is_announced,
    p.latest_repealed_on >= %(period_start)s and p.latest_repealed_on < %(period_end)s as is_repealed{record}
from (select distinct province_code, level, senders from window_scope) as scope
inner join told_procedure as p
    on p.province_code = scope.province_code and p.level = scope.level and p.sender = any(scope.senders)
cross join lateral (
    -- a province's own suffix behind the national code names the same procedure
    select
        case
            when p.procedure_code ~ '^\d\.\d{6}' then left(p.procedure_code, 8) else p.procedure_code
        end as national_code
) as named
where p.presence <> 'gone' or p.latest_repealed_on <= p.told_until
order by
    scope.senders,
    named.national_code,
    p.level,
    array_position(array['held', 'late', 'gone'], p.presence),
    p.delivered_on desc,
    p.file_id desc;

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
        count(*) filter (
            where is_in_force and on_provincial_portal and service_level >= 3
        ) as online_on_provincial_portal,
        count(*) filter (where is_in_force and on_national_portal) as on_national_portal,
        count(*) filter (where is_in_force and on_national_portal and service_level >= 3) as online_on_national_portal,
        count(*) filter (where is_in_force and online_payment) as online_payment,
        count(*) filter (where is_in_force and takes_post) as taking_post,
        count(*) filter (where is_in_force and service_level = 3) as level_3,
        count(*) filter (where is_in_force and service_level = 4) as level_4{record}
    from window_catalogue
    group by senders, level{record}
)

select
    scope.unit_code,
    counted.*
from window_scope as scope
inner join counted on counted.senders = scope.senders and counted.level = scope.level
