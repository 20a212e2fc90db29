"""What the warehouse has already of the same sender: rows, open quarantine, the delivery before."""

import tempfile
from collections.abc import Collection, Mapping

import numpy as np
import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import FileHeld
from etl.landing.receipts import File

MANY_ROWS = 20  # of which a column that is empty throughout says something

# Binary COPY: 19 bytes of header, per row a field count, a length and the number, 2 bytes at the end.
_COPIED = np.dtype([("fields", ">i2"), ("length", ">i4"), ("hash", ">i8")])


def hash_version(export: catalogue.Export) -> str:
    """How the rows of an export are hashed now: by which library, and what their cells mean.

    Hashes of another version mean nothing: such rows are compared by their columns instead. So a column that a contract
    has gained, renamed or reads otherwise is filled by the next delivery, though its rows come as they were.
    """
    return f"polars {pl.__version__} {export.meaning}"


def known_hashes(cursor: Cursor, file: File) -> np.ndarray:
    export = catalogue.export(file.export)
    known = cursor.mogrify(
        statement("load/known_hashes", core=f"core.{export.thing}"),
        {"export": file.export, "sender": file.sender, "hash_version": hash_version(export)},
    ).decode()
    with tempfile.TemporaryFile() as copied:
        cursor.copy_expert(f"copy ({known}) to stdout (format binary)", copied)
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


def earlier_files() -> str:
    """In SQL: files of the same sender whose rows in quarantine this one settles if it brings their keys again."""
    return statement("load/earlier_files")


def of_file(file: File) -> dict[str, object]:
    """What queries like earlier_files ask of a file."""
    return {
        "file_id": file.file_id,
        "export": file.export,
        "sender": file.sender,
        "delivered_on": file.delivered_on,
        "part": file.part,
    }


def open_quarantine(cursor: Cursor, file: File) -> pl.Series | None:
    cursor.execute(
        statement("load/open_quarantine", earlier_files=earlier_files()),
        of_file(file),
    )
    keys = [key for (key,) in cursor.fetchall()]
    return pl.Series(keys).implode() if keys else None


def check_roles(cursor: Cursor, file: File, *, rows: int, filled: Mapping[str, int], absent: Collection[str]) -> None:
    """FIL-07: what a sender gave in one of its last three deliveries and gives no more would be lost, or look unsaid.

    It is given no more if the file has no column for it; or if the column is empty in all of many rows, where at least
    half of those before had it.
    """
    export = catalogue.export(file.export)
    cursor.execute(statement("load/roles_before"), of_file(file))
    before = {role: (had, of_rows) for role, had, of_rows in cursor.fetchall() if had}
    asked = [c for c in export.loaded if c.name in before and c.name not in catalogue.needed(export)]
    gone = ", ".join(f"«{c.header}»" for c in asked if c.name in absent)
    empty = ", ".join(
        f"«{c.header}»"
        for c in asked
        if c.name not in absent and rows >= MANY_ROWS and not filled.get(c.name)
        if before[c.name][0] * 2 >= before[c.name][1]
    )
    if not (gone or empty) or is_confirmed(cursor, file):
        return
    said = " ".join((
        *([f"Các lần giao trước có cột {gone}, lần này không có."] if gone else ()),
        *([f"Cột {empty} trống ở mọi dòng, các lần giao trước thì không."] if empty else ()),
    ))
    raise FileHeld(
        "FIL-07",
        f"{said} Tệp được giữ lại để không mất số liệu đã có. Nếu cột bị ẩn hoặc bỏ sót khi xuất: gửi lại tệp đủ cột."
        f' Nếu từ nay không còn cột này: cchc files confirm {file.file_id} --reason "<lý do>"',
    )


def check_half_at_least(cursor: Cursor, file: File, *, rows: int, with_parts: int) -> None:
    """FIL-06: a snapshot that lost half its rows would close them all. Whole deliveries are compared."""
    cursor.execute(statement("load/delivery_before"), of_file(file))
    before, day = cursor.fetchone()
    now = rows if day == file.delivered_on else with_parts
    if before is None or now * 2 >= before or is_confirmed(cursor, file):
        return
    raise FileHeld(
        "FIL-06",
        f"Lần giao này chỉ có {now} dòng, chưa bằng một nửa lần giao ngày {day:%d/%m/%Y} ({before} dòng)."
        " Nạp tệp này sẽ đóng các dòng còn thiếu, nên tệp được giữ lại. Nếu kết xuất thiếu: gửi lại tệp đầy đủ."
        f' Nếu đúng là như vậy: cchc files confirm {file.file_id} --reason "<lý do>"',
    )


def is_confirmed(cursor: Cursor, file: File) -> bool:
    """Whether somebody said that this delivery is meant so: of this file, or of another part of the delivery."""
    cursor.execute(statement("load/is_confirmed"), of_file(file))
    return cursor.fetchone()[0]
