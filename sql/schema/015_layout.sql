-- What a file's columns were read as. Every statement may be run again on a database that has it.

-- the layout by which it was read; empty: the contract's own names of columns
alter table landing.file add column if not exists layout text not null default '';
-- the columns of the contract for which the file has none
alter table landing.file add column if not exists absent text[] not null default '{}';
-- how many rows of the file have something in a column: {"due_at": 120}
alter table landing.file add column if not exists filled jsonb not null default '{}';
-- what layouts ask: exports whose lists tell some columns of the file
alter table landing.file add column if not exists derived_from text[] not null default '{}';
-- why a rule did not run, in Vietnamese; null: it ran
alter table quality.result add column if not exists not_run text;

create table if not exists landing.layout (
    layout_id int generated always as identity primary key,
    name text not null,
    export text not null,
    said text not null,                 -- the layout as its YAML says it
    by_name text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table landing.layout is
'The layouts that somebody taught this warehouse. Rows are only added; of a name the newest holds.';
create or replace trigger layout_insert_only before update or delete or truncate on landing.layout
for each statement execute function landing.refuse_change();
