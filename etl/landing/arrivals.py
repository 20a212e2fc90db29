"""Land: every delivered file is kept as it came, hashed, and given a receipt. Nothing is read or judged here."""

import io
import logging
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path, PurePosixPath
from typing import IO

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import SetupError, UsageError
from etl.landing.inbox import Delivery, Inbox, Look, PassedOver, Unreadable, today
from etl.landing.receipts import duplicate_message, hash_and_size, original, remember_kept
from etl.spelling import fold
from etl.warehouse import locks

log = logging.getLogger("cchc")
KNOWN_AT_ONCE = 5_000  # places asked about in one statement
# A file that was changed so lately may still be written: it is looked at again so many seconds later.
LATELY = timedelta(minutes=1)
SECOND_LOOK = 1.0


@dataclass
class Landing:
    """What became of an inbox: the receipts that were written, and what was passed over."""

    file_ids: list[int] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """A delivery as the listing of the inbox saw it."""

    delivery: Delivery
    look: Look
    looked_at: float  # seconds of the monotonic clock

    @property
    def age(self) -> timedelta:
        """For how long it has not been changed; of a time of change in the future, less than nothing."""
        return timedelta(microseconds=(time.time_ns() - self.look.modified_ns) / 1000)


def land(
    connection: Connection,
    *,
    inbox: str,
    archive: Path,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    min_age: timedelta | None = None,
    done_marker: bool = False,
) -> Landing:
    """Keep every file below `inbox` that has not been seen, one transaction each.

    The same bytes from the same sender are received once, unless it sent something else in between: the second receipt
    says `duplicate`. A file that lies in the wrong place is kept and rejected. What cannot be read, or is still being
    written, is named and left for the next run; the others go on. A crash leaves either a kept file with its receipt
    or nothing: landing again finishes the work.

    Input:  a connection in autocommit mode; `exports` limits the work to these, `since` and `until` to inclusive
            delivery days. Files changed later than `min_age` ago, or (`done_marker`) beside which no `<file>.done`
            lies, are left without a word: they are expected to come.
    Raises: SetupError if the archive cannot be written; UsageError if there is no such inbox.
    """
    if since and until and since > until:
        raise UsageError(f"the delivery days end on {until}, before they begin on {since}: give them in order.")
    box = Inbox(inbox)
    result = Landing()

    def pass_over(path: str, reason: str) -> None:
        place = box.told(path)
        log.error("%s is passed over: %s.", place, reason)
        result.passed_over.append(PassedOver(place, reason))

    wanted = []
    for found in _listed(box, pass_over):
        delivery = found.delivery
        if exports is not None and not _concerns(delivery, exports):
            continue
        if (day := delivery.delivered_on) and ((since and day < since) or (until and day > until)):
            continue
        if (min_age and found.age < min_age) or (done_marker and not box.is_marked_done(delivery.path)):
            continue
        wanted.append(found)

    # of one part the first copy before the second: what has the higher number was sent later
    wanted.sort(key=lambda found: (str(PurePosixPath(found.delivery.path).parent), *_order(found.delivery)))
    with connection.cursor() as cursor:
        known: dict[str, str] = {}
        for found in _unseen(cursor, wanted):
            known = known or _known_senders(cursor)
            delivery = _as_known(found.delivery, known)
            found = replace(found, delivery=delivery)
            try:
                # somebody else may be landing this inbox: one receipt is enough
                with locks.landing(cursor, f"{delivery.export}/{delivery.sender}"):
                    still_new = list(_unseen(cursor, [found]))
                    file_id = _land(cursor, box, found, archive) if still_new else None
                if file_id is not None:
                    result.file_ids.append(file_id)
            except Unreadable as error:
                pass_over(delivery.path, str(error))
    return result


def _order(delivery: Delivery) -> tuple[str, int, int, str]:
    return fold(delivery.sender), delivery.part or 0, delivery.copy, delivery.path


