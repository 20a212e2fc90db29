-- creates: [window_lacking, window_unknown]

-- The files that had no column for a role, with the roles.
create temp table window_lacking on commit drop as
select
    file_id,
    export,
    sender,
    absent
from landing.file
where absent <> '{}';

-- What a figure of a unit might count, and nobody can tell: a role of such a file, of a row on which nobody told it
-- before. `needs` is the role as definitions name it. Which of these rows a figure would count, its definition says
-- (`among:`) by `kind` (of task, event, staff, quota, unit; the level of a procedure; what happened to a dossier), by
-- `tier`, `field_class` and `day`; a word that is itself unknown may be any. Without files of this kind it is empty,
-- and nothing was looked up.
create temp table window_unknown on commit drop as
with task as (
    select
        task.province_code,
        task.org_code,
        task.assigned_by as kind,
        task.assigned_on as day,
        lacking.sender,
        'document_management/tasks.' || unknown.role as needs
    from window_lacking as lacking
    inner join core.task as task on task.file_id = lacking.file_id
    cross join lateral (
        values
        ('assigned_by', task.assigned_by is null),
        ('org_code', task.org_code is null),
        ('completed_on', task.completed_on is null),
        -- only what was done, or may have been, can be late
        (
            'due_on',
            task.due_on is null and (task.completed_on < %(period_end)s or 'completed_on' = any(lacking.absent))
        )
    ) as unknown (role, is_unknown)
    where
        lacking.export = 'document_management/tasks'
        and unknown.is_unknown
        and unknown.role = any(lacking.absent)
        and task.assigned_on >= %(year_start)s
        and task.assigned_on < %(period_end)s
),

event as (
    select
        event.province_code,
        event.org_code,
        event.event_kind as kind,
        event.decided_on as day,
        lacking.sender,
        'hr/events.' || unknown.role as needs
    from window_lacking as lacking
    inner join core.staff_event as event on event.file_id = lacking.file_id
    cross join lateral (
        values
        ('event_kind', event.event_kind is null),
        ('form', event.form is null),
        ('position_level', event.position_level is null),
        ('by_competition', event.by_competition is null),
        ('org_code', event.org_code is null)
    ) as unknown (role, is_unknown)
    where
        lacking.export = 'hr/events'
        and unknown.is_unknown
        and unknown.role = any(lacking.absent)
        and event.decided_on >= %(period_start)s
        and event.decided_on < %(period_end)s
),

staff as (
    select
        person.province_code,
        person.org_code,
        person.staff_kind as kind,
        %(last_day)s::date as day,
        lacking.sender,
        'hr/staff.' || unknown.role as needs
    from window_lacking as lacking
    inner join told_staff as person on person.file_id = lacking.file_id
    cross join lateral (
        values
        ('staff_kind', person.staff_kind is null),
        ('org_code', person.org_code is null),
        ('status', person.status is null)
    ) as unknown (role, is_unknown)
    where
        lacking.export = 'hr/staff'
        and unknown.is_unknown
        and unknown.role = any(lacking.absent)
        and (person.presence <> 'late' or person.is_first_list)
        and coalesce(person.latest_joined_on, '-infinity') <= %(last_day)s
),

document as (
    select
        province_code,
        org_code,
        null as kind,
        day,
        sender,
        'document_management/documents.' || role as needs
    from mart.document_unknown
    where day >= %(period_start)s and day < %(period_end)s and documents > 0
),

-- by the unit that a row names on its day; whose unit is unknown may be anybody's
fact as (
    select
        found.*,
        unit.unit_code as own_code
    from (
        select *
        from task
        union all
        select *
        from event
        union all
        select *
        from staff
        union all
        select *
        from document
    ) as found
    left join window_unit as unit
        on
            unit.province_code = found.province_code
            and unit.code = found.org_code
            and found.day >= unit.reach_from
            and found.day < unit.reach_to
    where found.org_code is null or unit.unit_code is not null
),

of_unit as (
    select
        subtree.unit_code,
        fact.needs,
        fact.sender,
        case
            when fact.needs not like 'document_management/documents.%%' then fact.kind
            when subtree.unit_code = subtree.part_code then 'own'
            else 'below'
        end as kind,
        subtree.tier,
        fact.day
    from fact
    inner join window_subtree as subtree on subtree.part_code = fact.own_code
    union all
    select
        unit.unit_code,
        fact.needs,
        fact.sender,
        fact.kind,
        null as tier,
        fact.day
    from fact
    inner join window_unit as unit on unit.is_in_window
    where fact.own_code is null
),

