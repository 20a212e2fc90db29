-- Counts per unit and day, the figures made of them, and what each run did.

create table if not exists mart.dossier_daily (
    province_code text not null,
    org_code text not null,
    unit_from date not null,            -- a day on which org_code meant the unit that received the dossier
    day date not null,
    field text not null,
    received_online bigint not null default 0,
    received_direct bigint not null default 0,
    received_postal bigint not null default 0,
    resolved_early bigint not null default 0,
    resolved_on_time bigint not null default 0,
    resolved_late bigint not null default 0,
    withdrawn bigint not null default 0,
    refused bigint not null default 0,
    overdue_in bigint not null default 0,   -- pending dossiers whose due day is past from this day on
    overdue_out bigint not null default 0,  -- those of them that left on this day
    primary key (province_code, org_code, unit_from, day, field)
);
comment on table mart.dossier_daily is
'Dossiers per unit, day and field: one counts on the day it was received, left, or became overdue. Sums over days give '
'every flow of any '
'window, and sums from the first day on give every state (pending, overdue) on any day: nothing is asked of "now".';

create table if not exists mart.procedure_daily (
    province_code text not null,
    org_code text not null,
    day date not null,
    national_code text not null,        -- d.dddddd; a province's own suffix names the same procedure
    received bigint not null default 0,
    received_online bigint not null default 0,
    primary key (province_code, org_code, day, national_code)
);
comment on table mart.procedure_daily is
'Dossiers received per unit, day and procedure.';

create table if not exists mart.document_daily (
    province_code text not null,
    org_code text not null,
    day date not null,
    sent bigint not null default 0,
    electronic bigint not null default 0,
    with_paper bigint not null default 0,
    steering bigint not null default 0,
    legal bigint not null default 0,
    primary key (province_code, org_code, day)
);
comment on table mart.document_daily is
'Documents sent per unit and day.';

-- The only division anywhere. Half a hundredth rounds up; without a denominator the numerator is the value.
create or replace function mart.figure_value(numerator numeric, denominator numeric, decimals int, is_share boolean)
returns numeric
language sql
immutable
return case
    when denominator is null then numerator
    when denominator = 0 then null
    when is_share then round(100 * numerator / denominator, decimals)
    else round(numerator / denominator, decimals)
end;

create table if not exists mart.form (
    code text primary key,
    form_order int not null,
    parent text not null,
    kind text not null check (kind in ('section', 'group', 'indicator')),
    title text not null,
    unit_of_measure text not null,
    behaviour text,
    origin text
);
-- whether figures of units that were merged may be added up
alter table mart.form add column if not exists adds_up boolean;
comment on table mart.form is
'The form that the figures are printed in: sections, groups and indicators in their order.';

create table if not exists mart.indicator (
    province_code text not null,
    cadence text not null,
    period_code text not null,
    period_start date not null,
    period_end date not null,           -- inclusive
    as_of date not null,
    unit_code text not null,
    unit_valid_from date not null,      -- a code may be used again with another meaning
    unit_name text not null,
    unit_level text not null,
    indicator_code text not null,
    value numeric,
    numerator numeric,
    denominator numeric,
    status text not null check (status in ('observed', 'not_applicable', 'not_reported', 'undefined')),
    definition_version text not null,
    file_id int,                        -- the newest load it rests on
    is_provisional boolean not null default true,
    computed_at timestamptz not null,
    primary key (province_code, cadence, period_code, unit_code, unit_valid_from, indicator_code)
) partition by list (cadence);
create table if not exists mart.indicator_quarterly partition of mart.indicator for values in ('quarterly');
create table if not exists mart.indicator_half_yearly partition of mart.indicator for values in ('half_yearly');
create table if not exists mart.indicator_nine_monthly partition of mart.indicator for values in ('nine_monthly');
create table if not exists mart.indicator_annual partition of mart.indicator for values in ('annual');
comment on table mart.indicator is
'The figures: one row per period, unit and indicator.';

create table if not exists mart.dossier_flow (
    province_code text not null,
    period_code text not null,
    period_start date not null,
    period_end date not null,
    as_of date not null,
    unit_code text not null,
    unit_valid_from date not null,
    unit_name text not null,
    unit_level text not null,
    field text not null,                -- 'Tất cả': all fields together
    received bigint not null,
    received_online bigint not null,
    received_direct bigint not null,
    received_postal bigint not null,
    carried_over bigint not null,
    resolved bigint not null,
    resolved_early bigint not null,
    resolved_on_time bigint not null,
    resolved_late bigint not null,
    pending bigint not null,
    pending_in_time bigint not null,
    pending_overdue bigint not null,
    refused bigint not null,
    withdrawn bigint not null,
    primary key (province_code, period_code, unit_code, unit_valid_from, field)
);
comment on table mart.dossier_flow is
'The flow of dossiers: one row per period, unit and field.';

create table if not exists mart.materialisation (
    materialisation_id bigint generated always as identity primary key,
    period_code text not null,
    period_start date not null,
    period_end date not null,
    as_of date not null,
    is_explicit boolean not null,       -- the window was given, not taken from the calendar
    figures bigint not null,
    figures_changed bigint not null,
    made_by text not null default current_user,
    made_at timestamptz not null default clock_timestamp()
);
comment on table mart.materialisation is
'Who made figures of which window, and when: a report may state its own window, and then that is on record.';
create index if not exists materialisation_period on mart.materialisation (period_code, materialisation_id);

-- Which of the meanings of a code that was used again within the window holds at its end: one row of each period and
-- code.
alter table mart.indicator add column if not exists is_current_meaning boolean not null default true;
alter table mart.dossier_flow add column if not exists is_current_meaning boolean not null default true;

-- Open dossiers that a unit which ended gave to its successor, and that a successor got, within the window.
alter table mart.dossier_flow add column if not exists taken_over bigint not null default 0;
alter table mart.dossier_flow add column if not exists handed_over bigint not null default 0;
