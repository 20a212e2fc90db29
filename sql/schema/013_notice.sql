-- Which messages about the nights were sent. Every statement may be run again on a database that has it.

create table if not exists landing.notice (
    run text not null,                  -- what sent it: tried again, it does not send it twice
    sent_by text not null,              -- smtp, webhook
    told_until timestamptz not null,    -- the next one begins here
    sent_at timestamptz not null default clock_timestamp(),
    primary key (run, sent_by)
);
comment on table landing.notice is
'Which messages about the nights were sent.';
