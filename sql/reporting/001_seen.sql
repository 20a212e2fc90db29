-- What whoever is logged in may see. Every view of schema reporting asks here; a new one is written
--
--     create or replace view reporting.<name> with (security_barrier) as
--     select …
--     where
--         (select access.whole_province()) in ('*', i.province_code)
--         or (i.province_code, i.period_code, i.unit_code, greatest(i.unit_valid_from, date '1900-01-01'))
--         in (select seen.* from access.seen() as seen)
--
-- Each of the two is asked once in a query, not once a row. `security_barrier`: no condition of a reader is looked at
-- before ours, so that no error that it raises can tell of a row. A function of schema reporting reads these views, and
-- nothing else.
--
-- Who is logged in is the session's user, which nobody can change. Of the API's own login (cchc_api), and of whoever
-- may read the tables themselves, the setting cchc.reader names the key that is asked for; of any other it is nothing.
create or replace function access.scope(
    out sees_all boolean, out province_code text, out unit_code text, out meant_on date
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    may_read_tables constant boolean := has_schema_privilege(session_user, 'landing', 'usage');
    is_api constant boolean := coalesce(pg_has_role(session_user, to_regrole('cchc_api'), 'member'), false);
    key_asked_for constant text := nullif(current_setting('cchc.reader', true), '');
begin
    sees_all := may_read_tables and key_asked_for is null;
    if sees_all then
        return;
    end if;
    if may_read_tables or is_api then
        select key.province_code, key.unit_code, key.meant_on
        into scope.province_code, scope.unit_code, scope.meant_on
        from access.api_key as key
        where key.key_id::text = key_asked_for and key.revoked_at is null and key.expires_at > now();
    else
        select reader.province_code, reader.unit_code, reader.meant_on
        into scope.province_code, scope.unit_code, scope.meant_on
        from access.reader
        where reader.login = session_user;
    end if;
end
$$;
comment on function access.scope() is
'What whoever is logged in sees: all, a unit and what is below it, or (unit_code null) nothing.';

create or replace function access.whole_province()
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
select case when scope.sees_all then '*' when scope.unit_code = '*' then scope.province_code end
from access.scope() as scope
$$;
comment on function access.whole_province() is
'The province that whoever is logged in sees the whole of; ''*'': every one; null: none.';

-- The days on which a unit was what its code meant on a day, moves below another parent included.
create or replace function access.own_unit()
returns table (province_code text, unit_code text, begins date, ends date)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
with meaning as (
    select period.province_code, period.org_code, period.valid_from, period.reach_from, period.reach_to, period.lives_on,
        scope.meant_on
    from access.scope() as scope
    inner join core.unit_period as period
        on period.province_code = scope.province_code and period.org_code = scope.unit_code
),

meant as (select valid_from from meaning where meant_on >= reach_from and meant_on < reach_to)

select
    meaning.province_code,
    meaning.org_code,
    coalesce(
        max(meaning.valid_from) filter (where not meaning.lives_on and meaning.valid_from <= meant.valid_from),
        '-infinity'
    ),
    coalesce(
        min(meaning.valid_from) filter (where not meaning.lives_on and meaning.valid_from > meant.valid_from),
        'infinity'
    )
from meaning
cross join meant
group by meaning.province_code, meaning.org_code
$$;

create or replace function access.seen()
returns table (province_code text, period_code text, unit_code text, unit_valid_from date)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
rows 1000
as $$
select distinct below.province_code, below.period_code, below.unit_code, below.unit_valid_from
from access.own_unit() as own
inner join mart.period_unit as below
    on
        below.province_code = own.province_code
        and below.above_code = own.unit_code
        and below.above_valid_from >= own.begins
        and below.above_valid_from < own.ends
$$;
comment on function access.seen() is
'The units that whoever is logged in sees in the figures of each period: their own and those below it in that period. '
'unit_valid_from is 1900-01-01 where a unit has been since before our data.';

create or replace function access.seen_units()
returns table (province_code text, unit_code text, unit_valid_from date, is_last boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
rows 100
as $$
with recursive meaning as materialized (
    select
        province_code,
        org_code,
        valid_from,
        reach_from,
        reach_to,
        parent_code,
        least(valid_to, date '9999-12-31') - 1 as last_day,
        reach_to = 'infinity' as is_last
    from core.unit_period
    -- who sees a whole province, or nothing, needs no tree
    where (select scope.unit_code from access.scope() as scope) <> '*'
),

below as (
    select meaning.province_code, meaning.org_code, meaning.valid_from, meaning.reach_from, meaning.reach_to, meaning.is_last
    from access.own_unit() as own
    inner join meaning
        on
            meaning.province_code = own.province_code
            and meaning.org_code = own.unit_code
            and meaning.valid_from >= own.begins
            and meaning.valid_from < own.ends
    union
    select part.province_code, part.org_code, part.valid_from, part.reach_from, part.reach_to, part.is_last
    from below
    inner join meaning as part
        on
            part.province_code = below.province_code
            and part.parent_code = below.org_code
            and part.last_day >= below.reach_from
            and part.last_day < below.reach_to
)

select province_code, org_code, greatest(valid_from, date '1900-01-01'), is_last from below
$$;
comment on function access.seen_units() is
'The units that whoever is logged in sees where no period is asked for: their own and those below it, each where it '
'last was. is_last: what the code means now, or meant last.';

-- A key of the API by its hash, if it is valid now; its use is noted, once a minute. For the API's login alone.
create or replace function access.admit(hash text)
returns table (key_id int, name text, unit_code text, expires_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    update access.api_key
    set last_used_at = clock_timestamp()
    where key_hash = hash and revoked_at is null and expires_at > clock_timestamp()
      and coalesce(last_used_at, '-infinity') < clock_timestamp() - interval '1 minute';
    return query
    select key.key_id, key.name, key.unit_code, key.expires_at
    from access.api_key as key
    where key.key_hash = hash and key.revoked_at is null and key.expires_at > clock_timestamp();
end
$$;
comment on function access.admit(text) is
'Whose a key of the API is: no row if there is none, or it has expired or was revoked.';

revoke execute on function access.admit(text) from public;
