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
comment on table core.administrative_unit is
'The administrative units that ship with the project, and the days on which each code meant them.';

create table if not exists core.unit_succession (
    old_code text not null,
    old_valid_from date not null,
    new_code text not null,
    new_valid_from date not null,
    effective_on date not null,
    decree text not null,
    primary key (old_code, old_valid_from, new_code)
);
comment on table core.unit_succession is
'Which administrative unit took over from which, by which decree.';

create table if not exists core.field_class (
    field_class text not null,
    pattern text not null,              -- lower case; the field contains it
    priority int not null,
    primary key (pattern)
);
comment on table core.field_class is
'Which fields of procedures belong to a class that indicators ask for, by a word in their name.';

-- A word as it is compared, however its letters were typed: etl/spelling.py folds those of the lists that ship in the
-- same way. Ð (U+00D0) and Ɖ (U+0189) are other letters, and look like Đ. Blanks are as the load has made them.
create or replace function core.fold(word text)
returns text
language sql
immutable
parallel safe
return translate(lower(word), 'ðɖ', 'đđ');

create table if not exists core.field (
    word text primary key,              -- lower case
    field text not null                 -- as reports name it
);
comment on table core.field is
'The words that offices use for fields of procedures (Lĩnh vực), and the one name of each.';

create table if not exists core.legal_document_type (
    document_type text primary key,     -- lower case
    abbreviation text not null
);
comment on table core.legal_document_type is
'The types of document that are legal acts, and how numbers of documents abbreviate them.';
