"""Connections to the warehouse: where it is, in Vietnamese time, and with a limit for every wait.

Loading a small file asks the warehouse in a dozen transactions. To connect takes as long as several statements do, and
a new session of PostgreSQL has to read again what every table looks like. So a few connections are kept for the next
one who asks.
"""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg2
import sqlalchemy
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.engine import make_url

from etl import settings
from etl.errors import SetupError

TIME_ZONE = "Asia/Ho_Chi_Minh"


def url(configured: settings.Settings) -> str:
    """The warehouse's SQLAlchemy URL: CCHC_WAREHOUSE_URL, else the embedded server, started if it is not running."""
    if configured.warehouse_url:
        return configured.warehouse_url
    from etl.warehouse import embedded

    return embedded.start(configured.home)


def engine(warehouse_url: str) -> sqlalchemy.Engine:
    """A SQLAlchemy engine whose sessions live in Vietnamese time."""
    return sqlalchemy.create_engine(
        _psycopg2_url(warehouse_url), connect_args={"options": f"-c TimeZone={TIME_ZONE}"}, pool_pre_ping=True
    )


def _psycopg2_url(warehouse_url: str) -> sqlalchemy.URL:
    try:
        parsed = make_url(warehouse_url)
    except sqlalchemy.exc.ArgumentError:
        raise SetupError(
            "CCHC_WAREHOUSE_URL is not a database URL. It looks like postgresql://user:password@host:5432/database."
        ) from None
    if parsed.get_backend_name() != "postgresql":
        raise SetupError(
            f"CCHC_WAREHOUSE_URL names {parsed.get_backend_name()}; the warehouse is a PostgreSQL database."
        )
    return parsed.set(drivername="postgresql+psycopg2")


def connect(warehouse_url: str) -> Connection:
    """A psycopg2 connection in Vietnamese time.

    Raises: SetupError if the database cannot be reached.
    """
    dsn = _psycopg2_url(warehouse_url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        # no statement waits for ever for what another has locked
        options = f"-c TimeZone={TIME_ZONE} -c lock_timeout={int(settings.lock_wait() * 1000)}"
        return psycopg2.connect(dsn, options=options, application_name="cchc")
    except psycopg2.OperationalError as error:
        where = make_url(warehouse_url).render_as_string(hide_password=True)
        raise SetupError(
            f"no connection to {where}: {str(error).strip()} Check CCHC_WAREHOUSE_URL and that it runs."
        ) from None


def answers(warehouse_url: str) -> bool:
    """Whether the database can still be asked."""
    try:
        with transaction(warehouse_url) as connection, connection.cursor() as cursor:
            cursor.execute("select 1")
    except (SetupError, psycopg2.Error):
        return False
    return True


def group_in_memory(cursor: Cursor) -> None:
    """Until the transaction ends, let a hundred thousand rows be grouped in memory, and not on disk."""
    cursor.execute("set local work_mem = '64MB'")


@contextmanager
def opened(warehouse_url: str) -> Iterator[Connection]:
    """A connection for as long as the block lasts: one that was kept, or a new one. Locks of its session end with it.

    Raises: SetupError if the database cannot be reached.
    """
    connection = _kept(warehouse_url) or connect(warehouse_url)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    _keep(warehouse_url, connection)


@contextmanager
def transaction(warehouse_url: str) -> Iterator[Connection]:
    """One connection, one transaction: committed when the block ends well, rolled back when it does not."""
    with opened(warehouse_url) as connection, connection:
        yield connection


# Idle connections, the one that was used last at the right. Appending and popping are safe between threads.
_idle: deque[tuple[str, Connection]] = deque()
KEPT = 4


def _kept(warehouse_url: str) -> Connection | None:
    """A connection that was kept and still answers."""
    while _idle:
        try:
            url, connection = _idle.pop()
        except IndexError:  # another thread took the last one
            return None
        if url == warehouse_url and _as_new(connection):
            return connection
        connection.close()
    return None


def _keep(warehouse_url: str, connection: Connection) -> None:
    if len(_idle) < KEPT and _as_new(connection):
        _idle.append((warehouse_url, connection))
    else:
        connection.close()


def _as_new(connection: Connection) -> bool:
    """Let go of what a session holds: its settings, locks, temporary tables. False if the database does not answer."""
    try:
        connection.reset()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("discard all")
        connection.autocommit = False
    except psycopg2.Error:
        return False
    return True


def let_go() -> None:
    """Close the connections that are kept: a database that somebody is connected to cannot be copied or dropped."""
    while _idle:
        with suppress(IndexError):
            _idle.pop()[1].close()


# A child that is forked must not share them: what it closes would be closed for its parent.
os.register_at_fork(before=let_go)
