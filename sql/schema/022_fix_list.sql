-- Fix lists that came back. Every statement may be run again on a database that has it.

create table if not exists quality.fix_list (
    fix_list_id bigint generated always as identity primary key,
    name text not null,                 -- of the workbook
    sha256 text not null,
    bytes bigint not null,
    archived_as text not null,
    by_name text not null,
    batch_id bigint references quality.batch, -- null: nothing in it could be taken
    corrected int not null,             -- cells, as the three below
    confirmed int not null,
    waiting int not null,               -- waivers that were asked for
    known int not null,                 -- said again what had been decided before
    refused jsonb not null,             -- [{"place": "14", "reason": "…"}], Vietnamese, personal data masked
    still_held int not null,            -- rows that stayed in quarantine all the same
    message text not null,              -- Vietnamese: why the whole workbook was refused, or ''
    at timestamptz not null default clock_timestamp()
);
comment on table quality.fix_list is
'Every workbook of failing rows that was filled in and came back, and what became of it. Rows are only added.';
create index if not exists fix_list_bytes on quality.fix_list (sha256);
create or replace trigger fix_list_insert_only before update or delete or truncate on quality.fix_list
for each statement execute function landing.refuse_change();
