-- What this database was brought up to date with, so that what has changed is found and nothing is done twice.

create table if not exists landing.schema_version (
    version text not null,
    migrated_at timestamptz not null default now()
);
alter table landing.schema_version add column if not exists release text;
comment on table landing.schema_version is
'Every time the schema was brought up to date, and by which release of the program.';

create table if not exists landing.script (
    name text primary key,
    version text not null
);
comment on table landing.script is
'Every script of the schema, as it was run last.';

create table if not exists landing.migration (
    name text primary key,
    run_at timestamptz not null default now()
);
comment on table landing.migration is
'The files of sql/migrations that were run, or that a new database never needed.';

create table if not exists mart.count_version (
    table_name text primary key,
    version text not null
);
comment on table mart.count_version is
'The query that made each table of counts.';
