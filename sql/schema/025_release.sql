-- Releases: figures that were approved, and stand as they were for ever. Every statement may be run again on a database
-- that has it.
--
-- Columns are called as in the views of `reporting`, and say what those said: unit_valid_from is 1900-01-01 where a
-- unit has been since before our data. Other rows of a release are written before mart.release itself, which has the
-- hashes of all of them: that is why it is referred to only when the transaction ends.

create table if not exists mart.release (
    release_id int primary key,         -- 1, 2, 3 … without a gap, over the whole warehouse
    province_code text not null,
    cadence text not null,
    period_code text not null,
    period_start date not null,
    period_end date not null,           -- inclusive
    as_of date not null,
    unit_code text not null,            -- who signs: the topmost unit of the release
    unit_valid_from date not null,
    unit_name text not null,
    revision int not null,              -- of this period and unit: 0, 1, 2 …
    follows int references mart.release,        -- the release that this one revises
    statement text not null,
    incomplete text[] not null,         -- Vietnamese: what was not complete, and was known when it was signed
    signer text not null,
    reason text check (reason in ('late_data', 'corrected_data', 'decision', 'definition', 'unit', 'mistake')),
    changelog text not null default '',
    figures_hash text not null,         -- of all rows of mart.release_figure
    parts jsonb not null,               -- of each other table of the release: its hash
    form text not null,                 -- which form was signed, in which version, and what it said
    form_version text not null,
    form_hash text not null,
    code_version text not null,
    previous_hash text not null,        -- of the release with the number before; '' of the first
    hash text not null unique,
    code text not null unique,          -- short, of `hash`: printed on the form
    published_at timestamptz not null,
    unique (province_code, period_code, unit_code, unit_valid_from, revision),
    constraint release_revision_says_why check (follows is null or reason is not null)
);
comment on table mart.release is
'Releases: who signed which figures of a period, of a unit and all below it. Rows are only added.';

create table if not exists mart.release_unit (
    release_id int not null references mart.release deferrable initially deferred,
    unit_code text not null,
    unit_valid_from date not null,
    unit_name text not null,
    unit_level text not null,
    attributes jsonb not null,          -- what the lists of units said: parent_code, valid_to, managed_by …
    figures_hash text not null,         -- of the figures of this unit
    primary key (release_id, unit_code, unit_valid_from)
);
comment on table mart.release_unit is
'The units of a release, as they were. Rows are only added.';
create index if not exists release_unit_unit on mart.release_unit (unit_code, unit_valid_from);

create table if not exists mart.release_figure (
    release_id int not null references mart.release deferrable initially deferred,
    period_code text not null,
    period_start date not null,
    period_end date not null,
    as_of date not null,
    unit_code text not null,
    unit_name text not null,
    unit_level text not null,
    indicator_code text not null,
    indicator_name text not null,
    unit_of_measure text not null,
    value numeric,
    numerator numeric,
    denominator numeric,
    status text not null,
    is_provisional boolean not null default false,
    revision int not null,
    computed_at timestamptz not null,
    province_code text not null,
    unit_valid_from date not null,
    definition_version text not null,
    form_order int not null,
    cadence text not null,
    is_current_meaning boolean not null,
    calendar_period_code text not null,
    reason text,
    file_id int,                        -- the newest load it rests on
    primary key (release_id, unit_code, unit_valid_from, indicator_code)
);
comment on table mart.release_figure is
'The figures of a release, one row per unit and indicator, as reporting showed them. Rows are only added.';

