"""Receipts: what landing.file says of a delivered file, and which files wait for their load."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.landing.inbox import Unreadable

CHUNK = 1 << 20


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
    part: str  # of its delivery: <sender>.csv or <sender>.1.csv, whatever the file is called


COLUMNS = "file_id, source, export, sender, delivered_on, path, archived_as, status, part"


def hash_and_size(sent: Any, kept: IO[bytes] | None = None) -> tuple[str, int]:
    """Hash and size of what was sent; `kept` is where it is copied to. Raises: Unreadable if reading fails."""
    # one buffer for all of it: memory that is taken anew for every chunk costs more than the hash
    digest, size, buffer = hashlib.sha256(), 0, memoryview(bytearray(CHUNK))

    def read() -> int:
        try:
            return sent.readinto(buffer)
        except OSError as error:
            raise Unreadable(error.strerror or type(error).__name__) from None

    while count := read():
        digest.update(buffer[:count])
        size += count
        if kept:
            kept.write(buffer[:count])
    return digest.hexdigest(), size


def duplicate_message(original: int, delivered_on: date) -> str:
    """What the sender is told of bytes that it has delivered before."""
    return f"Tệp này trùng từng byte với tệp số {original} (giao ngày {delivered_on:%d/%m/%Y}); không nạp lại."


def original(cursor: Cursor, said: Mapping[str, object]) -> tuple[int, date] | None:
    """The file that said the same before, and its day; unless its sender has said something else in between.

    Input: `said`: source, export, sender, day and hash of what has come; `meaning` of its export.
    """
    cursor.execute(statement("land/original"), said)
    found: tuple[int, date] | None = cursor.fetchone()
    return found


# What this process has kept itself, and how it looked then: it is not hashed again before its load.
_kept_here: dict[Path, tuple[str, tuple[int, ...]]] = {}


def remember_kept(kept: Path, sha256: str) -> None:
    """Say that bytes have been hashed on their way into the archive."""
    _kept_here[kept] = (sha256, _look(kept.stat()))


def _look(found: os.stat_result) -> tuple[int, ...]:
    # whatever is written to a file, and whoever sets its time back, changes the last of these
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def what_is_wrong_with(kept: Path, sha256: str) -> str:
    """Why kept bytes are not those that were delivered: gone, unreadable, or altered; empty if they are."""
    try:
        with kept.open("rb") as file:
            if _kept_here.get(kept) == (sha256, _look(os.fstat(file.fileno()))):
                return ""
            found, _ = hash_and_size(file)
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


def wait_again(cursor: Cursor, which: str, values: Mapping[str, object]) -> list[int]:
    """Let files wait for their load as if they had just landed; their numbers. `which` is a condition on them."""
    cursor.execute(
        "update landing.file as f set status = 'landed', message = '', rule_id = null, reload_reason = null"
        f" where {which} returning f.file_id",
        values,
    )
    return sorted(file_id for (file_id,) in cursor.fetchall())


def waiting(connection: Connection, *, exports: set[str] | None = None) -> list[File]:
    """Files that are kept but not loaded, or have to be judged again, in the order in which they are to be loaded."""
    order = list(catalogue.exports())
    with connection.cursor() as cursor:
        cursor.execute(
            statement("land/waiting", receipt=COLUMNS),
            {"exports": [e for e in order if exports is None or e in exports], "all_exports": order},
        )
        return [File(*row) for row in cursor.fetchall()]