quota as (
    select
        subtree.unit_code,
        'hr/quotas.assigned' as needs,
        lacking.sender,
        case when quota.year = 2015 then quota.quota_kind || ' 2015' else quota.quota_kind end as kind,
        subtree.tier
    from window_lacking as lacking
    inner join told_quota as quota on quota.file_id = lacking.file_id
    inner join window_unit as unit
        on
            unit.province_code = quota.province_code
            and unit.code = quota.org_code
            and quota.decided_on >= unit.reach_from
            and quota.decided_on < unit.reach_to
    inner join window_subtree as subtree on subtree.part_code = unit.lives_on_as
    where
        lacking.export = 'hr/quotas'
        and 'assigned' = any(lacking.absent)
        and quota.assigned is null
        and quota.year in (%(year)s, 2015)
        and quota.decided_on <= %(last_day)s
),

-- Of a procedure its days are what was said last, all else what the list of the time said.
procedure as (
    select distinct
        scope.unit_code,
        'one_stop_shop/procedures.' || unknown.role as needs,
        lacking.sender,
        procedure.level as kind
    from window_lacking as lacking
    inner join told_procedure as procedure on lacking.file_id in (procedure.file_id, procedure.latest_file_id)
    inner join window_scope as scope
        on
            scope.province_code = procedure.province_code
            and scope.level = procedure.level
            and procedure.sender = any(scope.senders)
    cross join lateral (
        select
            procedure.presence <> 'gone'
            and lacking.file_id = procedure.file_id
            and (
                procedure.latest_announced_on < %(period_end)s
                and coalesce(procedure.latest_repealed_on, 'infinity') >= %(period_end)s
            ) is not false as is_listed,
            lacking.file_id = procedure.latest_file_id as is_said_last
    ) as listed
    cross join lateral (
        values
        ('service_level', is_listed and procedure.service_level is null),
        ('interlink', is_listed and procedure.interlink is null),
        ('workflow_approved', is_listed and procedure.workflow_approved is null),
        ('workflow_digital', is_listed and procedure.workflow_digital is null),
        ('on_provincial_portal', is_listed and procedure.on_provincial_portal is null),
        ('on_national_portal', is_listed and procedure.on_national_portal is null),
        ('online_payment', is_listed and procedure.online_payment is null),
        ('announced_on', is_said_last and procedure.latest_announced_on is null),
        (
            'repealed_on',
            is_said_last
            and procedure.latest_repealed_on is null
            and (procedure.latest_announced_on < %(period_end)s) is not false
        )
    ) as unknown (role, is_unknown)
    where
        lacking.export = 'one_stop_shop/procedures'
        and unknown.is_unknown
        and unknown.role = any(lacking.absent)
),

unit as (
    select
        unit.*,
        lacking.sender,
        unknown.role
    from window_lacking as lacking
    inner join told_unit as told on told.file_id = lacking.file_id
    inner join window_unit as unit
        on unit.province_code = told.province_code and unit.code = told.org_code and unit.is_current_meaning
    cross join lateral (
        values
        ('parent_code', told.parent_code is null and told.unit_kind <> 'UBND cấp tỉnh'),
        ('managed_by', told.managed_by is null and unit.is_at_end),
        ('autonomy_group', told.autonomy_group is null and unit.is_at_end),
        ('positions_approved', told.positions_approved is null and unit.is_at_end),
        ('equitised', coalesce(told.equitised, told.latest_equitised) is null)
    ) as unknown (role, is_unknown)
    where
        lacking.export = 'hr/units'
        and unknown.is_unknown
        and unknown.role = any(lacking.absent)
),

of_units as (
    select
        subtree.unit_code,
        'hr/units.' || unit.role as needs,
        unit.sender,
        unit.level as kind
    from unit
    inner join window_subtree as subtree on subtree.part_code = unit.unit_code
    where unit.role <> 'parent_code'
    union all
    -- whoever may stand above it may count whatever it counts
    select
        above.unit_code,
        'hr/units.parent_code' as needs,
        unit.sender,
        null as kind
    from unit
    inner join window_unit as above
        on
            above.is_in_window
            and array_position(
                array['province', 'department', 'district', 'commune', 'office', 'service_unit'], above.level
            ) < array_position(
                array['province', 'department', 'district', 'commune', 'office', 'service_unit'], unit.level
            )
    where unit.role = 'parent_code'
)

select distinct
    unit_code,
    needs,
    sender,
    kind,
    tier,
    null as field_class,
    day
from of_unit
union
select
    unit_code,
    needs,
    sender,
    kind,
    tier,
    null,
    null::date
from quota
union
select
    unit_code,
    needs,
    sender,
    kind,
    null,
    null,
    null
from procedure
union
select
    unit_code,
    needs,
    sender,
    kind,
    null,
    null,
    null
from of_units
union
select
    dossier.unit_code,
    'one_stop_shop/dossiers.' || dossier.role,
    dossier.sender,
    event.kind,
    dossier.tier,
    case when dossier.role <> 'field' then coalesce(dossier.field_class, 'none') end,
    null
from window_dossier_unknown as dossier
cross join lateral (
    values ('received', dossier.received), ('resolved', dossier.resolved)
) as event (kind, dossiers)
where event.dossiers > 0
