-- title: The names of units, with the days on which a dossier may be received under each; of a sender those of its own
--   units and what is below them, and of everybody

-- A department has its name in every district: whose dossiers these are says which one is meant.
with recursive below as (
    select
        owner.province_code,
        owner.sender,
        owner.org_code
    from core.list_owner as owner
    union
    select
        below.province_code,
        below.sender,
        unit.org_code
    from below
    inner join core.unit_period as unit
        on unit.province_code = below.province_code and unit.parent_code = below.org_code
),

named as (
    select
        unit.province_code,
        unit.org_code,
        unit.org_name,
        receiving.valid_from,
        receiving.valid_to
    from core.unit_period as unit
    inner join core.unit_receiving as receiving
        on
            receiving.province_code = unit.province_code
            and receiving.org_code = unit.org_code
            and receiving.valid_to = unit.valid_to
)

select
    below.sender,
    named.org_name,
    named.org_code,
    named.valid_from,
    named.valid_to
from named
inner join below on below.province_code = named.province_code and below.org_code = named.org_code
union all
select
    null as sender,
    org_name,
    org_code,
    valid_from,
    valid_to
from named
