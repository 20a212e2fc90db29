-- Reference data that ships with the project (etl/reference), written by figures.fill_reference.

create table if not exists core.administrative_unit (
    code text not null,
    name text not null,
    level text not null check (level in ('province', 'district', 'commune')),
    parent_code text,
    valid_from date not null,           -- '-infinity': since before our data
    valid_to date not null,             -- exclusive; 'infinity': still
    decree text not null,
    primary key (code, valid_from)
);

create table if not exists core.unit_succession (
    old_code text not null,
    old_valid_from date not null,
    new_code text not null,
    new_valid_from date not null,
    effective_on date not null,
    decree text not null,
    primary key (old_code, old_valid_from, new_code)
);

create table if not exists core.field_class (
    field_class text not null,
    pattern text not null,              -- lower case; the field contains it
    priority int not null,
    primary key (pattern)
);

-- A word as it is compared, however its letters were typed: etl/spelling.py folds those of the lists that ship in the same way.
-- Ð (U+00D0) and Ɖ (U+0189) are other letters, and look like Đ. Blanks are as the load has made them.
create or replace function core.fold(word text)
returns text
language sql
immutable
parallel safe
return translate(lower(word), 'ðɖ', 'đđ');

-- the words that offices use for fields of procedures (Lĩnh vực), and the one name of each
create table if not exists core.field (
    word text primary key,              -- lower case
    field text not null                 -- as reports name it
);

create table if not exists core.legal_document_type (
    document_type text primary key,     -- lower case
    abbreviation text not null
);
