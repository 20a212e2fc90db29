"""START HERE. The whole flow, from a delivered file to the figures of a period.

    land      keep the bytes, hash them, give a receipt              landing.file
    read      any encoding, header spelling, workbook -> text rows
    check     value -> row -> group -> reference rules               quality.result, quality.violation
    split     bad rows leave, whole, with reasons                    quality.quarantined_row
    load      merge by key, keep the old version                     core.<thing>, core.<thing>_history
    count     per unit and day                                       mart.<thing>_daily
    figure    numerator, denominator per indicator, unit, period     mart.indicator_{quarterly,half_yearly,…}
    prove     identities, reconciliation with what was printed       quality.finding

The command line and the DAGs call these functions; nothing here knows either.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg2.extensions import cursor as Cursor

from etl import catalogue, landing, warehouse
from etl.errors import CatalogueError, FileRejected, RuleFailed
from etl.landing import File
from etl.periods import Period
from etl.settings import Settings

log = logging.getLogger("cchc")


@dataclass(frozen=True)
class Receipt:
    """What became of one file."""

    file_id: int
    export: str
    sender: str
    delivered_on: date
    status: str
    rows_read: int
    rows_loaded: int
    rows_unchanged: int
    rows_quarantined: int
    message: str


def prepare(settings: Settings) -> str:
    """Start or find the warehouse, bring its schema up to date; its URL."""
    url = warehouse.url(settings)
    warehouse.migrate(url)
    return url


def land(
    settings: Settings,
    url: str,
    *,
    inbox: str,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    min_age: timedelta | None = None,
    done_marker: bool = False,
) -> landing.Landing:
    """Keep every new file below `inbox`; the numbers of the receipts written, and what was passed over.

    Input: `exports` limits the work to these; `since` and `until` are inclusive delivery days; `min_age`,
           `done_marker`: what a nightly run leaves for the next one, see landing.land.
    """
    connection = warehouse.connect(url)
    connection.autocommit = True
    try:
        return landing.land(
            connection,
            inbox=inbox,
            archive=settings.archive,
            exports=exports,
            since=since,
            until=until,
            min_age=min_age,
            done_marker=done_marker,
        )
    finally:
        connection.close()


def waiting(url: str, *, exports: set[str] | None = None) -> list[File]:
    """Files that are kept but not loaded, in the order in which they are to be loaded."""
    with warehouse.transaction(url) as connection:
        return landing.waiting(connection, exports=exports)


def load_waiting(
    settings: Settings,
    url: str,
    *,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Iterator[Receipt]:
    """Load all that waits, in order, and again what a load has made stale; a receipt per load.

    `exports`, `since` and `until` (inclusive delivery days) limit the work to these.

    A file whose rules cannot be run stays waiting, and its receipt says why; so does what its sender delivered after
    it. The others go on, and the next run tries again.
    """
    held: dict[int, File] = {}

    def is_meant(file: File) -> bool:
        return (since is None or file.delivered_on >= since) and (until is None or file.delivered_on <= until)

    while file := next((f for f in waiting(url, exports=exports) if is_meant(f) and f.file_id not in held), None):
        before = next((h for h in held.values() if (h.export, h.sender) == (file.export, file.sender)), None)
        try:
            if before:
                raise RuleFailed(f"Chờ tệp số {before.file_id} của cùng nơi gửi, giao trước và chưa nạp được.")
            loaded = load_file(settings, url, file.file_id)
        except (CatalogueError, RuleFailed, OSError) as error:  # of the last: its kept bytes cannot be read
            held[file.file_id] = file
            _hold_back(url, file, str(error))
            loaded = receipt(url, file.file_id)
        yield loaded


def _hold_back(url: str, file: File, reason: str) -> None:
    log.error("file %d of %s is not loaded: %s", file.file_id, file.export, reason)
    with warehouse.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update landing.file set message = %s where file_id = %s and status = 'landed'", (reason, file.file_id)
        )


def load_file(settings: Settings, url: str, file_id: int) -> Receipt:
    """Read, check, split and load one landed file, whatever the order in which files arrive.

    Loads of one sender's export follow each other; those of others go on side by side. What the sender delivered before
    is loaded first. What it delivered later is taken back, and waits to be loaded again; so do files of other exports
    that were judged by what this file has now changed.
    """
    with warehouse.transaction(url) as connection:
        file = landing.file(connection, file_id)
    lock = warehouse.connect(url)
    lock.autocommit = True
    try:
        with lock.cursor() as cursor:
            _hold(cursor, file)
            earlier = [
                f
                for f in landing.waiting(lock, exports={file.export})
                if f.sender == file.sender and (f.delivered_on, f.file_id) < (file.delivered_on, file.file_id)
            ]
            for one in [*earlier, file]:
                _load(settings, url, one)
    finally:
        lock.close()
    return receipt(url, file_id)


def _hold(cursor: Cursor, file: File) -> None:
    """Take the locks of a load, until the connection closes.

    While a file is judged, what it refers to stands still: otherwise a unit could arrive unnoticed between judging and
    committing. All loads take these locks in catalogue order, and the sender's last, so that none waits in a circle.
    """
    exports = catalogue.exports()
    referred = {name for export in exports.values() for name in export.refers_to}
    for name in exports:
        if name == file.export and name in referred:
            cursor.execute("select pg_advisory_lock(hashtext('reference'), hashtext(%s))", (name,))
        elif name in exports[file.export].refers_to:
            cursor.execute("select pg_advisory_lock_shared(hashtext('reference'), hashtext(%s))", (name,))
    cursor.execute("select pg_advisory_lock(hashtext(%s), hashtext(%s))", (file.export, file.sender))


def _load(settings: Settings, url: str, file: File) -> None:
    from etl import loading, replaying  # half a second: who finds nothing new does without

    with warehouse.transaction(url) as connection, connection.cursor() as cursor:
        if landing.file(connection, file.file_id).status != "landed":
            return  # done by another task in the meantime
        if later := replaying.later_files(cursor, file):
            log.info("%s, %s: %d later deliveries will be loaded again", file.export, file.sender, len(later))
            replaying.rewind(cursor, catalogue.export(file.export), later)
    try:
        loading.load(
            url,
            file,
            path=settings.archive / file.archived_as,
            province=settings.province,
            pseudonym_key=settings.pseudonym_key,
            docs=settings.home / "data_docs",
        )
    except FileRejected as rejection:
        _reject(url, file, rejection)


def _reject(url: str, file: File, rejection: FileRejected) -> None:
    with warehouse.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update landing.file set status = 'rejected', rule_id = %s, message = %s, loaded_at = now()"
            " where file_id = %s",
            (rejection.rule_id, rejection.message, file.file_id),
        )
        cursor.execute(
            "insert into quality.result (file_id, rule_id, column_name, severity, rows_checked, rows_failed)"
            " values (%s, %s, '', 'fatal', 0, 1)"
            " on conflict (file_id, rule_id, column_name) do update set rows_failed = 1",
            (file.file_id, rejection.rule_id),
        )


def receipt(url: str, file_id: int) -> Receipt:
    """The receipt of a file as it stands now."""
    with warehouse.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select file_id, export, sender, delivered_on, status, rows_read, rows_loaded, rows_unchanged,"
            " rows_quarantined, message from landing.file where file_id = %s",
            (file_id,),
        )
        return Receipt(*cursor.fetchone())


def materialise(url: str, period: Period, *, as_of: date | None = None) -> int:
    """Make the figures of a period for every unit, and prove them; rows written (0: nothing has changed).

    All of them rest on one state of the warehouse, whatever is loaded meanwhile.
    """
    from etl import figures, proving

    connection = warehouse.connect(url)
    try:
        # the lock before the state: who waited for another must not write by what stood when it began to wait
        connection.autocommit = True
        figures.hold(connection, period)
        connection.autocommit = False
        # on its own: who waits for another to write the form would be told that the state has moved on
        with connection, connection.cursor() as cursor:
            figures.fill_form(cursor)
        connection.set_session(isolation_level="REPEATABLE READ")
        with connection:
            written = figures.materialise(connection, period, as_of=as_of)
            proving.prove(connection, period, is_open=True)
        connection.autocommit = True
        figures.analyse(connection, period, written)
        return written
    finally:
        connection.close()


def materialise_each(url: str, periods: list[Period], *, as_of: date | None = None) -> Iterator[tuple[Period, int]]:
    """Make several periods side by side; of each that could be made, in the given order, the rows written.

    One that begins where an earlier one of them ends waits for it, for it is proved beside what that one holds.
    Raises: the first error, when the others are made.
    """

    def make(period: Period, before: Future | None) -> int:
        if before:
            wait([before])
        return materialise(url, period, as_of=as_of)

    side_by_side = ThreadPoolExecutor(3)  # it is the database that works, on as many cores as it has
    made: dict[Period, Future] = {}
    try:
        for period in periods:
            before = next((future for other, future in made.items() if other.end == period.start), None)
            made[period] = side_by_side.submit(make, period, before)
        for period, future in made.items():
            if not future.exception():
                yield period, future.result()
    finally:
        side_by_side.shutdown(cancel_futures=True)
    for future in made.values():
        future.result()
