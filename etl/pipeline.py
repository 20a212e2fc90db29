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
import traceback
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import CchcError, LoadFailed, SetupError, UsageError
from etl.landing import arrivals, owners, receipts
from etl.landing.receipts import File
from etl.migration import schema
from etl.periods import Period
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
    connection = database.connect(url)
    connection.autocommit = True
    try:
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
    finally:
        connection.close()


def waiting(url: str, *, exports: set[str] | None = None) -> list[File]:
    """Files that are kept but not loaded, or have to be judged again, in the order in which they are to be loaded."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        owners.release(cursor)  # a list of units may have told since whose a held list is
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
    with _locks(url, file) as connection:
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
def _locks(url: str, file: File) -> Iterator[Connection]:
    """A connection that holds what a load of this file needs to itself."""
    connection = database.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            try:
                locks.load(cursor, file.export, file.sender)
            except SetupError as error:  # somebody else works on it for too long
                _keep_waiting(url, file, str(error))
                raise LoadFailed(str(error)) from None
        yield connection
    finally:
        connection.close()


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


# --- what a person decides --------------------------------------------------------------------------------------------


def again(
    url: str,
    *,
    file_ids: list[int] | None = None,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    by: str,
    reason: str,
) -> list[int]:
    """Let files be taken up again by the next load: after a contract, a rule or a word was mended; their numbers.

    What was refused or held waits again; what was loaded stands until it is judged again. What was taken back is taken
    up only if it is named by its number; what lay in the wrong place never is.
    Input:  files by their numbers, or by inclusive delivery days.
    Raises: UsageError if a number is no file's, or that file cannot be taken up.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        known = set(catalogue.exports() if exports is None else exports)
        for file_id in file_ids or []:
            file = receipts.file(connection, file_id)
            if file.export not in known or file.delivered_on == date.min:
                raise UsageError(f"file {file_id} lay in the wrong place: deliver it anew in the right one.")
            if file.status == "duplicate":
                raise UsageError(f"file {file_id} only repeats another one: `cchc files` says which; name that one.")
        meant = (
            "f.export = any(%(exports)s) and f.status <> 'duplicate' and f.delivered_on > '0001-01-01'"
            " and (f.file_id = any(%(ids)s) or %(ids)s::int[] is null and f.status <> 'withdrawn')"
            " and (%(since)s::date is null or f.delivered_on >= %(since)s)"
            " and (%(until)s::date is null or f.delivered_on <= %(until)s)"
        )
        values = {"exports": sorted(known), "ids": file_ids, "since": since, "until": until, "reason": reason}
        cursor.execute(
            "update landing.file as f set reload_reason = %(reason)s"
            f" where f.status in ('accepted', 'accepted_with_errors') and {meant} returning f.file_id",
            values,
        )
        stand = [file_id for (file_id,) in cursor.fetchall()]
        wait = receipts.wait_again(cursor, f"f.status not in ('accepted', 'accepted_with_errors') and {meant}", values)
        taken = sorted([*stand, *wait])
        for file_id in taken:
            _note(cursor, file_id, "again", by=by, reason=reason)
    return taken


def confirm(url: str, file_id: int, *, by: str, reason: str) -> None:
    """Say that a file that is held is meant so: the next load takes it up, with the other held parts of its delivery.

    Raises: UsageError if there is no such file, it is not held, or it waits for something else: whose it is.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        file = receipts.file(connection, file_id)
        if file.status != "held":
            raise UsageError(f"file {file_id} is not held ({file.status}): there is nothing to confirm.")
        cursor.execute("select rule_id, message from landing.file where file_id = %s", (file_id,))
        rule_id, message = cursor.fetchone()
        if rule_id == owners.RULE:
            raise UsageError(f"file {file_id} is not held for somebody to confirm it. {message}")
        _note(cursor, file_id, "confirm", by=by, reason=reason)
        receipts.wait_again(
            cursor,
            "f.export = %(export)s and f.sender = %(sender)s and f.delivered_on = %(day)s and f.status = 'held'",
            {"export": file.export, "sender": file.sender, "day": file.delivered_on},
        )


def withdraw(settings: Settings, url: str, file_id: int, *, by: str, reason: str) -> list[Receipt]:
    """Take a delivery back: its rows go, and what its sender delivered after it is loaded again, all at once.

    Its bytes stay. Delivered again, they are loaded again.
    Output: the receipts of the file and of those that were loaded again.
    Raises: UsageError if there is no such file, or it is taken back already.
    """
    with database.transaction(url) as connection:
        file = receipts.file(connection, file_id)
        if file.status == "withdrawn":
            raise UsageError(f"file {file_id} is taken back already.")
        if file.export not in catalogue.exports() or file.delivered_on == date.min:
            raise UsageError(f"file {file_id} was never loaded: it lay in the wrong place.")
    from etl.loading import replay

    with _locks(url, file):
        loaded = replay.withdraw(settings, url, file, by=by, reason=reason)
    return [receipt(url, one) for one in [file_id, *loaded]]


def _note(cursor: Cursor, file_id: int, kind: str, *, by: str, reason: str) -> None:
    cursor.execute(
        "insert into landing.file_event (file_id, kind, by_name, reason) values (%s, %s, %s, %s)",
        (file_id, kind, by, reason),
    )


def check_archive(settings: Settings, url: str) -> Iterator[tuple[File, str]]:
    """Compare the kept bytes of every file with the hash of what was delivered; each with what is wrong, or ''."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"select sha256, {receipts.COLUMNS} from landing.file order by file_id")
        files = cursor.fetchall()
    seen: dict[tuple[str, str], str] = {}  # files that say the same share their bytes
    for sha256, *columns in files:
        file = File(*columns)
        place = file.archived_as, sha256
        if place not in seen:
            seen[place] = receipts.what_is_wrong_with(settings.archive / file.archived_as, sha256)
        yield file, seen[place]


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

    connection = database.connect(url)
    try:
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
    finally:
        connection.close()


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
