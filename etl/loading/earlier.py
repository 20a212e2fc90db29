"""What the warehouse has already of the same sender: rows, open quarantine, the delivery before."""

import tempfile

import numpy as np
import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import FileHeld
from etl.landing.receipts import File

# Binary COPY: 19 bytes of header, per row a field count, a length and the number, 2 bytes at the end.
_COPIED = np.dtype([("fields", ">i2"), ("length", ">i4"), ("hash", ">i8")])


def hash_version(export: catalogue.Export) -> str:
    """How the rows of an export are hashed now: by which library, and what their cells mean.

    Hashes of another version mean nothing: such rows are compared by their columns instead. So a column that a contract
    has gained, renamed or reads otherwise is filled by the next delivery, though its rows come as they were.
    """
    return f"polars {pl.__version__} {export.meaning}"


def known_hashes(cursor: Cursor, file: File) -> np.ndarray:
    thing = catalogue.export(file.export).thing
    statement = cursor.mogrify(
        f"copy (select c.raw_hash from core.{thing} c where c.sender = %s and c.file_id in (select file_id"
        " from landing.file where export = %s and sender = %s and hash_version = %s)) to stdout (format binary)",
        (file.sender, file.export, file.sender, hash_version(catalogue.export(file.export))),
    )
    with tempfile.TemporaryFile() as copied:
        cursor.copy_expert(statement, copied)
        rows = (copied.tell() - 21) // _COPIED.itemsize
        copied.seek(19)
        hashes = np.empty(rows, np.int64)
        for start in range(0, rows, 1 << 18):
            part = np.fromfile(copied, _COPIED, count=min(1 << 18, rows - start))
            hashes[start : start + len(part)] = part["hash"]
    hashes.sort()
    return hashes


def is_first(cursor: Cursor, file: File) -> bool:
    """Whether nothing of this sender is loaded: rows may be there, and not be known by their hashes."""
    cursor.execute(
        "select not exists (select from landing.file where export = %s and sender = %s and status like 'accepted%%')",
        (file.export, file.sender),
    )
    return cursor.fetchone()[0]


# The part of a delivery that a file is: duc-co.1.csv of two nights is the same part.
PART = "regexp_replace({}, '^.*/', '')"
# Files of the same sender whose rows in quarantine this one settles if it brings their keys again.
EARLIER_FILES = f"""
    select earlier.file_id
    from landing.file as earlier
    where earlier.export = %(export)s
        and earlier.sender = %(sender)s
        and earlier.file_id <> %(file_id)s
        and (
            earlier.delivered_on < %(delivered_on)s
            or earlier.delivered_on = %(delivered_on)s and {PART.format("earlier.path")} = {PART.format("%(path)s")}
        )
"""


def of_file(file: File) -> dict[str, object]:
    """What queries like EARLIER_FILES ask of a file."""
    return {
        "file_id": file.file_id,
        "export": file.export,
        "sender": file.sender,
        "delivered_on": file.delivered_on,
        "path": file.path,
    }


def open_quarantine(cursor: Cursor, file: File) -> pl.Series | None:
    cursor.execute(
        "select distinct record_key from quality.quarantined_row where export = %(export)s and resolved_by is null"
        f" and file_id in ({EARLIER_FILES})",
        of_file(file),
    )
    keys = [key for (key,) in cursor.fetchall()]
    return pl.Series(keys).implode() if keys else None


def check_half_at_least(cursor: Cursor, file: File, *, rows: int, with_parts: int) -> None:
    """FIL-06: a snapshot that lost half its rows would close them all. Deliveries are compared, with all their parts.

    A part that comes a second time on its day is compared with what it was. A part that came again unchanged has the
    rows of the file that it repeats.
    """
    cursor.execute(
        f"""
        with version as (
            select
                one.file_id,
                one.delivered_on,
                {PART.format("one.path")} as part,
                case when one.status = 'duplicate' then (
                    select max(original.rows_read) from landing.file as original
                    where original.export = one.export and original.sender = one.sender
                        and original.sha256 = one.sha256 and original.status like 'accepted%%'
                ) else one.rows_read end as rows
            from landing.file as one
            where one.export = %(export)s and one.sender = %(sender)s
                and one.status in ('accepted', 'accepted_with_errors', 'duplicate')
                and (
                    one.delivered_on < %(delivered_on)s
                    or one.delivered_on = %(delivered_on)s and one.file_id < %(file_id)s
                    and {PART.format("one.path")} = {PART.format("%(path)s")}
                )
        ),
        newest as (
            select distinct on (part) rows, delivered_on
            from version
            where delivered_on = (select max(delivered_on) from version)
            order by part, file_id desc
        )
        select sum(rows), max(delivered_on) from newest
        """,
        of_file(file),
    )
    before, day = cursor.fetchone()
    now = rows if day == file.delivered_on else with_parts
    if before is None or now * 2 >= before or _is_confirmed(cursor, file):
        return
    raise FileHeld(
        "FIL-06",
        f"Lần giao này chỉ có {now} dòng, chưa bằng một nửa lần giao ngày {day:%d/%m/%Y} ({before} dòng)."
        " Nạp tệp này sẽ đóng các dòng còn thiếu, nên tệp được giữ lại. Nếu kết xuất thiếu: gửi lại tệp đầy đủ."
        f' Nếu đúng là như vậy: cchc files confirm {file.file_id} --reason "<lý do>"',
    )


def _is_confirmed(cursor: Cursor, file: File) -> bool:
    """Whether somebody said that this delivery is meant so: of this file, or of another part of the delivery."""
    cursor.execute(
        f"""
        select exists (
            select from landing.file_event as event inner join landing.file as one using (file_id)
            where event.kind = 'confirm' and one.export = %(export)s and one.sender = %(sender)s
                and one.delivered_on = %(delivered_on)s
                and (one.file_id = %(file_id)s or {PART.format("one.path")} <> {PART.format("%(path)s")})
        )
        """,
        of_file(file),
    )
    return cursor.fetchone()[0]
