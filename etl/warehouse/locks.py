"""Locks: who waits for whom, on one page. All are advisory locks of PostgreSQL, gone with their connection.

They are taken in this order, and those of one kind in the order given there, so that nobody waits in a circle:

    migration     one process brings the schema up to date; all others wait before they begin
    publication   one release after the other: each is chained to the one before; it waits for no other lock, but is
                  refused while loads or figures are under way
    fix list      the same list of failing rows, filled in, is taken once
    decisions     one person decides about rows of an export
    landing       one process lands what a sender delivered
    words         while a file is judged, what words mean stands still
    references    while a file is judged, what it refers to stands still; in catalogue order
    sender        the loads of one sender's export follow each other; those of others go on side by side
    partition     one process makes a table for a year; on a connection of its own
    keys          at the end of a transaction: no key of a partitioned table comes from two senders at one moment
    figures       one process makes the figures of a period; it takes no other

Whoever waits says what for, and does not wait for ever (CCHC_LOCK_WAIT).
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, settings
from etl.errors import SetupError

log = logging.getLogger("cchc")

FIRST_WORD = 3.0  # seconds of waiting before a line says so
NEXT_WORD = 60.0  # … and between that line and the next


@dataclass(frozen=True)
class Lock:
    """One lock: what waiting for it means, and the number or the words that PostgreSQL knows it by."""

    what: str
    key: tuple[str, ...] | int

    @property
    def sql(self) -> str:
        """The key as the arguments of PostgreSQL's functions."""
        return "%s" if isinstance(self.key, int) else ", ".join("hashtext(%s)" for _ in self.key)

    @property
    def values(self) -> tuple[object, ...]:
        return (self.key,) if isinstance(self.key, int) else self.key


def migration(cursor: Cursor) -> None:
    """Until the transaction ends."""
    _take(cursor, Lock("the schema to be brought up to date", 7201202101), "pg_advisory_xact_lock")


@contextmanager
def landing(cursor: Cursor, sender: str) -> Iterator[None]:
    """Input: `sender`: <source>/<export>/<sender>."""
    with _held(cursor, Lock(f"the landing of {sender}", ("land", sender))):
        yield


def fix_list(cursor: Cursor, sha256: str) -> None:
    """Until the transaction ends."""
    _take(cursor, Lock("the same fix list to be taken", ("fix list", sha256)), "pg_advisory_xact_lock")


def load(cursor: Cursor, export_name: str, sender: str) -> None:
    """What a load of this sender's export needs to itself, until the connection closes.

    What the export refers to must not change meanwhile; if others refer to it, none of them may be judged meanwhile.
    """
    _take(cursor, _words(export_name), "pg_advisory_lock_shared")
    exports = catalogue.exports()
    referred = {name for export in exports.values() for name in export.refers_to}
    for name in exports:
        lock = Lock(f"loads of {name} and of what refers to it", ("reference", name))
        if name == export_name and name in referred:
            _take(cursor, lock, "pg_advisory_lock")
        elif name in exports[export_name].refers_to:
            _take(cursor, lock, "pg_advisory_lock_shared")
    _take(cursor, Lock(f"a load of {export_name} from {sender}", (export_name, sender)), "pg_advisory_lock")


def decisions(cursor: Cursor, export_name: str) -> None:
    """Until the transaction ends."""
    _take(cursor, Lock(f"a decision about rows of {export_name}", ("decisions", export_name)), "pg_advisory_xact_lock")


def publication(cursor: Cursor) -> None:
    """Until the transaction ends."""
    _take(cursor, Lock("another release to be published", ("publication",)), "pg_advisory_xact_lock")


def keep_loads_out(cursor: Cursor, export_name: str) -> bool:
    """Until the transaction ends, let nobody load files of an export; False if somebody is at it."""
    return _got_at_once(cursor, _words(export_name))


def keep_figures_out(cursor: Cursor, period_code: str) -> bool:
    """Until the transaction ends, let nobody make the figures of a period; False if somebody is at it."""
    return _got_at_once(cursor, _figures(period_code))


def words(cursor: Cursor, export_name: str) -> None:
    """Until the transaction ends."""
    _take(cursor, _words(export_name), "pg_advisory_xact_lock")


