-- title: The words that are known for fields of procedures (Lĩnh vực), in lower case

select word
from core.known_field
