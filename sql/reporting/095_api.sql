-- cchc_api is whom the API of the province logs in as, where it has a login of its own (CCHC_API_WAREHOUSE_URL): it
-- reads schema reporting as a key may (cchc.reader, 001_seen.sql), asks whose a key is, and nothing else. Where this
-- user may not make the role, ops/create-databases or an administrator does.
do $$
begin
    if to_regrole('cchc_api') is null then
        begin
            create role cchc_api nologin;
        exception
            when duplicate_object or unique_violation or insufficient_privilege then
                null;
        end;
    end if;
    if to_regrole('cchc_api') is not null then
        grant usage on schema reporting, access to cchc_api;
        grant select on all tables in schema reporting to cchc_api;
        grant execute on function access.admit(text) to cchc_api;
    end if;
end
$$;