def _known_senders(cursor: Cursor) -> dict[str, str]:
    """Every sender by the word that all typings of its name share; of several the one that was known first."""
    cursor.execute(
        "select sender from landing.file group by sender"
        " union all select sender from landing.sender_unit order by sender desc"
    )
    return {fold(sender): sender for (sender,) in cursor.fetchall()}


def _as_known(delivery: Delivery, known: dict[str, str]) -> Delivery:
    """The delivery under the name of the sender that its name looks like: Duc-Co is duc-co."""
    if delivery.problem:
        return delivery
    return replace(delivery, sender=known.setdefault(fold(delivery.sender), delivery.sender))


def _listed(box: Inbox, pass_over: Callable[[str, str], None]) -> Iterator[_Found]:
    on = today()
    for found in box.walk():
        if isinstance(found, PassedOver):
            pass_over(found.path, found.reason)
            continue
        path, look = found
        if delivery := box.delivery(path, today=on):
            yield _Found(delivery, look, time.monotonic())


def _concerns(delivery: Delivery, exports: set[str]) -> bool:
    """Whether a run that is limited to some exports has to take this file.

    A misplaced file is taken by the runs of its source; one that belongs to no source, by whoever comes first.
    """
    if not delivery.problem:
        return delivery.export in exports
    sources = {name.split("/")[0] for name in exports}
    return delivery.source in sources or delivery.source not in catalogue.sources()


def _unseen(cursor: Cursor, found: list[_Found]) -> Iterator[_Found]:
    """Those whose place, size and times no receipt names yet."""
    for start in range(0, len(found), KNOWN_AT_ONCE):
        part = found[start : start + KNOWN_AT_ONCE]
        cursor.execute(
            "select path, bytes, modified_ns, changed_ns from landing.file where path = any(%s)",
            ([one.delivery.place for one in part],),
        )
        known: dict[tuple[str, int, int], set[int | None]] = {}
        for path, size, modified_ns, changed_ns in cursor.fetchall():
            known.setdefault((path, size, modified_ns), set()).add(changed_ns)
        for one in part:
            changed = known.get((one.delivery.place, one.look.size, one.look.modified_ns))
            # receipts of before, and remote files, have no time of change: size and time of writing decide
            if changed is None or not (one.look.changed_ns == 0 or {None, one.look.changed_ns} & changed):
                yield one


def _land(cursor: Cursor, box: Inbox, found: _Found, archive: Path) -> int | None:
    """Keep one file and write its receipt; None if it only has another time of change than its receipt says.

    Raises: Unreadable if it cannot be read, or is still being written.
    """
    delivery, look = found.delivery, found.look
    cursor.execute(
        "select exists (select from landing.file where export = %s and sender = %s and bytes = %s)",
        (delivery.export, delivery.sender, look.size),
    )
    sha256, size, arriving = _copied(box, delivery, archive, perhaps_kept=cursor.fetchone()[0])
    try:
        if found.age < LATELY:
            time.sleep(max(0.0, found.looked_at + SECOND_LOOK - time.monotonic()))
        if box.look(delivery.path) != look or size != look.size:
            raise Unreadable("it is still being written; the next run takes it")
        cursor.execute(
            "update landing.file set changed_ns = %s where path = %s and bytes = %s and modified_ns = %s"
            " and sha256 = %s",
            (look.changed_ns, delivery.place, size, look.modified_ns, sha256),
        )
        if cursor.rowcount:
            return None
        place = _kept(arriving, archive, sha256, PurePosixPath(delivery.path).suffix.lower())
        arriving = None
        return _receipt(cursor, delivery, look, sha256=sha256, archived_as=place)
    finally:
        if arriving:
            arriving.unlink(missing_ok=True)


def keep(archive: Path, content: bytes, ending: str) -> tuple[str, str]:
    """Keep bytes that are no delivery beside those that are; their hash, and their place in the archive.

    Raises: SetupError if the archive cannot be written.
    """
    sha256, _, arriving = _written(archive, io.BytesIO(content))
    try:
        return sha256, _kept(arriving, archive, sha256, ending)
    except BaseException:
        arriving.unlink(missing_ok=True)
        raise


