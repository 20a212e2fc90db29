-- title: The national code of each procedure by its name, field and level; of a sender by its own list, and of
--   everybody

with listed as (
    select
        sender,
        procedure_name,
        field,
        level,
        coalesce(substring(procedure_code, '^\d\.\d{6}'), procedure_code) as procedure_code
    from core.procedure
    union
    select
        sender,
        procedure_name,
        field,
        level,
        coalesce(substring(procedure_code, '^\d\.\d{6}'), procedure_code) as procedure_code
    from core.procedure_history
)

select
    sender,
    procedure_name,
    field,
    level,
    procedure_code
from listed
union
select
    null as sender,
    procedure_name,
    field,
    level,
    procedure_code
from listed
