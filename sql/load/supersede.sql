-- Keep in the history the version before of every key that comes with other values.
--
-- %(file_id)s, %(day)s: the file that brings the new version, and the day it was delivered for.
-- {core}, {history}: the tables; {columns}: all that both have; {of_stored}: the same, as columns of `stored`;
-- {same_key}: that `stored` and `incoming` agree in the key.
insert into {history} ({columns}, superseded_by, superseded_on, closed)
select
    {of_stored},
    %(file_id)s,
    %(day)s,
    false
from {core} as stored
inner join incoming on {same_key}
