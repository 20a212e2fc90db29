-- What cannot be counted because a file had no column for it. Every statement may be run again on a database that has
-- it.

-- received by a channel that nobody told
alter table mart.dossier_daily add column if not exists received_unknown bigint not null default 0;

create table if not exists mart.dossier_unknown (
    province_code text not null,
    org_code text not null,             -- empty: nobody told it
    unit_from date not null,
    day date not null,
    field text not null,                -- empty: nobody told it
    sender text not null,
    role text not null,                 -- the column of the contract for which the file had none
    received bigint not null default 0,
    resolved bigint not null default 0,
    withdrawn bigint not null default 0,
    refused bigint not null default 0,
    primary key (province_code, org_code, unit_from, day, field, sender, role)
);
comment on table mart.dossier_unknown is
'Dossiers of which a role is unknown because the file had no column for it: as in mart.dossier_daily, per sender and '
'role.';

create table if not exists mart.document_unknown (
    province_code text not null,
    org_code text not null,
    day date not null,
    sender text not null,
    role text not null,                 -- the column of the contract for which the file had none
    documents bigint not null default 0,
    primary key (province_code, org_code, day, sender, role)
);
comment on table mart.document_unknown is
'Documents of which a role is unknown because the file had no column for it, per sender and role.';

-- The sentence that says who does not deliver a column; of many senders the first three.
create or replace function mart.column_missing(header text, senders text[])
returns text
language sql
immutable
return 'Nơi gửi ' || array_to_string(senders[1:3], ', ')
|| case when cardinality(senders) > 3 then ' và ' || cardinality(senders) - 3 || ' nơi khác' else '' end
|| ' không giao cột «' || header || '»';

-- why a figure cannot be computed, in Vietnamese
alter table mart.indicator add column if not exists reason text;
alter table mart.indicator drop constraint if exists indicator_status_check;
alter table mart.indicator add constraint indicator_status_check check (
    status in ('observed', 'not_applicable', 'not_reported', 'not_computable', 'undefined')
);

-- a part of the flow that cannot be counted is null, and `reason` says why
alter table mart.dossier_flow add column if not exists reason text;
alter table mart.dossier_flow
alter column received drop not null,
alter column received_online drop not null,
alter column received_direct drop not null,
alter column received_postal drop not null,
alter column carried_over drop not null,
alter column resolved drop not null,
alter column resolved_early drop not null,
alter column resolved_on_time drop not null,
alter column resolved_late drop not null,
alter column pending drop not null,
alter column pending_in_time drop not null,
alter column pending_overdue drop not null,
alter column refused drop not null,
alter column withdrawn drop not null,
alter column taken_over drop not null,
alter column handed_over drop not null;
