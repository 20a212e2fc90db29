-- Who may do what on the pages. Every statement may be run again on a database that has it.

create schema if not exists access;

create table if not exists access.person (
    name text primary key,              -- as Airflow knows them, or as they log in to `cchc serve`
    role text not null check (role in ('reader', 'steward', 'approver', 'ops')),
    unit_code text not null,            -- their own unit: they see it and what is below it; '*': all
    password_hash text,                 -- null: comes in through Airflow only
    removed_at timestamptz,
    at timestamptz not null default clock_timestamp()
);
comment on table access.person is
'Who may see and decide what. Names stay as text in what they decided: removing a person changes no history.';

create table if not exists access.session (
    token_hash text primary key,
    name text not null references access.person,
    csrf text not null,
    expires_at timestamptz not null
);
comment on table access.session is
'Who is logged in to the pages of `cchc serve`.';

create table if not exists access.person_event (
    event_id bigint generated always as identity primary key,
    name text not null,
    kind text not null check (kind in ('added', 'changed', 'removed', 'logged_in', 'refused')),
    role text,
    unit_code text,
    by_name text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table access.person_event is
'Every change of who may do what. Rows are only added.';
create or replace trigger person_event_insert_only before update or delete or truncate on access.person_event
for each statement execute function landing.refuse_change();
