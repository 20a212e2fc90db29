-- title: The administrative codes that ship with the project

select distinct code as org_code
from core.administrative_unit
