-- title: The service level of each procedure at each level of units and the days on which the lists said so, by its
--   national code; of a sender by its own list, and of everybody

with version as (
    select
        sender,
        procedure_code,
        level,
        service_level,
        delivered_on,
        'infinity'::date as superseded_on
    from core.procedure
    union all
    select
        sender,
        procedure_code,
        level,
        service_level,
        delivered_on,
        superseded_on
    from core.procedure_history
),

-- the first list tells of the time before it, too
held as (
    select
        sender,
        coalesce(substring(procedure_code, '^\d\.\d{6}'), procedure_code) as national_code,
        level,
        service_level,
        case
            when delivered_on = min(delivered_on) over (partition by sender, procedure_code, level) then '-infinity'
            else delivered_on
        end as valid_from,
        superseded_on as valid_to
    from version
)

select
    sender,
    national_code,
    level,
    service_level,
    valid_from,
    valid_to
from held
union all
select
    null as sender,
    national_code,
    level,
    service_level,
    valid_from,
    valid_to
from held
