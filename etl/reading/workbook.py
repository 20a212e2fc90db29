"""Workbooks, row by row: .xlsx as its XML is unpacked, the older and rarer forms through calamine in another process.

calamine holds a whole sheet, some 90 bytes for every cell and for every empty one between two full ones: 600 MB for
300,000 rows of 22 columns. An .xlsx sheet can be of any size, so it is read here as a stream. An .xls sheet has 65,536
rows at most: calamine reads it, as it does .xlsb and .ods, in a process that may take so much memory and no more.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from etl.reading.bounds import not_a_table, too_large
from etl.reading.other_workbooks import OtherWorkbook
from etl.reading.sheets import SHEETS, TOO_LARGE, Sheet
from etl.reading.xlsx import Book, parts_of

DIRECTORY_BYTES = 1 << 20  # what a zip says of its parts: a workbook has some ten, or a hundred


@contextmanager
def opened(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, in their order.

    Raises: FileRejected FIL-01 if it cannot be read, or has a cell or row beyond bounds; also while rows are read.
    """
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip and (parts := parts_of(path)):
        with zipfile.ZipFile(path) as archive:
            yield Book(archive, parts).sheets()
    else:
        with closing(OtherWorkbook(path)) as other:
            names = other.names()
            if len(names) > SHEETS:
                raise too_large(TOO_LARGE)
            yield [Sheet(name, partial(other.rows, number)) for number, name in enumerate(names)]


def check_zip(path: Path) -> None:
    """Raises: FileRejected FIL-01 if a zip is broken, no workbook, or one whose table of contents is huge."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (64 << 10) - 42))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    is_zip64 = tail[max(0, end - 20) : max(0, end - 16)] == b"PK\x06\x07"  # of more than 4 GB or 65,535 parts
    if end >= 0 and (is_zip64 or int.from_bytes(tail[end + 12 : end + 16], "little") > DIRECTORY_BYTES):
        raise too_large(TOO_LARGE)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise not_a_table("Tệp nén hoặc tệp Excel bị hỏng, không mở được.") from None
    if not any(re.match(r"xl/workbook\.(xml|bin)$|content\.xml$", name) for name in names):
        raise not_a_table("Tệp này là tệp nén hoặc văn bản, không phải bảng tính.")
