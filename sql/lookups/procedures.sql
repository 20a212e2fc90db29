-- title: The national codes in the catalogue of procedures, by level

-- A province's own suffix behind the national code (.000.00.00.H21 or .H21) names the same procedure.
select distinct
    level,
    split_part(procedure_code, '.', 1) || '.' || split_part(procedure_code, '.', 2) as national_code
from core.procedure
