"""Land: every delivered file is kept as it came, hashed, and given a receipt. Nothing is read or judged here."""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import IO

import fsspec
from psycopg2.extensions import connection as Connection

from etl import catalogue
from etl.errors import SetupError, UsageError

CHUNK = 1 << 20
UNFINISHED = (".tmp", ".part", ".partial")
LAYOUT = "<nguồn>/<loại dữ liệu>/<ngày giao: YYYY-MM-DD>/<nơi gửi>.csv|xlsx|xls"


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


@dataclass(frozen=True)
class Delivery:
    """What the place of a file says about it: inbox/<source>/<export>/<delivery day>/<sender>[.<part>].<ending>."""

    path: str
    source: str
    export: str
    sender: str
    delivered_on: date | None
    problem: str = ""


def _delivery(path: str, inside: PurePosixPath) -> Delivery:
    parts = inside.parts
    source, export_name = (parts[0], "/".join(parts[:2])) if len(parts) > 2 else ("", "")
    # a sender's delivery may come in parts: duc-co.1.csv and duc-co.2.csv are both from duc-co
    sender = re.sub(r"\.\d+$", "", inside.stem)
    problem, day = "", None
    if len(parts) != 4:
        problem = f"Tệp không nằm đúng chỗ. Đặt lại theo cấu trúc {LAYOUT}."
    else:
        try:
            day = date.fromisoformat(parts[2])
        except ValueError:
            problem = f"Thư mục {parts[2]!r} không phải là ngày giao (YYYY-MM-DD). Đặt lại theo cấu trúc {LAYOUT}."
        if export_name not in catalogue.exports():
            known = ", ".join(catalogue.exports())
            problem = f"Không có loại dữ liệu {export_name!r}. Các loại đã khai báo: {known}."
    return Delivery(path, source, export_name, sender, day, problem)


def deliveries(
    inbox: str, *, since: date | None = None, until: date | None = None
) -> Iterator[tuple[Delivery, int, int]]:
    """Every file below an inbox with its size and time of change; `since` and `until` are inclusive delivery days.

    Input:  a folder or any fsspec URL.
    Raises: UsageError if there is no such folder.
    """
    files, root = fsspec.core.url_to_fs(inbox)
    if not files.isdir(root):
        raise UsageError(
            f"{inbox}: there is no such folder. Name the inbox that holds <source>/<export>/<day>/<sender>.csv."
        )
    for path, info in sorted(files.find(root, detail=True).items()):
        inside = PurePosixPath(PurePosixPath(path).relative_to(PurePosixPath(root)))
        if re.match(r"[.~]|(thumbs\.db|desktop\.ini)$", inside.name.lower()) or inside.suffix.lower() in UNFINISHED:
            continue  # not finished yet, an office program's lock file, or what Windows leaves in a folder
        delivery = _delivery(path, inside)
        if delivery.delivered_on and (
            (since and delivery.delivered_on < since) or (until and delivery.delivered_on > until)
        ):
            continue
        changed = info.get("mtime") or info.get("LastModified") or info.get("last_modified") or 0
        changed = changed.timestamp() if hasattr(changed, "timestamp") else changed
        yield delivery, int(info["size"] or 0), int(float(changed) * 1_000_000_000)


