"""START HERE. The whole flow, from a delivered file to the figures of a period.

    land      keep the bytes, hash them, give a receipt              landing.file
    read      any encoding, header spelling, workbook -> text rows
    check     value -> row -> group -> reference rules               quality.result, quality.violation
    split     bad rows leave, whole, with reasons                    quality.quarantined_row
    load      merge by key, keep the old version                     core.<thing>, core.<thing>_history
    count     per unit and day                                       mart.<thing>_daily
    figure    numerator, denominator per indicator, unit, period     mart.indicator_{quarterly,half_yearly,…}
    prove     identities, reconciliation with what was printed       quality.finding
    publish   freeze, approve, number the release                    mart.release (etl/publication)

The command line and the DAGs call these functions; nothing here knows either.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from etl.errors import CchcError, LoadFailed, SetupError
from etl.landing import arrivals, owners, receipts
from etl.landing.receipts import File
from etl.loading import effects
from etl.migration import schema
from etl.periods import LOCAL, Period
from etl.settings import Settings
from etl.warehouse import database, locks

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
    url = database.url(settings)
    schema.migrate(url)
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
) -> arrivals.Landing:
    """Keep every new file below `inbox`; the numbers of the receipts written, and what was passed over.

    Input: `exports` limits the work to these; `since` and `until` are inclusive delivery days; `min_age`,
           `done_marker`: what a nightly run leaves for the next one, see landing.land.
    """
    with database.opened(url) as connection:
        connection.autocommit = True
        return arrivals.land(
            connection,
            inbox=inbox,
            archive=settings.archive,
            exports=exports,
            since=since,
            until=until,
            min_age=min_age,
            done_marker=done_marker,
        )


def waiting(url: str, *, exports: set[str] | None = None) -> list[File]:
    """Files that are kept but not loaded, or have to be judged again, in the order in which they are to be loaded."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        owners.release(cursor)  # a list of units may have told since whose a held list is
        effects.expire(cursor, datetime.now(LOCAL).date())
        return receipts.waiting(connection, exports=exports)


