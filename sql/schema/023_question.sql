-- What the nights asked people about files, and what was answered. Every statement may be run again on a database that
-- has it. Airflow forgets an answer when its task is cleared; these tables do not.

create table if not exists landing.question (
    question_id bigint generated always as identity primary key,
    file_id int not null references landing.file,
    about text not null check (about in ('held', 'ceiling')),
    said text not null,                 -- Vietnamese: why somebody is asked
    rows_quarantined bigint not null,   -- so many rows were kept out when it was asked
    options text[] not null,
    default_option text not null,       -- what is done if nobody answers
    until timestamptz not null,
    run text not null,                  -- the DAG and its run
    at timestamptz not null default clock_timestamp()
);
comment on table landing.question is
'What a night asked a person about a file. Asked again, it is another question. Rows are only added.';
create index if not exists question_file on landing.question (file_id);

create table if not exists landing.answer (
    question_id bigint primary key references landing.question,
    option text not null,
    by_id text,                         -- as Airflow counts its users; null: nobody answered in time
    by_name text,
    reason text not null default '',
    answered_at timestamptz not null,
    verdict text not null check (verdict in ('counts', 'refused', 'too_late', 'timed_out')),
    said text not null default '',      -- Vietnamese: why it does not count
    at timestamptz not null default clock_timestamp()
);
comment on table landing.answer is
'What was answered to a question, by whom, and whether it counts. Rows are only added.';

create or replace trigger question_insert_only before update or delete or truncate on landing.question
for each statement execute function landing.refuse_change();
create or replace trigger answer_insert_only before update or delete or truncate on landing.answer
for each statement execute function landing.refuse_change();
