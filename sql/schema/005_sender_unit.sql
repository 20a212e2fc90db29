create table if not exists landing.sender_unit (
    sender text primary key,
    org_code text not null,
    by_name text not null,
    at timestamptz not null default now()
);
comment on table landing.sender_unit is
'Whose a sender''s lists are, where somebody said so: it goes before what the lists themselves say (core.list_owner).';
