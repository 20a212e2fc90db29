-- Which periods are older than their loads. Every statement may be run again on a database that has it.

create table if not exists mart.touch (
    touch_id bigint generated always as identity primary key,
    period_code text not null,
    touched_at timestamptz not null default clock_timestamp()
);
comment on table mart.touch is
'A load, or a confirmed cause of lateness, that may have changed the figures of a period. Rows are only added.';
create index if not exists touch_period on mart.touch (period_code);

-- the load whose touches are on record: another loaded_at is a load that nobody has recorded yet
alter table landing.file add column if not exists touched_for timestamptz;

-- how many touches the period had when these figures were made
alter table mart.materialisation add column if not exists touches bigint not null default 0;
