-- A row that came as it stands, only spelled otherwise or hashed by another version, is known from now on by how it
-- came last: so the next delivery finds it unchanged.
--
-- {core}: the table; {same_key}, {same_values}: that `stored` and `incoming` agree in the key, in what the sender says.
update {core} as stored
set raw_hash = incoming.raw_hash
from incoming
where
    {same_key}
    and {same_values}
    and stored.raw_hash <> incoming.raw_hash
