-- What was delivered, and what its checks found. Every statement may be run again on a database that has it.

create schema if not exists landing;
create schema if not exists staging;
create schema if not exists quality;
create schema if not exists core;
create schema if not exists mart;
create schema if not exists reporting;

create table if not exists landing.file (
    file_id int generated always as identity primary key,
    source text not null,
    export text not null,               -- "hr/units"
    sender text not null,
    delivered_on date not null,         -- the folder it lay in
    path text not null,
    sha256 text not null,
    bytes bigint not null,
    modified_ns bigint not null,        -- with path and bytes: has this place been looked at before?
    archived_as text not null,
    landed_at timestamptz not null default now(),
    status text not null default 'landed'
        check (status in (
            'landed', 'accepted', 'accepted_with_errors', 'held', 'rejected', 'duplicate', 'withdrawn'
        )),
    rule_id text,                       -- the file rule that rejected it
    message text not null default '',
    rows_read bigint not null default 0,
    rows_loaded bigint not null default 0,
    rows_unchanged bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_closed bigint not null default 0,
    hash_version text,                  -- how raw_hash was computed; hashes of another version are not compared
    loaded_at timestamptz,
    seconds numeric
);
-- moves when a file is replaced by one of equal size and time
alter table landing.file add column if not exists changed_ns bigint;
comment on table landing.file is
'One row per delivered file; a file is (source, export, sender, sha256).';
create index if not exists file_path on landing.file (path);
-- not null: what the file brought still stands, but was judged by what has changed since; a later run judges it again
alter table landing.file add column if not exists reload_reason text;
-- the file whose load took this one back and loaded it again, last
alter table landing.file add column if not exists loaded_with int;
alter table landing.file drop constraint if exists file_status_check;
alter table landing.file add constraint file_status_check check (status in (
    'landed', 'accepted', 'accepted_with_errors', 'held', 'rejected', 'duplicate', 'withdrawn'
));
drop index if exists landing.file_identity; -- the same bytes may be said anew, after something else
create index if not exists file_bytes on landing.file (source, export, sender, sha256);
create index if not exists file_order on landing.file (export, sender, delivered_on, file_id);

create index if not exists file_waiting on landing.file (delivered_on)
where status = 'landed' or reload_reason is not null;

create table if not exists landing.file_event (
    event_id bigint generated always as identity primary key,
    file_id int not null references landing.file,
    kind text not null check (kind in ('confirm', 'withdraw', 'again')),
    by_name text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table landing.file_event is
'What a person decided about a file. Rows are only added.';
create index if not exists file_event_file on landing.file_event (file_id);
create or replace function landing.refuse_change() returns trigger
language plpgsql
as $$ begin raise exception 'rows of % are only ever added', tg_table_name; end $$;
create or replace trigger file_event_insert_only before update or delete or truncate on landing.file_event
for each statement execute function landing.refuse_change();

create table if not exists quality.result (
    file_id int not null references landing.file,
    rule_id text not null,
    column_name text not null,
    severity text not null,
    rows_checked bigint not null,
    rows_failed bigint not null,        -- by our own pass
    rows_judged_failed bigint,          -- by Great Expectations
    primary key (file_id, rule_id, column_name)
);
comment on table quality.result is
'One row per rule, column and file: passes too, and how often each of the two implementations saw it fail.';

create table if not exists quality.violation (
    file_id int not null,
    line bigint not null,
    rule_id text not null,
    column_name text not null,
    severity text not null,
    value text                          -- as delivered; personal data masked
);
comment on table quality.violation is
'One row per failing value; never sampled.';
create index if not exists violation_file on quality.violation (file_id, line);
create index if not exists violation_rule on quality.violation (rule_id, file_id);

create table if not exists quality.quarantined_row (
    file_id int not null,
    line bigint not null,
    export text not null,
    record_key text not null,           -- the key as text; '#' and a hash where the row has none
    raw jsonb not null,                 -- header as in the contract -> text as delivered
    rule_ids text[] not null,
    messages text[] not null,           -- Vietnamese
    resolved_by int,                    -- the later file that brought this key again
    resolution text check (resolution in ('corrected', 'delivered_again')),
    primary key (file_id, line)
);
comment on table quality.quarantined_row is
'One row per row that was kept out, whole.';
create index if not exists quarantined_row_open on quality.quarantined_row (export, record_key)
where resolved_by is null;

create table if not exists quality.finding (
    province_code text not null,
    period_code text not null,
    period_start date not null,
    period_end date not null,
    unit_code text not null,
    rule_id text not null,
    subject text not null,              -- the indicator codes or measures concerned
    origin text not null check (origin in ('computed', 'printed')),
    left_side numeric,
    right_side numeric,
    difference numeric,
    statement text not null,            -- Vietnamese
    primary key (province_code, period_code, period_start, period_end, unit_code, rule_id, subject, origin)
);
comment on table quality.finding is
'Identities and orders between figures that do not hold, and printed figures that are not the computed ones.';
