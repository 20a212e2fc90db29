-- A dossier may name a procedure that has left the catalogue since: what is known stays known.
create or replace view core.known_procedure as
select
    level,
    substring(procedure_code, '^\d\.\d{6}') as national_code
from core.procedure
union
select
    level,
    substring(procedure_code, '^\d\.\d{6}') as national_code
from core.procedure_history;

comment on view core.known_procedure is
'Every procedure that was ever in a delivered catalogue, by level.';
