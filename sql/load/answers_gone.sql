-- What reference data said at one moment of a load and does not say at the other, by what rows may call it.
--
-- {there}, {not_there}: the reference data as it was at the two moments; {columns}: the columns that the answer rests
-- on; {names}: those of them by which rows name a thing, each as a row of values.
select distinct named.key::text
from (
    select {columns}
    from {there}
    except
    select {columns}
    from {not_there}
) as changed
cross join lateral (values {names}) as named (key)
where named.key is not null