def load_waiting(
    settings: Settings,
    url: str,
    *,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Iterator[Receipt]:
    """Load all that waits, in order, and again what a load has made stale; a receipt per load.

    A file that cannot be loaded, whatever the reason, stays waiting, and its receipt says why; so does what its sender
    delivered after it. The others go on, and the next run tries again.
    Input:  `since` and `until` are inclusive delivery days.
    Raises: SetupError if the database does not answer any more.
    """
    failed: set[int] = set()
    judged: Counter[int] = Counter()
    while file := next(
        (
            f
            for f in waiting(url, exports=exports)
            if f.file_id not in failed
            and (since is None or f.delivered_on >= since)
            and (until is None or f.delivered_on <= until)
        ),
        None,
    ):
        try:
            if judged[file.file_id] == AT_MOST:
                log.warning("file %d of %s is judged again by the next run", file.file_id, file.export)
                failed.add(file.file_id)
                continue
            judged[file.file_id] += 1
            loaded = _load(settings, url, file.file_id, failed)
        except LoadFailed:
            failed.add(file.file_id)
            loaded = [file.file_id]
        for file_id in loaded:
            yield receipt(url, file_id)


# How often one run judges a file again: lists of several senders that contradict each other must not keep it going.
AT_MOST = 5


def load_file(settings: Settings, url: str, file_id: int) -> Receipt:
    """Read, check, split and load one landed file, whatever the order in which files arrive.

    Loads of one sender's export follow each other; those of others go on side by side. What the sender delivered before
    is loaded first. What it delivered later is taken back and loaded again in the same transaction. Files of others
    that were judged by what this file has now changed are noted, and a later run judges them again. A file that does
    not wait is left as it is.
    Raises: LoadFailed if it could not be loaded now: it waits, and its receipt says why.
            SetupError if the database does not answer any more.
    """
    _load(settings, url, file_id)
    return receipt(url, file_id)


def _load(settings: Settings, url: str, file_id: int, failed: Collection[int] = ()) -> list[int]:
    """The numbers of all files that were loaded for this one, itself among them.

    Input: `failed`: files that are not to be tried again now.
    """
    with database.transaction(url) as connection:
        file = receipts.file(connection, file_id)
        # also one that lay in the wrong place, whose export nobody knows
        if file_id not in {one.file_id for one in receipts.waiting(connection, exports={file.export})}:
            return []
    with locks_of_load(url, file) as connection:
        earlier = [
            f
            for f in receipts.waiting(connection, exports={file.export})
            if f.sender == file.sender
            and f.status == "landed"
            and (f.delivered_on, f.file_id) < (file.delivered_on, file.file_id)
        ]
        loaded: list[int] = []
        for one in [*earlier, file] if file.status == "landed" else [file]:
            try:
                if one.file_id in failed:
                    raise LoadFailed
                loaded += _replayed(settings, url, one)
            except LoadFailed:
                if one == file:
                    raise
                reason = f"Chờ tệp số {one.file_id} của cùng nơi gửi, giao trước và chưa nạp được."
                _keep_waiting(url, file, reason)
                raise LoadFailed(reason) from None
        return loaded


@contextmanager
def locks_of_load(url: str, file: File) -> Iterator[Connection]:
    """A connection that holds what a load of this file needs to itself."""
    with database.opened(url) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            try:
                locks.load(cursor, file.export, file.sender)
            except SetupError as error:  # somebody else works on it for too long
                _keep_waiting(url, file, str(error))
                raise LoadFailed(str(error)) from None
        yield connection


def _replayed(settings: Settings, url: str, file: File) -> list[int]:
    """Load one file, whose locks are held. Raises: LoadFailed whatever went wrong, if the database still answers."""
    try:
        from etl.loading import replay  # half a second: who finds nothing new does without

        return replay.load(settings, url, file)
    except BaseException as error:
        # a panic of Polars is no Exception; whatever else is none ends the process or the task: Ctrl-C, a time-out
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = _why(error)
        if not database.answers(url):
            raise SetupError(
                f"the database stopped answering: {reason} Start it and run the same command again: it goes on."
            ) from None
        _keep_waiting(url, file, reason)
        raise LoadFailed(reason) from None


def _why(error: BaseException) -> str:
    """What went wrong, for the receipt: one sentence without a value of a row."""
    if isinstance(error, CchcError):
        return str(error)
    what = type(error).__name__
    if isinstance(error, psycopg2.Error):
        said = ((error.diag.message_primary or str(error)).strip().splitlines() or ["connection lost"])[0]
        # an error of data quotes the value; all others quote names of tables, files and columns
        what = said.partition('"')[0].strip() if isinstance(error, psycopg2.DataError) else said
        what = f"{what} ({error.pgcode})" if error.pgcode else what
    elif isinstance(error, OSError):
        what = error.strerror or what
    else:
        places = [p for p in traceback.extract_tb(error.__traceback__) if "etl" in Path(p.filename).parts]
        what = f"{what}, {Path(places[-1].filename).name}:{places[-1].lineno}" if places else what
    what = what.removesuffix(".")
    return f"Chưa nạp được tệp này ({what}). Tệp được giữ lại, lần chạy sau sẽ thử lại; báo quản trị kho."


def _keep_waiting(url: str, file: File, reason: str) -> None:
    log.error("file %d of %s is not loaded: %s", file.file_id, file.export, reason)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update landing.file set message = %s"
            " where file_id = %s and (status = 'landed' or reload_reason is not null)",
            (reason, file.file_id),
        )


def receipt(url: str, file_id: int) -> Receipt:
    """The receipt of a file as it stands now."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
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
    from etl.figures import period_figures, prove
    from etl.migration import reference

    with database.opened(url) as connection:
        # the lock before the state: who waited for another must not write by what stood when it began to wait
        connection.autocommit = True
        period_figures.hold(connection, period)
        connection.autocommit = False
        # on its own: who waits for another to write the form would be told that the state has moved on
        with connection, connection.cursor() as cursor:
            reference.fill_form(cursor)
        connection.set_session(isolation_level="REPEATABLE READ")
        with connection:
            written = period_figures.materialise(connection, period, as_of=as_of)
            prove.prove_period(connection, period.with_state_on(as_of), is_open=True)
        connection.autocommit = True
        period_figures.analyse(connection, period, written)
        return written


def materialise_each(url: str, periods: list[Period], *, as_of: date | None = None) -> Iterator[tuple[Period, int]]:
    """Make several periods side by side; of each that could be made, in the given order, the rows written.

    One that begins where an earlier one of them ends waits for it, for it is proved beside what that one holds.
    Raises: the first error, when the others are made.
    """

    def make(period: Period, before: Future[int] | None) -> int:
        if before:
            wait([before])
        return materialise(url, period, as_of=as_of)

    side_by_side = ThreadPoolExecutor(3)  # it is the database that works, on as many cores as it has
    made: dict[Period, Future[int]] = {}
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
