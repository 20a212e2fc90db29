-- title: The national codes that were ever in the catalogue of procedures, by level

-- A province's own suffix behind the national code (.000.00.00.H21 or .H21) names the same procedure.
select
    level,
    national_code
from core.known_procedure
