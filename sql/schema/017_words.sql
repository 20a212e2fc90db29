-- What offices mean by their words. Every statement may be run again on a database that has it.

create table if not exists landing.word (
    word_id bigint generated always as identity primary key,
    export text not null,
    column_name text not null,
    layout text not null default '',    -- the layout in whose files alone it holds; empty: in all files
    word text not null,
    meaning text not null,              -- a word of the column's vocabulary
    by_name text not null,
    reason text not null default '',
    at timestamptz not null default clock_timestamp()
);
comment on table landing.word is
'What somebody said that a word means in a coded column. Rows are only added; the newest of a word holds.';
create or replace trigger word_insert_only before update or delete or truncate on landing.word
for each statement execute function landing.refuse_change();

create table if not exists landing.file_word (
    file_id int not null,
    column_name text not null,
    word text not null,                 -- small letters, single blanks
    meaning text not null,
    primary key (file_id, column_name, word)
);
comment on table landing.file_word is
'The words outside of the vocabulary by which rows of a file were read, and what each was taken for: once it means '
'something else, the file is judged again.';
