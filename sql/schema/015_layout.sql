-- What a file's columns were read as. Every statement may be run again on a database that has it.

-- the layout by which it was read; empty: the contract's own names of columns
alter table landing.file add column if not exists layout text not null default '';
-- the columns of the contract for which the file has none
alter table landing.file add column if not exists absent text [] not null default '{}';
