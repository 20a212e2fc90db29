-- cchc_reader reads the reporting schema and nothing else, holds no lock of the warehouse, makes no object, and has
-- limits.
--
-- Two run this file. The migration runs it as whoever sets the warehouse up, perhaps without the right to all of it:
-- then it does what it may, and one warning says what is left to an administrator. ops/create-databases runs it as a
-- superuser, also in a database that is still empty. Roles belong to the server, not to the database: the migration of
-- another database may make the role, or change it, at this moment.
do $$
declare
    -- What any role may call unless it is taken away. The locks are those of the loads; a large object cannot be read
    -- by the backup, which then fails; the last one writes to the server's log of changes without end.
    kept_back constant oid[] := array(
        select oid
        from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
          and (
              proname ~ '^pg_(try_)?advisory_'
              or proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'pg_logical_emit_message')
          )
    );
    -- What a session of the reader begins with, unless an administrator has set it otherwise. A session may change all
    -- but the size of its temporary files; ops/guard ends those that do and take too much.
    limits constant jsonb := '{
        "statement_timeout": "2min", "transaction_timeout": "5min", "idle_in_transaction_session_timeout": "1min",
        "lock_timeout": "10s", "work_mem": "32MB", "temp_file_limit": "1GB", "max_parallel_workers_per_gather": "0",
        "default_transaction_read_only": "on", "TimeZone": "Asia/Ho_Chi_Minh"
    }';
    connections constant int := 8;
    -- Who loads keeps what everybody loses: the owner of the database, and whoever was let into `landing`.
    loaders constant oid[] := array(
        select datdba from pg_database where datname = current_database()
        union
        select nspowner from pg_namespace where nspname = 'landing'
        union
        select acl.grantee
        from pg_namespace, aclexplode(nspacl) as acl
        where nspname = 'landing' and acl.grantee <> 0
    );
    left_open text;
    one record;
begin
    if to_regrole('cchc_reader') is null then
        begin
            create role cchc_reader nologin;
        exception
            when duplicate_object or unique_violation then
                null;
            when insufficient_privilege then
                raise warning 'the role cchc_reader does not exist and % may not create it. Ask a database administrator for: create role cchc_reader nologin; then run the set-up again.', current_user;  -- noqa: LT05
                return;
        end;
    end if;

    if to_regnamespace('reporting') is not null then
        grant usage on schema reporting to cchc_reader;
        grant select on all tables in schema reporting to cchc_reader;
        alter default privileges in schema reporting grant select on tables to cchc_reader;
    end if;

    -- Functions of the system are a superuser's to give; the database is its owner's.
    if current_setting('is_superuser')::boolean then
        for one in
            select function::regprocedure as called, role::regrole as loader
            from unnest(kept_back) as function, unnest(loaders) as role
            where has_function_privilege('public', function, 'execute')
        loop
            execute format('grant execute on function %s to %s', one.called, one.loader);
        end loop;
        for one in
            select function::regprocedure as called
            from unnest(kept_back) as function
            where has_function_privilege('public', function, 'execute')
        loop
            execute format('revoke execute on function %s from public', one.called);
        end loop;
    end if;
    if pg_has_role((select datdba from pg_database where datname = current_database()), 'usage')
        and has_database_privilege('public', current_database(), 'temporary')
    then
        for one in select role::regrole as loader from unnest(loaders) as role loop
            execute format('grant temporary on database %I to %s', current_database(), one.loader);
        end loop;
        execute format('revoke temporary on database %I from public', current_database());
    end if;

    for one in
        select name, value
        from jsonb_each_text(limits) as wanted (name, value)
        join pg_settings using (name) -- a server may be too old to know one
        where not exists (
            select
            from pg_db_role_setting, unnest(setconfig) as setting
            where setrole = 'cchc_reader'::regrole and setdatabase = 0
              and split_part(setting, '=', 1) = wanted.name
        )
    loop
        begin
            execute format('alter role cchc_reader set %I = %L', one.name, one.value);
        exception
            when insufficient_privilege or internal_error then -- not ours to give, or being given by another migration
                null;
        end;
    end loop;
    begin
        if (select rolconnlimit < 0 from pg_roles where rolname = 'cchc_reader') then
            execute format('alter role cchc_reader connection limit %s', connections);
        end if;
    exception
        when insufficient_privilege or internal_error then
            null;
    end;

    select string_agg(what, ', ' order by place) into left_open
    from (
        values
        (1, 'take the locks of the loads and make large objects', exists (
            select from unnest(kept_back) as function where has_function_privilege('cchc_reader', function, 'execute')
        )),
        (2, 'make temporary tables', has_database_privilege('cchc_reader', current_database(), 'temporary')),
        (3, 'open any number of connections', (select rolconnlimit < 0 from pg_roles where rolname = 'cchc_reader'))
    ) as may (place, what, holds)
    where holds;
    if left_open is not null then
        raise warning 'the role cchc_reader may still %. % may not forbid it: ask a database administrator to run sql/reporting/090_reader.sql in this database.', left_open, current_user;  -- noqa: LT05
    end if;
end
$$;
