-- A document as the document book has it, or once had it; no row if it never did.
--
-- %(number)s: its number without blanks, in small letters; %(issued_on)s: its day.
select number
from core.document
where issued_on = %(issued_on)s and core.fold(number) = %(number)s
union
select number
from core.document_history
where issued_on = %(issued_on)s and core.fold(number) = %(number)s
limit 1