def _words(export_name: str) -> Lock:
    return Lock(f"loads of {export_name}, and words of it", ("words", export_name))


@contextmanager
def partition(cursor: Cursor, table: str) -> Iterator[None]:
    with _held(cursor, Lock(f"the table {table} to be made", (table,))):
        yield


def keys(cursor: Cursor, export_name: str) -> None:
    """Until the transaction ends."""
    _take(cursor, Lock(f"another load of {export_name} to end", ("keys", export_name)), "pg_advisory_xact_lock")


def figures(cursor: Cursor, period_code: str) -> None:
    """Until the connection closes."""
    _take(cursor, _figures(period_code), "pg_advisory_lock")


def _figures(period_code: str) -> Lock:
    return Lock(f"the figures of {period_code}", ("materialise", period_code))


def _got_at_once(cursor: Cursor, lock: Lock) -> bool:
    cursor.execute(f"select pg_try_advisory_xact_lock({lock.sql})", lock.values)
    return cursor.fetchone()[0]


@contextmanager
def _held(cursor: Cursor, lock: Lock) -> Iterator[None]:
    """For the length of a block, on a connection in autocommit mode."""
    _take(cursor, lock, "pg_advisory_lock")
    try:
        yield
    finally:
        cursor.execute(f"select pg_advisory_unlock({lock.sql})", lock.values)


def _take(cursor: Cursor, lock: Lock, function: str) -> None:
    """Raises: SetupError if somebody else keeps the lock longer than CCHC_LOCK_WAIT allows."""
    began, limit, turn = time.monotonic(), settings.lock_wait(), FIRST_WORD
    cursor.execute(f"select {function.replace('pg_', 'pg_try_')}({lock.sql})", lock.values)
    if cursor.fetchone()[0]:
        return
    while not _got(cursor, lock, function, min(turn, limit)):
        waited = time.monotonic() - began
        holders = _holders(cursor, lock)
        if waited >= limit:
            raise SetupError(
                f"waited {limit / 60:g} minutes for {lock.what}, held by {holders}."
                " See what that process does; end it if it hangs, or allow a longer wait (CCHC_LOCK_WAIT)."
            )
        log.info("waits for %s (held by %s)", lock.what, holders)
        turn = max(0.01, min(NEXT_WORD, limit - waited))


def _got(cursor: Cursor, lock: Lock, function: str, seconds: float) -> bool:
    """Stand in the queue for some seconds; whether that was enough."""
    statement = cursor.mogrify(f"select {function}({lock.sql})", lock.values).decode()
    in_transaction = not cursor.connection.autocommit
    try:
        # a failed statement ends a transaction, unless it can go back to where it stood
        cursor.execute("savepoint waiting" if in_transaction else "begin")
        cursor.execute(f"set local lock_timeout = {max(1, int(seconds * 1000))}; {statement}")
    except LockNotAvailable:
        cursor.execute("rollback to waiting; release waiting" if in_transaction else "rollback")
        return False
    if in_transaction:
        cursor.execute("set local lock_timeout to default; release waiting")
    else:
        cursor.execute("commit")
    return True


def _holders(cursor: Cursor, lock: Lock) -> str:
    """Who holds a lock: process, application, and since when it is at what it does."""
    if isinstance(lock.key, tuple) and len(lock.key) == 2:
        stored = "hashtext(%s)::oid, hashtext(%s)::oid, 2"
    else:  # one number of 64 bits
        stored = f"(({lock.sql}::bigint >> 32) & 4294967295)::oid, ({lock.sql}::bigint & 4294967295)::oid, 1"
    cursor.execute(
        f"""
        select
            held.pid,
            coalesce(nullif(who.application_name, ''), 'unknown'),
            to_char(coalesce(who.xact_start, who.query_start, who.backend_start), 'DD/MM HH24:MI:SS')
        from pg_locks as held
        left join pg_stat_activity as who on who.pid = held.pid
        where held.locktype = 'advisory' and held.granted and held.pid <> pg_backend_pid()
            and (held.classid, held.objid, held.objsubid) = ({stored})
        """,
        lock.values if ", 2" in stored[-3:] else lock.values * 2,
    )
    holders = [f"process {pid}, {application}, since {since}" for pid, application, since in cursor.fetchall()]
    return "; ".join(holders) or "nobody any more"
