-- What became of a file's lines while it was read. Every statement may be run again on a database that has it.

-- all lines of the file, and how many are of each kind (etl/reading/lines.py): {"all": 9, "header": 1, "data": 8}
alter table landing.file add column if not exists lines jsonb not null default '{}';
