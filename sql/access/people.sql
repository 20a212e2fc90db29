-- Everybody who may come in, and who was removed, by name.
select
    person.name,
    person.role,
    person.unit_code,
    coalesce(unit.org_name, '') as unit_name,
    person.password_hash is not null as has_password,
    person.removed_at,
    max(event.at) filter (where event.kind = 'logged_in') as last_came
from access.person
left join lateral (
    select meaning.org_name
    from core.unit_period as meaning
    where meaning.org_code = person.unit_code
    order by meaning.valid_from desc
    limit 1
) as unit on true
left join access.person_event as event on event.name = person.name
group by person.name, unit.org_name
order by person.removed_at is not null, person.name
