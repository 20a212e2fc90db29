-- What the figures of a release rest on, row by row, as it was then. Rows are only added. Every statement may be run
-- again on a database that has it.
--
-- Kept is the window by record: what each row of a file adds to the tables that indicators read, at the unit that it
-- names; never once more for the units above it. Of a row stand here its file, its line, and which `piece` of a table
-- it is: all rows with the same content are one piece.

create table if not exists mart.contribution_table (
    release_id bigint not null,
    window_table text not null,
    columns jsonb not null,             -- [[name, type], …], beside unit and record
    header jsonb not null,              -- what is counted together, and shared how: of its file in sql/window
    primary key (release_id, window_table)
);
comment on table mart.contribution_table is
'The tables of the window that the indicators of a release read: their columns, and how a record''s part is told.';

create table if not exists mart.contribution_unit (
    release_id bigint not null,
    unit_code text not null,            -- as the window told units apart
    code text not null,
    valid_from date not null,
    content jsonb not null,             -- what the window knew of the unit
    parts text[] not null,              -- its subtree, by unit_code; empty if it was not in the window itself
    tiers text[] not null,              -- of each part
    lists jsonb not null,               -- table -> the list that the unit shares with others
    primary key (release_id, unit_code)
);
comment on table mart.contribution_unit is
'The units of the window of a release, with what is below each.';

create table if not exists mart.contribution_piece (
    release_id bigint not null,
    piece int not null,
    window_table text not null,
    content jsonb not null,
    primary key (release_id, piece)
);
comment on table mart.contribution_piece is
'What rows that count alike add to a table of the window.';

create table if not exists mart.contribution (
    release_id bigint not null,
    window_table text not null,
    held_by text not null,              -- unit_code of the unit that the rows name, or a list that units share
    block int not null,
    file_ids int[] not null,
    lines int[] not null,               -- of the first its line, of each other how far it is from the one before
    pieces int[] not null,
    primary key (release_id, window_table, held_by, block)
);
comment on table mart.contribution is
'The rows of files that a release rests on, packed: once for each table that they count in.';

create table if not exists mart.contribution_apart (
    release_id bigint not null,
    unit_code text not null,
    indicator_code text not null,
    file_ids int[] not null,
    lines int[] not null,
    numerators numeric[] not null,
    denominators numeric[] not null,
    primary key (release_id, unit_code, indicator_code)
);
comment on table mart.contribution_apart is
'What rows add to a figure that is not made of what is kept of the parts of its unit.';

create or replace trigger contribution_table_insert_only before update or delete or truncate on mart.contribution_table
for each statement execute function landing.refuse_change();
create or replace trigger contribution_unit_insert_only before update or delete or truncate on mart.contribution_unit
for each statement execute function landing.refuse_change();
create or replace trigger contribution_piece_insert_only before update or delete or truncate on mart.contribution_piece
for each statement execute function landing.refuse_change();
create or replace trigger contribution_insert_only before update or delete or truncate on mart.contribution
for each statement execute function landing.refuse_change();
create or replace trigger contribution_apart_insert_only before update or delete or truncate on mart.contribution_apart
for each statement execute function landing.refuse_change();
