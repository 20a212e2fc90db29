-- creates: [window_task]

-- Tasks given since the year began (or the window, if that is earlier), to the unit and to what is below it.
create temp table window_task on commit drop as
select
    subtree.unit_code,
    task.task_code,
    task.assigned_by,
    task.assigned_on,
    task.due_on,
    task.completed_on{record}
from core.task as task
inner join window_unit as unit
    on
        unit.province_code = task.province_code
        and unit.code = task.org_code
        and task.assigned_on >= unit.reach_from
        and task.assigned_on < unit.reach_to
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
where task.assigned_on >= %(year_start)s and task.assigned_on < %(period_end)s
