-- What people decide about rows that failed. Every statement may be run again on a database that has it.

-- A failing value is known by what it says, not by its place: the same row comes again each night.
alter table quality.violation add column if not exists export text not null default '';
alter table quality.violation add column if not exists sender text not null default '';
alter table quality.violation add column if not exists record_key text not null default '';
alter table quality.violation add column if not exists unit_code text not null default ''; -- '': nobody knows it
alter table quality.violation add column if not exists cell_hash text not null default ''; -- keyed, of the cell
alter table quality.violation add column if not exists word text; -- of a rule that asks for a word: which one it is
-- the later file that brought the row again, mended or failing anew; null: it is as it was
alter table quality.violation add column if not exists closed_by int;
alter table quality.violation add column if not exists decision_id bigint; -- what was decided, and holds
-- of what was loaded before: enough to list it; it is decided about once its file is judged again
update quality.violation as failed
set
    export = file.export,
    sender = file.sender
from landing.file as file
where
    failed.export = ''
    and file.file_id = failed.file_id;
update quality.violation as failed
set
    record_key = held.record_key,
    closed_by = held.resolved_by
from quality.quarantined_row as held
where
    failed.record_key = ''
    and held.file_id = failed.file_id
    and held.line = failed.line;
create index if not exists violation_open on quality.violation (export, rule_id, unit_code, file_id, line)
where closed_by is null;
create index if not exists violation_record on quality.violation (export, record_key);
create index if not exists violation_closed on quality.violation (closed_by) where closed_by is not null;

alter table quality.quarantined_row drop constraint if exists quarantined_row_resolution_check;
alter table quality.quarantined_row add constraint quarantined_row_resolution_check check (
    resolution in ('corrected', 'delivered_again', 'discarded')
);
create index if not exists quarantined_row_resolved on quality.quarantined_row (resolved_by)
where resolved_by is not null;

create table if not exists quality.batch (
    batch_id bigint generated always as identity primary key,
    name text not null,
    undoes bigint references quality.batch, -- this batch takes that one back
    by_name text not null,
    reason text not null,
    evidence text not null default '',  -- a document: its number and day
    at timestamptz not null default clock_timestamp()
);
comment on table quality.batch is
'Decisions that were made, and can be taken back, together. Rows are only added.';

create table if not exists quality.decision (
    decision_id bigint generated always as identity primary key,
    batch_id bigint not null references quality.batch,
    kind text not null check (kind in ('correct', 'confirm', 'waive', 'discard', 'mend_at_source')),
    export text not null,
    sender text not null,
    record_key text not null,
    rule_id text not null,              -- the rule whose failure was decided about
    column_name text not null,
    cell_hash text not null,            -- keyed, of the cell as it was delivered; of discard: of the whole row
    value text,                         -- of correct: what the cell should say
    until date,                         -- of waive: its last day
    unit_code text not null,            -- of the row, when it was decided
    file_id int not null,               -- where the row was seen
    line bigint not null
);
comment on table quality.decision is
'What was decided about one failing cell. It holds wherever the same sender says the same of the same record; a new '
'value voids it by itself. Rows are only added.';
create index if not exists decision_record on quality.decision (export, sender, record_key);
create index if not exists decision_batch on quality.decision (batch_id);

create table if not exists quality.decision_event (
    event_id bigint generated always as identity primary key,
    decision_id bigint not null references quality.decision,
    kind text not null check (kind in ('approved', 'refused', 'undone', 'expired')),
    batch_id bigint references quality.batch, -- of undone: the batch that did it
    by_name text not null,
    reason text not null default '',
    at timestamptz not null default clock_timestamp()
);
comment on table quality.decision_event is
'What became of a decision: a waiver holds once a second person has approved it. Rows are only added.';
create index if not exists decision_event_decision on quality.decision_event (decision_id);

create or replace trigger batch_insert_only before update or delete or truncate on quality.batch
for each statement execute function landing.refuse_change();
create or replace trigger decision_insert_only before update or delete or truncate on quality.decision
for each statement execute function landing.refuse_change();
create or replace trigger decision_event_insert_only before update or delete or truncate on quality.decision_event
for each statement execute function landing.refuse_change();

-- What a decision did to a row of a file, at its load. Rebuilt with the file.
create table if not exists quality.decided_row (
    file_id int not null,
    line bigint not null,
    decision_id bigint not null,
    column_name text not null,
    applied boolean not null,           -- false: the record says something else now, the decision is void
    original text,                      -- of a correction: the cell as it was delivered
    primary key (file_id, line, decision_id, column_name)
);
comment on table quality.decided_row is
'Rows that were loaded by a decision, and rows whose new value has voided one.';
create index if not exists decided_row_decision on quality.decided_row (decision_id);

create table if not exists quality.issue_event (
    event_id bigint generated always as identity primary key,
    export text not null,
    rule_id text not null,
    word text not null default '',
    unit_code text not null,
    kind text not null check (kind in ('acknowledged', 'assigned', 'commented', 'snoozed', 'resolved', 'reopened')),
    text text not null default '',
    assignee text,
    until date,
    by_name text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table quality.issue_event is
'What people did about an issue: all rows of a unit that break one rule, or say one unknown word. Rows are only added.';
create index if not exists issue_event_issue on quality.issue_event (export, rule_id, word, unit_code);
create or replace trigger issue_event_insert_only before update or delete or truncate on quality.issue_event
for each statement execute function landing.refuse_change();

create table if not exists quality.reveal (
    reveal_id bigint generated always as identity primary key,
    file_id int not null,
    line bigint not null,
    by_name text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table quality.reveal is
'Who looked at the personal data of which row, and why. Rows are only added.';
create or replace trigger reveal_insert_only before update or delete or truncate on quality.reveal
for each statement execute function landing.refuse_change();
