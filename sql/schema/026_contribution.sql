-- What the figures of a release rest on, row by row, as it was then. Rows are only added. Every statement may be run
-- again on a database that has it.
--
-- Kept is the window by record: what each row of a file adds to the tables that indicators read, at the unit that it
-- names; never once more for the units above it. Of a row stand here its file, its line, and which `piece` of a table
-- it is: all rows with the same content are one piece.

create table if not exists mart.release_contribution_table (
    release_id int not null,
    window_table text not null,
    columns jsonb not null,             -- [[name, type], …], beside unit and record
    header jsonb not null,              -- what is counted together, and shared how: of its file in sql/window
    primary key (release_id, window_table)
);
comment on table mart.release_contribution_table is
'The tables of the window that the indicators of a release read: their columns, and how a record''s part is told.';

create table if not exists mart.release_contribution_unit (
    release_id int not null,
    unit_code text not null,            -- as the window told units apart
    code text not null,
    valid_from date not null,
    content jsonb not null,             -- what the window knew of the unit
    parts text[] not null,              -- its subtree, by unit_code; empty if it was not in the window itself
    tiers text[] not null,              -- of each part
    lists jsonb not null,               -- table -> the list that the unit shares with others
    primary key (release_id, unit_code)
);
comment on table mart.release_contribution_unit is
'The units of the window of a release, with what is below each.';

create table if not exists mart.release_contribution_piece (
    release_id int not null,
    piece int not null,
    window_table text not null,
    content jsonb not null,
    primary key (release_id, piece)
);
comment on table mart.release_contribution_piece is
'What rows that count alike add to a table of the window.';

create table if not exists mart.release_contribution (
    release_id int not null,
    window_table text not null,
    held_by text not null,              -- unit_code of the unit that the rows name, or a list that units share
    block int not null,
    file_ids int[] not null,
    lines int[] not null,               -- of the first its line, of each other how far it is from the one before
    pieces int[] not null,
    primary key (release_id, window_table, held_by, block)
);
comment on table mart.release_contribution is
'The rows of files that a release rests on, packed: once for each table that they count in.';

create table if not exists mart.release_contribution_apart (
    release_id int not null,
    unit_code text not null,
    indicator_code text not null,
    file_ids int[] not null,
    lines int[] not null,
    numerators numeric[] not null,
    denominators numeric[] not null,
    primary key (release_id, unit_code, indicator_code)
);
comment on table mart.release_contribution_apart is
'What rows add to a figure that is not made of what is kept of the parts of its unit.';

create table if not exists mart.release_contribution_decided (
    release_id int not null,
    file_id int not null,
    line bigint not null,
    kinds text[] not null,              -- of decisions: correct, confirm, waive, mend_at_source
    primary key (release_id, file_id, line)
);
comment on table mart.release_contribution_decided is
'Rows of the files that a release rests on which were decided about when it was published.';

-- Nobody changes them, as with all of a release.
do $$
declare
    kept record;
begin
    for kept in
        select relname as name from pg_class
        where relnamespace = 'mart'::regnamespace and relkind = 'r' and relname ~ '^release_contribution'
    loop
        execute format(
            'create or replace trigger insert_only before update or delete or truncate on mart.%1$I'
            ' for each statement execute function landing.refuse_change();'
            'alter table mart.%1$I enable always trigger insert_only',
            kept.name
        );
    end loop;
end
$$;

-- What is hashed of them: a line for each row, itself a hash.
create or replace function mart.contribution_lines(release int)
returns table (line text)
language sql
stable
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
select encode(sha256(convert_to(told, 'UTF8')), 'hex')
from (
    select row('table', t.release_id, t.window_table, t.columns, t.header)::text
    from mart.release_contribution_table as t where t.release_id = $1
    union all
    select row(
        'unit', u.release_id, u.unit_code, u.code, u.valid_from, u.content, u.parts, u.tiers, u.lists
    )::text
    from mart.release_contribution_unit as u where u.release_id = $1
    union all
    select row('piece', p.release_id, p.piece, p.window_table, p.content)::text
    from mart.release_contribution_piece as p where p.release_id = $1
    union all
    select row('rows', c.release_id, c.window_table, c.held_by, c.block, c.file_ids, c.lines, c.pieces)::text
    from mart.release_contribution as c where c.release_id = $1
    union all
    select row(
        'apart', a.release_id, a.unit_code, a.indicator_code, a.file_ids, a.lines, a.numerators, a.denominators
    )::text
    from mart.release_contribution_apart as a where a.release_id = $1
    union all
    select row('decided', d.release_id, d.file_id, d.line, d.kinds)::text
    from mart.release_contribution_decided as d where d.release_id = $1
) as kept (told)
$$;
