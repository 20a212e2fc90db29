-- Logins that see something in schema reporting, logins that might and do not ('': nothing), and keys of the API.
with reader as (
    select
        coalesce(entry.login, role.rolname::text) as login,
        null::int as key_id,
        coalesce(entry.login, role.rolname::text) as name,
        coalesce(entry.unit_code, '') as unit_code,
        entry.meant_on,
        entry.since,
        coalesce(entry.by_name, '') as by_name,
        null::timestamptz as expires_at,
        null::timestamptz as last_used_at,
        null::timestamptz as ended_at
    from (
        select rolname
        from pg_roles
        where rolcanlogin and not rolsuper and pg_has_role(oid, to_regrole('cchc_reader'), 'member')
    ) as role
    full join access.reader as entry on entry.login = role.rolname
    union all
    select
        null,
        key_id,
        name,
        unit_code,
        meant_on,
        since,
        by_name,
        expires_at,
        last_used_at,
        case when revoked_at is null and expires_at <= clock_timestamp() then expires_at else revoked_at end
    from access.api_key
)

select
    reader.login,
    reader.key_id,
    reader.name,
    reader.unit_code,
    coalesce(unit.org_name, '') as unit_name,
    reader.since,
    reader.by_name,
    reader.expires_at,
    reader.last_used_at,
    reader.ended_at
from reader
left join lateral (
    select meaning.org_name
    from core.unit_period as meaning
    where
        meaning.org_code = reader.unit_code
        and reader.meant_on >= meaning.reach_from
        and reader.meant_on < meaning.reach_to
    order by meaning.valid_from desc
    limit 1
) as unit on true
order by reader.login, reader.ended_at is not null, reader.key_id