create table if not exists mart.release_flow (
    release_id int not null references mart.release deferrable initially deferred,
    period_code text not null,
    period_start date not null,
    period_end date not null,
    as_of date not null,
    unit_code text not null,
    unit_name text not null,
    unit_level text not null,
    field text not null,
    received bigint,
    received_online bigint,
    received_direct bigint,
    received_postal bigint,
    carried_over bigint,
    resolved bigint,
    resolved_early bigint,
    resolved_on_time bigint,
    resolved_late bigint,
    pending bigint,
    pending_in_time bigint,
    pending_overdue bigint,
    refused bigint,
    withdrawn bigint,
    province_code text not null,
    unit_valid_from date not null,
    is_current_meaning boolean not null,
    calendar_period_code text not null,
    taken_over bigint,
    handed_over bigint,
    reason text,
    resolved_elsewhere bigint,
    primary key (release_id, unit_code, unit_valid_from, field)
);
comment on table mart.release_flow is
'The flow of dossiers of a release, one row per unit and field, as reporting.dossier_flow showed it. Rows are only '
'added.';

create table if not exists mart.release_definition (
    release_id int not null references mart.release deferrable initially deferred,
    indicator_code text not null,
    definition_version text not null,
    header jsonb not null,              -- what the header of the definition said: title, unit, legal_basis …
    query text not null,                -- SQL; '' of an indicator that units declare
    figures_hash text not null,         -- of the figures of this indicator
    primary key (release_id, indicator_code)
);
comment on table mart.release_definition is
'The definitions that the figures of a release were made by. Rows are only added.';

create table if not exists mart.release_finding (
    release_id int not null references mart.release deferrable initially deferred,
    unit_code text not null,
    rule_id text not null,
    subject text not null,
    origin text not null,
    left_side numeric,
    right_side numeric,
    difference numeric,
    statement text not null,
    primary key (release_id, unit_code, rule_id, subject, origin)
);
comment on table mart.release_finding is
'What did not hold between the figures of a release when it was published. Rows are only added.';

create table if not exists mart.release_waiver (
    release_id int not null references mart.release deferrable initially deferred,
    decision_id bigint not null,
    batch_id bigint not null,
    export text not null,
    rule_id text not null,
    unit_code text not null,
    until date,
    by_name text not null,
    reason text not null,
    primary key (release_id, decision_id)
);
comment on table mart.release_waiver is
'The waivers that held when a release was published. Rows are only added.';

create table if not exists mart.release_load (
    release_id int not null references mart.release deferrable initially deferred,
    file_id int not null,
    export text not null,
    sender text not null,
    delivered_on date not null,
    sha256 text not null,
    loaded_at timestamptz not null,
    primary key (release_id, file_id)
);
comment on table mart.release_load is
'The files that a release rests on: those that changed something and tell of its window, and of each sender the last '
'before it. Rows are only added.';

create table if not exists mart.release_change (
    change_id bigint primary key,       -- 1, 2, 3 …: the cursor of the feed
    release_id int not null references mart.release deferrable initially deferred,
    previous_release_id int references mart.release,    -- where the figure was published before
    unit_code text not null,
    unit_valid_from date not null,
    indicator_code text not null,
    kind text not null check (kind in ('first', 'revised', 'added', 'removed'))
);
comment on table mart.release_change is
'Which figures each release published first, changed, added or took away. Rows are only added.';
create index if not exists release_change_release on mart.release_change (release_id);

create table if not exists mart.release_event (
    event_id int primary key,           -- 1, 2, 3 … without a gap
    release_id int not null references mart.release deferrable initially deferred,
    kind text not null check (kind in ('approved_above', 'note', 'waits')),
    unit_code text not null default '', -- of a note: whose figure; '': the release as a whole
    indicator_code text not null default '',
    text text not null default '',
    copied_from int,                    -- of a note: the note of the release before
    about text not null default '',     -- of waits: the hash of the differences that wait
    by_name text not null,
    at timestamptz not null,
    previous_hash text not null,
    hash text not null unique
);
comment on table mart.release_event is
'What was added to a release: the approval of the level above, notes, and that late data wait for now. Rows are only '
'added.';
create index if not exists release_event_release on mart.release_event (release_id);

-- Nobody changes what was published, whatever was granted to whom; not even a session that plays changes back.
do $$
declare
    published record;
