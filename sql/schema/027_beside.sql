-- What the report says beside its appendix. Every statement may be run again on a database that has it.

-- the group of its own in which a row stands (the folder of its definition); empty: in the appendix
alter table mart.form add column if not exists form_group text not null default '';
-- what a reader has to know of how it is counted
alter table mart.form add column if not exists note text not null default '';

-- The first day of the reporting quarter of a day: 15/12, 15/3, 15/6 or 15/9 (Nghị định 09/2019/NĐ-CP, Điều 12).
create or replace function mart.quarter_of(day date)
returns date
language sql
immutable
return (date_trunc('quarter', (day - 14) + interval '1 month') - interval '1 month')::date + 14;

create table if not exists mart.procedure_quarterly (
    province_code text not null,
    org_code text not null,             -- empty: nobody told it
    unit_from date not null,
    day date not null,                  -- first of the reporting quarter
    procedure_code text not null,       -- as it was written; empty: nobody told it; '*': of all
    received bigint not null default 0,
    received_postal bigint not null default 0,
    returned bigint not null default 0,
    returned_postal bigint not null default 0,
    resolved_late bigint not null default 0,
    apologised bigint not null default 0,
    primary key (province_code, org_code, unit_from, day, procedure_code)
);
comment on table mart.procedure_quarterly is
'Dossiers received and results returned by public post and at all, per unit, reporting quarter and procedure; and late '
'ones, and those of them with a letter of apology.';

create table if not exists mart.procedure_unknown (
    province_code text not null,
    org_code text not null,             -- empty: nobody told it
    unit_from date not null,
    day date not null,                  -- first of the reporting quarter
    sender text not null,
    role text not null,                 -- the column of the contract for which the file had none
    kind text not null,                 -- returned, returned since, late
    dossiers bigint not null default 0,
    primary key (province_code, org_code, unit_from, day, sender, role, kind)
);
comment on table mart.procedure_unknown is
'Dossiers of which a role is unknown that mart.procedure_quarterly asks for, per sender and role.';
