"""One embedded PostgreSQL for the session; each test that asks for it gets a migrated database of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg2.extensions import connection as PostgresConnection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy import Connection, create_engine

from etl import settings
from etl.warehouse import embedded
from tests.databases import fresh_database, opened

MEMORY = Path("/dev/shm")


def in_memory() -> Path | None:
    """A file system in memory, if there is one with room from which programs may be started.

    A thousand databases are made and thrown away: on a disk that takes nearly half of the time of the tests.
    """
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    found = os.statvfs(MEMORY)
    return MEMORY if found.f_bavail * found.f_frsize > 8 << 30 and not found.f_flag & os.ST_NOEXEC else None


# A folder of our own that other accounts may enter: as root the server runs under another account.
HOME = Path(tempfile.mkdtemp(prefix="cchc-test-", dir=in_memory()))
HOME.chmod(0o711)

# Set before any module of ours is imported by a test, so that nothing of the user's is read or written.
for name in [name for name in os.environ if name.startswith(("CCHC_", "AIRFLOW_"))]:
    del os.environ[name]
os.environ["CCHC_HOME"] = str(HOME)
os.environ["CCHC_PSEUDONYM_KEY"] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
os.environ["GX_ANALYTICS_ENABLED"] = "false"

TEMPLATE = "template_cchc"

if os.geteuid() == 0:
    # A checkout below /root is closed to the account that runs the server. Here the programs always are, so that no
    # run of the tests depends on where the checkout lies.
    CLOSED = HOME / "closed"
    CLOSED.mkdir(mode=0o700)
    installed = embedded.package()
    for folder in installed.parent.glob(f"{installed.name}*"):
        shutil.copytree(folder, CLOSED / folder.name, symlinks=True)
    embedded.package = lambda: CLOSED / installed.name


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a choice of tests is made by: `server`, and a group for those that share a fixture of their module.

    A group runs in one process, one test after the other; all other tests run where there is room.
    """
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "server_url" in fixtures:
            item.add_marker(pytest.mark.server)
        found = [one for name in fixtures for one in item.session._fixturemanager.getfixturedefs(name, item) or ()]
        if any(one.scope == "module" for one in found):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_unconfigure() -> None:
    embedded.stop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url() -> str:
    """URL of the session's server (database `cchc`, not migrated)."""
    return embedded.start(HOME, durable=False)


@pytest.fixture(scope="session")
def template_database(server_url: str) -> str:
    """Name of the database that every test's database is copied from: migrated once."""
    from etl.migration import schema

    schema.migrate(embedded.database(server_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """URL of a fresh, empty database."""
    with fresh_database(server_url, "template1") as url:
        yield url


@pytest.fixture
def warehouse_url(server_url: str, template_database: str) -> Iterator[str]:
    """URL of a fresh, migrated database, dropped after the test."""
    with fresh_database(server_url, template_database) as url:
        yield url


@pytest.fixture
def db(warehouse_url: str) -> Iterator[Connection]:
    """A connection to a fresh, migrated warehouse; the whole database goes away after the test."""
    engine = create_engine(warehouse_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def warehouse_of_cases(server_url: str, template_database: str) -> Iterator[PostgresConnection]:
    """One warehouse for all drawn cases."""
    with fresh_database(server_url, template_database) as url, opened(url) as connection:
        yield connection


@pytest.fixture
def cursor(warehouse_of_cases: PostgresConnection) -> Iterator[Cursor]:
    """A cursor on it whose work is undone."""
    try:
        with warehouse_of_cases.cursor() as one:
            yield one
    finally:
        warehouse_of_cases.rollback()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty inbox."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    """Settings with an archive of the test's own."""
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    return settings.read()


@pytest.fixture
def without_the_second_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations takes most of the time of a small load, and changes nothing of what is loaded."""
    from etl.loading import one_file
    from etl.rules.second_count import Verdict

    monkeypatch.setattr(one_file.second_count, "judge", lambda *_, **__: Verdict((), None))
    monkeypatch.setattr(one_file.data_docs, "write", lambda *_, **__: None)
