"""Workbooks, row by row: .xlsx as its XML is unpacked, the older and rarer forms through calamine in another process.

calamine holds a whole sheet, some 90 bytes for every cell and for every empty one between two full ones: 600 MB for
300,000 rows of 22 columns. An .xlsx sheet can be of any size, so it is read here as a stream. An .xls sheet has 65,536
rows at most: calamine reads it, as it does .ods, in a process that may take so much memory and no more. calamine tells
neither number formats nor errors: of an .xls they are read here, an .ods that needs them is refused, and so is .xlsb.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from etl.errors import FileRejected
from etl.reading import xml_2003
from etl.reading.bounds import not_a_table, too_large
from etl.reading.other_workbooks import OtherWorkbook
from etl.reading.package import Package, is_xlsx, part_name, told_as_broken
from etl.reading.sheets import SHEETS, TOO_LARGE, Sheet
from etl.reading.xlsx import Book

# What calamine does not tell of an .ods.
NOT_TOLD = {
    "ô phần trăm": re.compile(rb'value-type="percentage"'),
    "ô lỗi (như #N/A)": re.compile(rb'calcext:value-type="error"'),
    "ô số có định dạng riêng": re.compile(rb'value-type="float"[^>]*>\s*<text:p>(?:0\d|[^<]*[A-Za-z\x80-\xff])'),
    "ô gộp nhiều dòng": re.compile(rb'number-rows-spanned="(?!1")'),
}
DIRECTORY_BYTES = 1 << 20  # what a zip says of its parts: a workbook has some ten, or a hundred


@contextmanager
def opened(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, in their order.

    Raises: FileRejected FIL-01 if it cannot be read, or has a cell or row beyond bounds; also while rows are read.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK") and is_xlsx(path):
        with zipfile.ZipFile(path) as archive:
            yield Book(archive).sheets()
    elif is_xml_2003(head):
        yield xml_2003.sheets(path)
    else:
        if head.startswith(b"PK"):
            _check_that_all_is_told(path)
        with closing(OtherWorkbook(path)) as other:
            listed = other.sheets()
            if len(listed) > SHEETS:
                raise too_large(TOO_LARGE)
            yield [
                Sheet(name, partial(other.rows, number), partial(other.merged, number), is_hidden)
                for number, (name, is_hidden) in enumerate(listed)
            ]


def _check_that_all_is_told(path: Path) -> None:
    """Raises: FileRejected FIL-01 if a cell may say something else than calamine tells of it."""
    with told_as_broken(), zipfile.ZipFile(path) as archive:
        package = Package(archive)
        if "content.xml" not in package:
            raise FileRejected(
                "FIL-01", "Tệp ở dạng .xlsb, kho không đọc chắc chắn được. Hãy lưu thành .xlsx rồi gửi lại."
            )
        rest = b""
        with closing(package.chunks("content.xml")) as chunks:
            for chunk in chunks:
                said = rest + chunk
                if found := next((what for what, pattern in NOT_TOLD.items() if pattern.search(said)), None):
                    raise FileRejected(
                        "FIL-01", f"Tệp .ods có {found}, kho không đọc được. Hãy lưu thành .xlsx rồi gửi lại."
                    )
                rest = said[-4096:]


def is_xml_2003(head: bytes) -> bool:
    """Whether a file begins as an "XML Spreadsheet 2003", which some servers save as .xls."""
    return bool(re.search(rb"<([\w-]+:)?workbook\b[^>]*office:spreadsheet", head.replace(b"\0", b"").lower()))


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
            parts = [part_name(name) for name in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise not_a_table("Tệp nén hoặc tệp Excel bị hỏng, không mở được.") from None
    if not {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & set(parts) and not is_xlsx(path):
        raise not_a_table("Tệp này là tệp nén hoặc văn bản, không phải bảng tính.")