def land(
    connection: Connection,
    *,
    inbox: str,
    archive: Path,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[int]:
    """Keep every file below `inbox` that has not been seen, one transaction each; the ids of the receipts written.

    The same bytes from the same sender are received once, unless it sent something else in between: the second receipt
    says `duplicate`. A file that lies in the wrong place is kept and rejected. A crash leaves either a kept file with
    its receipt or nothing: landing again finishes the work.
    Input:  a connection in autocommit mode; `exports` limits the work to these.
    Raises: SetupError if the archive cannot be written.
    """
    files, _ = fsspec.core.url_to_fs(inbox)
    landed = []
    with connection.cursor() as cursor:
        for delivery, size, modified_ns in deliveries(inbox, since=since, until=until):
            if exports is not None and not delivery.problem and delivery.export not in exports:
                continue
            # somebody else may be landing this inbox: one receipt is enough
            sender = f"{delivery.export}/{delivery.sender}"
            cursor.execute("select pg_advisory_lock(hashtext('land'), hashtext(%s))", (sender,))
            try:
                cursor.execute(
                    "select 1 from landing.file where path = %s and bytes = %s and modified_ns = %s",
                    (delivery.path, size, modified_ns),
                )
                if cursor.fetchone():
                    continue
                cursor.execute(
                    "select exists (select from landing.file where export = %s and sender = %s and bytes = %s)",
                    (delivery.export, delivery.sender, size),
                )
                sha256, kept, place = _keep(files, delivery, archive, perhaps_kept=cursor.fetchone()[0])
                landed.append(
                    _receipt(cursor, delivery, sha256=sha256, size=kept, modified_ns=modified_ns, archived_as=place)
                )
            finally:
                cursor.execute("select pg_advisory_unlock(hashtext('land'), hashtext(%s))", (sender,))
    return landed


def _keep(
    files: fsspec.AbstractFileSystem, delivery: Delivery, archive: Path, *, perhaps_kept: bool
) -> tuple[str, int, str]:
    """Copy the bytes into the archive, read-only, under their own hash; hash, size, place.

    Input: `perhaps_kept`: the sender has sent as many bytes before: they are hashed first, and copied only if they are
           not there.
    """
    try:
        sent = files.open(delivery.path, "rb")
    except OSError as error:
        raise UsageError(f"{delivery.path}: {error.strerror or error}. Let this user read the file.") from None

    def place(sha256: str) -> str:
        return f"{sha256[:2]}/{sha256}{PurePosixPath(delivery.path).suffix.lower()}"

    try:
        with sent:
            if perhaps_kept:
                sha256, size = _hash(sent)
                if (archive / place(sha256)).exists():
                    return sha256, size, place(sha256)
                sent.seek(0)
            archive.mkdir(parents=True, exist_ok=True)
            # a name of its own: processes in different containers may share the archive and their number
            arriving = archive / f".arriving-{uuid.uuid4().hex}"
            with arriving.open("wb") as kept:
                sha256, size = _hash(sent, kept)
                kept.flush()
                os.fsync(kept.fileno())
        kept_as = archive / place(sha256)
        kept_as.parent.mkdir(exist_ok=True)
        if kept_as.exists():
            arriving.unlink()
        else:
            arriving.chmod(0o440)
            arriving.rename(kept_as)
    except OSError as error:
        raise SetupError(
            f"{error.filename or archive}: {error.strerror}."
            " The archive must be a folder this user may write to (CCHC_ARCHIVE)."
        ) from None
    return sha256, size, place(sha256)


def _hash(sent: IO[bytes], kept: IO[bytes] | None = None) -> tuple[str, int]:
    """Hash and size of what was sent; `kept` is where it is copied to."""
    # one buffer for all of it: memory that is taken anew for every chunk costs more than the hash
    digest, size, buffer = hashlib.sha256(), 0, memoryview(bytearray(CHUNK))
    while count := sent.readinto(buffer):
        digest.update(buffer[:count])
        size += count
        if kept:
            kept.write(buffer[:count])
    return digest.hexdigest(), size


def _receipt(cursor, delivery: Delivery, *, sha256: str, size: int, modified_ns: int, archived_as: str) -> int:
    row = {
        "source": delivery.source,
        "export": delivery.export,
        "sender": delivery.sender,
        "delivered_on": delivery.delivered_on or date.min,
        "path": delivery.path,
        "sha256": sha256,
        "bytes": size,
        "modified_ns": modified_ns,
        "archived_as": archived_as,
    }
    cursor.execute(_ORIGINAL, row)
    original = cursor.fetchone()
    if delivery.problem:
        status, message = "rejected", delivery.problem
    elif original:
        status = "duplicate"
        message = f"Tệp này trùng từng byte với tệp số {original[0]} (giao ngày {original[1]:%d/%m/%Y}); không nạp lại."
    else:
        status, message = "landed", ""
    cursor.execute(
        """
        insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as,
                                  status, message, loaded_at)
        values (%(source)s, %(export)s, %(sender)s, %(delivered_on)s, %(path)s, %(sha256)s, %(bytes)s, %(modified_ns)s,
                %(archived_as)s, %(status)s, %(message)s, case when %(status)s = 'duplicate' then now() end)
        returning file_id
        """,
        row | {"status": status, "message": message},
    )
    return cursor.fetchone()[0]


# The file that said the same before, unless its sender has said something else in between: then it is said anew.
_ORIGINAL = """
    select original.file_id, original.delivered_on
    from landing.file as original
    where original.source = %(source)s
        and original.export = %(export)s
        and original.sender = %(sender)s
        and original.sha256 = %(sha256)s
        and original.status <> 'duplicate'
        and original.delivered_on <= %(delivered_on)s
        and not exists (
            select
            from landing.file as other
            where other.export = original.export
                and other.sender = original.sender
                and other.sha256 <> original.sha256
                and other.status not in ('duplicate', 'rejected')
                -- another part of the same delivery says nothing else
                and regexp_replace(other.path, '^.*/', '') = regexp_replace(original.path, '^.*/', '')
                and (other.delivered_on, other.file_id) > (original.delivered_on, original.file_id)
                and other.delivered_on <= %(delivered_on)s
        )
    order by original.file_id desc
    limit 1
"""


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
    """Files that are kept but not loaded, in the order in which they are to be loaded.

    By delivery day; within a day what others refer to comes first; then in the order of arrival.
    """
    order = list(catalogue.exports())
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {COLUMNS} from landing.file where status = 'landed' and export = any(%s)"
            " order by delivered_on, array_position(%s::text[], export), file_id",
            ([e for e in order if exports is None or e in exports], order),
        )
        return [File(*row) for row in cursor.fetchall()]
