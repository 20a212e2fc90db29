-- title: The staff codes that are known

select distinct staff_code
from core.staff
