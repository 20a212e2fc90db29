"""Land: every delivered file is kept as it came, hashed, and given a receipt. Nothing is read or judged here."""

import hashlib
import logging
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path, PurePosixPath
from typing import IO

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import SetupError, UsageError
from etl.inbox import Delivery, Inbox, Look, PassedOver, Unreadable, today
from etl.warehouse import locks

log = logging.getLogger("cchc")

CHUNK = 1 << 20
KNOWN_AT_ONCE = 5_000  # places asked about in one statement
# A file that was changed so lately may still be written: it is looked at again so many seconds later.
LATELY = timedelta(minutes=1)
SECOND_LOOK = 1.0


@dataclass(frozen=True)
class File:
    """One delivered file, as `landing.file` has it."""

    file_id: int
    source: str
    export: str
    sender: str
    delivered_on: date
    path: str
    archived_as: str
    status: str
    rows_read: int


COLUMNS = "file_id, source, export, sender, delivered_on, path, archived_as, status, rows_read"


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

    with connection.cursor() as cursor:
        for found in _unseen(cursor, wanted):
            delivery = found.delivery
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


def _copied(box: Inbox, delivery: Delivery, archive: Path, *, perhaps_kept: bool) -> tuple[str, int, Path | None]:
    """Copy the bytes into the archive, under a name of their own; hash, size, and where the copy is.

    Input:  `perhaps_kept`: the sender has sent as many bytes before: they are hashed first, and not copied (None) if
            they are there.
    Raises: Unreadable if the file cannot be read; SetupError if the archive cannot be written.
    """
    with box.open(delivery.path) as sent:
        try:
            if perhaps_kept:
                sha256, size = _hash(sent)
                if (archive / _place(sha256, PurePosixPath(delivery.path).suffix.lower())).exists():
                    return sha256, size, None
                sent.seek(0)
            archive.mkdir(parents=True, exist_ok=True)
            # a name of its own: processes in different containers may share the archive and their number
            arriving = archive / f".arriving-{uuid.uuid4().hex}"
            try:
                with arriving.open("wb") as kept:
                    sha256, size = _hash(sent, kept)
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


def _hash(sent: IO[bytes], kept: IO[bytes] | None = None) -> tuple[str, int]:
    """Hash and size of what was sent; `kept` is where it is copied to. Raises: Unreadable if reading fails."""
    # one buffer for all of it: memory that is taken anew for every chunk costs more than the hash
    digest, size, buffer = hashlib.sha256(), 0, memoryview(bytearray(CHUNK))

    def read() -> int:
        try:
            return sent.readinto(buffer)
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None

    while count := read():
        digest.update(buffer[:count])
        size += count
        if kept:
            kept.write(buffer[:count])
    return digest.hexdigest(), size


def _receipt(cursor: Cursor, delivery: Delivery, look: Look, *, sha256: str, archived_as: str) -> int:
    row = {
        "source": delivery.source,
        "export": delivery.export,
        "sender": delivery.sender,
        "delivered_on": delivery.delivered_on or date.min,
        "path": delivery.place,
        "sha256": sha256,
        "bytes": look.size,
        "modified_ns": look.modified_ns,
        "changed_ns": look.changed_ns,
        "archived_as": archived_as,
    }
    contract = catalogue.exports().get(delivery.export)
    cursor.execute(ORIGINAL, row | {"meaning": contract.meaning if contract else ""})
    original = cursor.fetchone()
    if delivery.problem:
        status, message = "rejected", delivery.problem
    elif original:
        status = "duplicate"
        message = duplicate_message(*original)
    else:
        status, message = "landed", ""
    cursor.execute(
        """
        insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, changed_ns,
                                  archived_as, status, message, loaded_at)
        values (%(source)s, %(export)s, %(sender)s, %(delivered_on)s, %(path)s, %(sha256)s, %(bytes)s, %(modified_ns)s,
                %(changed_ns)s, %(archived_as)s, %(status)s, %(message)s,
                case when %(status)s = 'duplicate' then now() end)
        returning file_id
        """,
        row | {"status": status, "message": message},
    )
    return cursor.fetchone()[0]


def duplicate_message(original: int, delivered_on: date) -> str:
    """What the sender is told of bytes that it has delivered before."""
    return f"Tệp này trùng từng byte với tệp số {original} (giao ngày {delivered_on:%d/%m/%Y}); không nạp lại."


# The file that said the same before, unless its sender has said something else in between: then it is said anew.
ORIGINAL = """
    select original.file_id, original.delivered_on
    from landing.file as original
    where original.source = %(source)s
        and original.export = %(export)s
        and original.sender = %(sender)s
        and original.sha256 = %(sha256)s
        and original.status in ('accepted', 'accepted_with_errors')
        -- by a contract of before, the same bytes said something else
        and (original.hash_version is null or original.hash_version like '%% ' || %(meaning)s)
        and original.delivered_on <= %(delivered_on)s
        -- a part that is held is looked at again when another part of its delivery arrives
        and not exists (
            select
            from landing.file as part
            where part.export = original.export
                and part.sender = original.sender
                and part.delivered_on = %(delivered_on)s
                and part.status = 'held'
        )
        and not exists (
            select
            from landing.file as other
            where other.export = original.export
                and other.sender = original.sender
                and other.sha256 <> original.sha256
                and other.status not in ('duplicate', 'rejected', 'withdrawn')
                -- another part of the same delivery says nothing else
                and regexp_replace(other.path, '^.*/', '') = regexp_replace(original.path, '^.*/', '')
                and (other.delivered_on, other.file_id) > (original.delivered_on, original.file_id)
                and other.delivered_on <= %(delivered_on)s
        )
    order by original.file_id desc
    limit 1
"""


def what_is_wrong_with(kept: Path, sha256: str) -> str:
    """Why kept bytes are not those that were delivered: gone, unreadable, or altered; empty if they are."""
    try:
        with kept.open("rb") as file:
            found, _ = _hash(file)
    except FileNotFoundError:
        return "không còn"
    except OSError as error:
        return f"không đọc được: {error.strerror}"
    return "" if found == sha256 else "đã bị thay đổi"


def file(connection: Connection, file_id: int) -> File:
    """The receipt of one file.

    Raises: UsageError if there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"select {COLUMNS} from landing.file where file_id = %s", (file_id,))
        row = cursor.fetchone()
    if row is None:
        raise UsageError(f"no file has the number {file_id}; `cchc files` lists them.")
    return File(*row)


def waiting(connection: Connection, *, exports: set[str] | None = None) -> list[File]:
    """Files that are kept but not loaded, or have to be judged again, in the order in which they are to be loaded.

    By delivery day; within a day what others refer to comes first; then in the order of arrival.
    """
    order = list(catalogue.exports())
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {COLUMNS} from landing.file where (status = 'landed' or reload_reason is not null)"
            " and export = any(%s)"
            " order by delivered_on, array_position(%s::text[], export), file_id",
            ([e for e in order if exports is None or e in exports], order),
        )
        return [File(*row) for row in cursor.fetchall()]
