-- cchc_reader reads the reporting schema and nothing else. Roles belong to the server, not to the database: another database may
-- have made it, or make it at this moment; and a database user who may not make roles sets up everything else all the same.
do $$
begin
    if not exists (select from pg_roles where rolname = 'cchc_reader') then
        begin
            create role cchc_reader nologin;
        exception
            when duplicate_object or unique_violation then
                null;
            when insufficient_privilege then
                raise warning 'the role cchc_reader does not exist and % may not create it. Ask a database administrator for: create role cchc_reader nologin; then run the set-up again.', current_user;
        end;
    end if;
    if exists (select from pg_roles where rolname = 'cchc_reader') then
        grant usage on schema reporting to cchc_reader;
        grant select on all tables in schema reporting to cchc_reader;
        alter default privileges in schema reporting grant select on tables to cchc_reader;
    end if;
end
$$;