begin
    for published in
        select relname as name from pg_class
        where relnamespace = 'mart'::regnamespace and relkind = 'r' and relname ~ '^release(_|$)'
    loop
        execute format(
            'create or replace trigger insert_only before update or delete or truncate on mart.%1$I'
            ' for each statement execute function landing.refuse_change();'
            'alter table mart.%1$I enable always trigger insert_only',
            published.name
        );
    end loop;
end
$$;

-- What is hashed: a line of text for each row of these parts of a release, the same in every session.
create or replace function mart.release_lines(release int, parts text[])
returns table (part text, unit_code text, unit_valid_from date, indicator_code text, line text)
language sql
stable
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
select
    'figure', unit_code, unit_valid_from, indicator_code,
    row(
        release_id, period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, indicator_code,
        indicator_name, unit_of_measure, value, numerator, denominator, status, is_provisional, revision, computed_at,
        province_code, unit_valid_from, definition_version, form_order, cadence, is_current_meaning,
        calendar_period_code, reason, file_id
    )::text
from mart.release_figure where release_id = $1 and 'figure' = any($2)
union all
select
    'flow', unit_code, unit_valid_from, null,
    row(
        release_id, period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, field, received,
        received_online, received_direct, received_postal, carried_over, resolved, resolved_early, resolved_on_time,
        resolved_late, pending, pending_in_time, pending_overdue, refused, withdrawn, province_code, unit_valid_from,
        is_current_meaning, calendar_period_code, taken_over, handed_over, reason, resolved_elsewhere
    )::text
from mart.release_flow where release_id = $1 and 'flow' = any($2)
union all
select
    'unit', unit_code, unit_valid_from, null,
    row(release_id, unit_code, unit_valid_from, unit_name, unit_level, attributes, figures_hash)::text
from mart.release_unit where release_id = $1 and 'unit' = any($2)
union all
select
    'definition', null, null, indicator_code,
    row(release_id, indicator_code, definition_version, header, query, figures_hash)::text
from mart.release_definition where release_id = $1 and 'definition' = any($2)
union all
select
    'finding', unit_code, null, null,
    row(
        release_id, unit_code, rule_id, subject, origin, left_side, right_side, difference, statement
    )::text
from mart.release_finding where release_id = $1 and 'finding' = any($2)
union all
select
    'waiver', unit_code, null, null,
    row(release_id, decision_id, batch_id, export, rule_id, unit_code, until, by_name, reason)::text
from mart.release_waiver where release_id = $1 and 'waiver' = any($2)
union all
select
    'load', null, null, null,
    row(release_id, file_id, export, sender, delivered_on, sha256, loaded_at)::text
from mart.release_load where release_id = $1 and 'load' = any($2)
union all
select
    'change', unit_code, unit_valid_from, indicator_code,
    row(change_id, release_id, previous_release_id, unit_code, unit_valid_from, indicator_code, kind)::text
from mart.release_change where release_id = $1 and 'change' = any($2)
$$;

-- The hash of a release, of all it says of itself and of its parts.
create or replace function mart.release_hash(r mart.release)
returns text
language sql
stable
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
select encode(sha256(convert_to(row(
    r.release_id, r.province_code, r.cadence, r.period_code, r.period_start, r.period_end, r.as_of, r.unit_code,
    r.unit_valid_from, r.unit_name, r.revision, r.follows, r.statement, r.incomplete, r.signer, r.reason, r.changelog,
    r.figures_hash, r.parts, r.form, r.form_version, r.form_hash, r.code_version, r.previous_hash, r.published_at
)::text, 'UTF8')), 'hex')
$$;

create or replace function mart.release_event_hash(e mart.release_event)
returns text
language sql
stable
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
select encode(sha256(convert_to(row(
    e.event_id, e.release_id, e.kind, e.unit_code, e.indicator_code, e.text, e.copied_from, e.about, e.by_name,
    e.at, e.previous_hash
)::text, 'UTF8')), 'hex')
$$;
