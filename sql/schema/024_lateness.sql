-- Why dossiers were late. Every statement may be run again on a database that has it.

create table if not exists quality.lateness_batch (
    batch_id bigint generated always as identity primary key,
    side text not null check (side in ('unit', 'outside')),     -- do đơn vị, ngoài đơn vị
    kind text check (kind in ('pause', 'late_click_off', 'outage')),
    document_number text not null,      -- as the document book has it
    document_on date not null,
    by_name text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp(),
    constraint lateness_batch_says_why check (kind is not null or side = 'unit')
);
comment on table quality.lateness_batch is
'Causes of lateness that somebody recorded together, by one document. Rows are only added.';

create table if not exists quality.lateness_cause (
    cause_id bigint generated always as identity primary key,
    batch_id bigint not null references quality.lateness_batch,
    province_code text not null,
    sender text not null,
    dossier_code text not null,
    due_on date not null,               -- as recorded: the later of two due days
    finished_on date not null,
    done_on date,                       -- of late_click_off: the day on which it was really done
    unit_code text not null             -- who resolved it, when the cause was recorded
);
comment on table quality.lateness_cause is
'One dossier of a batch. The cause holds while the same sender says the same of its due day and its end; a new value '
'voids it by itself. Rows are only added.';
create index if not exists lateness_cause_dossier on quality.lateness_cause (province_code, dossier_code);
create index if not exists lateness_cause_batch on quality.lateness_cause (batch_id);

create table if not exists quality.lateness_event (
    event_id bigint generated always as identity primary key,
    batch_id bigint not null references quality.lateness_batch,
    kind text not null check (kind in ('confirmed', 'refused', 'undone')),
    by_name text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);
comment on table quality.lateness_event is
'What became of a batch of causes: it holds once a second person has confirmed it. Rows are only added.';
create index if not exists lateness_event_batch on quality.lateness_event (batch_id);

create or replace trigger lateness_batch_insert_only before update or delete or truncate on quality.lateness_batch
for each statement execute function landing.refuse_change();
create or replace trigger lateness_cause_insert_only before update or delete or truncate on quality.lateness_cause
for each statement execute function landing.refuse_change();
create or replace trigger lateness_event_insert_only before update or delete or truncate on quality.lateness_event
for each statement execute function landing.refuse_change();

create table if not exists mart.late_outside (
    province_code text not null,
    period_code text not null,
    unit_code text not null,
    unit_valid_from date not null,
    field text not null,                -- 'Tất cả': all fields together
    late_outside bigint not null,
    primary key (province_code, period_code, unit_code, unit_valid_from, field)
);
comment on table mart.late_outside is
'Of the dossiers that mart.dossier_flow has as resolved late, those for a cause outside the unit that was confirmed; '
'no row where there is none.';

-- Few dossiers are late, and this index finds them: core.late_dossier repeats its condition.
create index if not exists dossier_late on core.dossier (finished_on, dossier_code)
where finished_on > greatest(due_on, extended_due_on);