def _copied(box: Inbox, delivery: Delivery, archive: Path, *, perhaps_kept: bool) -> tuple[str, int, Path | None]:
    """Copy the bytes into the archive, under a name of their own; hash, size, and where the copy is.

    Input:  `perhaps_kept`: the sender has sent as many bytes before: they are hashed first, and not copied (None) if
            they are there.
    Raises: Unreadable if the file cannot be read; SetupError if the archive cannot be written.
    """
    with box.open(delivery.path) as sent:
        try:
            if perhaps_kept:
                sha256, size = hash_and_size(sent)
                if (archive / _place(sha256, PurePosixPath(delivery.path).suffix.lower())).exists():
                    return sha256, size, None
                sent.seek(0)
        except OSError as error:
            raise _archive_failed(error, archive) from None
        return _written(archive, sent)


def _written(archive: Path, sent: IO[bytes]) -> tuple[str, int, Path]:
    """Copy bytes into the archive, under a name of their own; hash, size, and where the copy is."""
    try:
        archive.mkdir(parents=True, exist_ok=True)
        # a name of its own: processes in different containers may share the archive and their number
        arriving = archive / f".arriving-{uuid.uuid4().hex}"
        try:
            with arriving.open("wb") as kept:
                sha256, size = hash_and_size(sent, kept)
                kept.flush()
                os.fsync(kept.fileno())
        except BaseException:
            arriving.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _archive_failed(error, archive) from None
    return sha256, size, arriving


def _kept(arriving: Path | None, archive: Path, sha256: str, ending: str) -> str:
    """Give a copy its lasting name, read-only; its place in the archive."""
    place = _place(sha256, ending)
    try:
        if arriving and (archive / place).exists():
            arriving.unlink()
        elif arriving:
            (archive / place).parent.mkdir(exist_ok=True)
            arriving.chmod(0o440)
            arriving.rename(archive / place)
            remember_kept(archive / place, sha256)
    except OSError as error:
        raise _archive_failed(error, archive) from None
    return place


def _place(sha256: str, ending: str) -> str:
    """Where bytes are kept; of the ending only what is one: a name may have been typed behind the last dot."""
    return f"{sha256[:2]}/{sha256}{ending if re.fullmatch('[.][a-z0-9]{1,5}', ending) else ''}"


def _archive_failed(error: OSError, archive: Path) -> SetupError:
    return SetupError(
        f"{error.filename or archive}: {error.strerror}."
        " The archive must be a folder this user may write to, with room for the files (CCHC_ARCHIVE)."
    )


def _receipt(cursor: Cursor, delivery: Delivery, look: Look, *, sha256: str, archived_as: str) -> int:
    row = {
        "source": delivery.source,
        "export": delivery.export,
        "sender": delivery.sender,
        "delivered_on": delivery.delivered_on or date.min,
        "path": delivery.place,
        "part": delivery.part_name,
        "sha256": sha256,
        "bytes": look.size,
        "modified_ns": look.modified_ns,
        "changed_ns": look.changed_ns,
        "archived_as": archived_as,
    }
    contract = catalogue.exports().get(delivery.export)
    said_before = original(cursor, row | {"meaning": contract.meaning if contract else ""})
    if delivery.problem:
        status, message = "rejected", delivery.problem
    elif said_before:
        status = "duplicate"
        message = duplicate_message(*said_before)
    else:
        status, message = "landed", ""
    cursor.execute(
        """
        insert into landing.file (source, export, sender, delivered_on, path, part, sha256, bytes, modified_ns,
                                  changed_ns, archived_as, status, message, loaded_at)
        values (%(source)s, %(export)s, %(sender)s, %(delivered_on)s, %(path)s, %(part)s, %(sha256)s, %(bytes)s,
                %(modified_ns)s, %(changed_ns)s, %(archived_as)s, %(status)s, %(message)s,
                case when %(status)s = 'duplicate' then now() end)
        returning file_id
        """,
        row | {"status": status, "message": message},
    )
    return cursor.fetchone()[0]
