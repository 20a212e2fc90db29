-- Let rows keep what is known of columns that their file does not have.
--
-- {core}: the table; {same_key}: that `stored` and `incoming` agree in the key; {columns}: those columns; {of_stored}:
-- the same, of `stored`.
update incoming
set ({columns}) = (select {of_stored})
from {core} as stored
where {same_key}
