-- Who reads which part of schema reporting. Every statement may be run again on a database that has it.

-- The logins that there are when a warehouse first comes under this rule go on reading what they read: the whole
-- province. Every later one sees nothing until somebody says what it is to see.
do $$
begin
    if to_regclass('access.reader') is null then
        create table access.reader (
            login text primary key,
            province_code text not null,
            unit_code text not null,        -- their own unit: they see it and what is below it; '*': the whole province
            meant_on date not null,         -- a day on which unit_code meant that unit: codes are used again
            since timestamptz not null default clock_timestamp(),
            by_name text not null
        );
        insert into access.reader (login, province_code, unit_code, meant_on, by_name)
        select rolname, '*', '*', current_date, 'migration'
        from pg_roles
        where rolcanlogin and not rolsuper and pg_has_role(oid, to_regrole('cchc_reader'), 'member');
    end if;
end
$$;
comment on table access.reader is
'Which login of the database sees which unit in schema reporting, with all below it. A login that is not here sees '
'nothing; province_code ''*'': any.';

create table if not exists access.api_key (
    key_id int generated always as identity primary key,
    key_hash text not null unique,      -- the key itself is shown once and kept nowhere
    name text not null,                 -- whose it is
    province_code text not null,
    unit_code text not null,            -- as in access.reader
    meant_on date not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    since timestamptz not null default clock_timestamp(),
    by_name text not null
);
comment on table access.api_key is
'Keys of the API: whose, for which unit and all below it, until when. Rows stay after a key was revoked.';

create table if not exists access.reader_event (
    event_id bigint generated always as identity primary key,
    kind text not null check (kind in ('set', 'removed', 'key_made', 'key_revoked')),
    name text not null,                 -- a login, or whose key it is
    key_id int,
    province_code text,
    unit_code text,
    meant_on date,
    by_name text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table access.reader_event is
'Every change of who reads what. Rows are only added.';
create or replace trigger reader_event_insert_only before update or delete or truncate on access.reader_event
for each statement execute function landing.refuse_change();

create table if not exists mart.period_unit (
    province_code text not null,
    above_code text not null,
    above_valid_from date not null,     -- 1900-01-01: since before our data
    period_code text not null,
    unit_code text not null,
    unit_valid_from date not null,
    primary key (province_code, above_code, above_valid_from, period_code, unit_code, unit_valid_from)
);
comment on table mart.period_unit is
'The tree that the figures of a period were added up along: for every unit, itself and each unit below it then.';
