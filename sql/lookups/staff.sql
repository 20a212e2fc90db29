-- title: The staff codes that are known

select staff_code
from core.known_staff
