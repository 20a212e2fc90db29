-- Let rows keep what is known of columns that their file does not have.
--
-- {core}: the table; {same_key}: that `stored` and `incoming` agree in the key; {said}: those columns, as `stored` has
-- them.
update incoming
set {said}
from {core} as stored
where {same_key}
