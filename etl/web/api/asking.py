"""Ask the warehouse as a key may: read-only, with a limit for time, and by a few connections for all requests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import cursor as Cursor

from etl.errors import SetupError
from etl.stewardship.readers import key_hash
from etl.warehouse import database
from etl.web.api import problems

AT_ONCE = 8  # transactions
PATIENCE = 10.0  # seconds that a request waits for one
LONGEST = "30s"  # of a statement


class Warehouse:
    """The warehouse of the API, and how many ask it at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._free = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A transaction as the API's login. It sees nothing: `as_key` says as whom it reads.

        Raises: Refused if there is no connection to be had, or the statement takes too long.
        """
        if not self._free.acquire(timeout=PATIENCE):
            raise problems.Refused(problems.UNAVAILABLE)
        try:
            with database.transaction(self.url) as connection, connection.cursor() as cursor:
                yield cursor
        except psycopg2.errors.QueryCanceled:
            raise problems.Refused(problems.TOO_SLOW) from None
        except (SetupError, psycopg2.OperationalError, psycopg2.InterfaceError):
            raise problems.Refused(problems.UNAVAILABLE) from None
        finally:
            self._free.release()

    @contextmanager
    def as_key(self, key_id: int) -> Iterator[Cursor]:
        """A transaction that reads what a key may, and nothing if it has ended."""
        with self.transaction() as cursor:
            cursor.execute(
                "set transaction read only;"
                "select set_config('cchc.reader', %s, true), set_config('statement_timeout', %s, true)",
                (str(key_id), LONGEST),
            )
            yield cursor

    def admit(self, key: str) -> tuple[int, str, str] | None:
        """The number of a key, whose it is, and its unit; None if it is none."""
        with self.transaction() as cursor:
            cursor.execute("select key_id, name, unit_code from access.admit(%s)", (key_hash(key),))
            return cursor.fetchone()

    def is_valid(self, key_id: int) -> bool:
        """Whether a key that was admitted before is valid still."""
        with self.as_key(key_id) as cursor:
            cursor.execute("select unit_code is not null from access.scope()")
            return cursor.fetchone()[0]

    def answers(self) -> bool:
        """Whether the database can be asked."""
        try:
            with self.transaction() as cursor:
                cursor.execute("select 1")
        except problems.Refused:
            return False
        return True
