-- What several senders said alike. Every statement may be run again on a database that has it.

create table if not exists landing.said_again (
    file_id int not null,
    stands_in int not null,             -- the file whose rows are kept
    primary key (file_id, stands_in)
);
comment on table landing.said_again is
'file_id said rows just as another sender''s file had said them: only that one''s rows are kept, so that file_id has '
'to be loaded '
'again when they go.';
create index if not exists said_again_stands_in on landing.said_again (stands_in);
