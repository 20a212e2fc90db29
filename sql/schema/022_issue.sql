-- What the list of issues is made of. Every statement may be run again on a database that has it.

-- headers that nobody knows, as they may be told
alter table landing.file add column if not exists unknown_headers text[] not null default '{}';
create index if not exists file_unknown_headers on landing.file (export, sender) where unknown_headers <> '{}';
create index if not exists file_refused on landing.file (export, sender) where status in ('held', 'rejected');
create index if not exists file_loaded on landing.file (export, loaded_at);

-- when the rows of an issue were first seen; it serves all who ask for a rule
drop index if exists quality.violation_rule;
create index if not exists violation_seen on quality.violation (rule_id, export, unit_code, file_id);
create index if not exists issue_event_at on quality.issue_event (at);
create index if not exists file_landed on landing.file (landed_at);
