"""A delivered file of any kind comes in, blocks of text rows go out; nothing in a row is lost, guessed or corrected.

What a row is, is decided here: title rows, repeated headers, blank rows and "Tổng cộng" rows are not data. What a cell
means is decided in `values`. One block is in memory at a time, bounded in bytes and cells, whatever the file has.
"""

import itertools
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from etl.catalogue import Export, Layout
from etl.errors import FileRejected
from etl.reading import html_tables, workbook
from etl.reading.day_order import DayOrder
from etl.reading.header import HEADER_ROWS, Placement, find_header, no_header
from etl.reading.one_list import one_list
from etl.reading.rows import data_rows, raw_blocks
from etl.reading.sheets import Row, as_lists
from etl.reading.text import as_utf8, open_text, possible_encodings


@dataclass(frozen=True)
class Table:
    """A delivered table: where its columns are, and its data rows in blocks (`blocks`)."""

    placement: Placement
    blocks: Iterator[pl.DataFrame]


def table(
    path: Path,
    export: Export,
    *,
    layouts: Sequence[Layout] = (),
    unit: str | None = None,
    block_bytes: int = 8 << 20,
) -> Table:
    """Find the header of a delivered file, and read what stands below it.

    Input:  CSV (, ; tab; UTF-8, UTF-16, Windows-1258), .xlsx, .xls, or an HTML table saved as .xls: content decides.
            `layouts`: those that it may have, beside the contract's own; `unit`: the sender's, for layouts that say so.
    Output: one row per data row: `line` (Int64, the line or sheet row a clerk sees, the first of it), each contract
            column in contract order (text as delivered; white space only is null), each column of the file that is not
            needed or not known as `#<header>`, and `#thừa`: what stood beyond the header, or below an empty cell of it.
    Raises: FileRejected FIL-01 (cannot be read), FIL-02 (columns missing), FIL-03 (a column twice), FIL-05 (no data
            row; raised at the end), FIL-09 (days are not written day before month; at the end).
    """
    what = kind(path)
    placement, raw = {"workbook": _workbook, "html": _html, "text": open_text}[what](path, export, layouts, block_bytes)
    if placement.problems:
        raw.close()
        raise FileRejected(placement.problems[0][0], " ".join(message for _, message in placement.problems))
    days = DayOrder(export, placement, is_workbook=what == "workbook")
    return Table(placement, _data(raw, placement, export, unit, days))


def blocks(path: Path, export: Export, **how: Any) -> Iterator[pl.DataFrame]:
    """The data rows of a delivered file, in blocks: see `table`."""
    yield from table(path, export, **how).blocks


def _data(
    raw_blocks: Generator[pl.DataFrame], placement: Placement, export: Export, unit: str | None, days: DayOrder
) -> Iterator[pl.DataFrame]:
    found = False
    with closing(raw_blocks):  # a workbook is open until then
        for raw in raw_blocks:
            block = data_rows(raw, placement, export, unit)
            if block.height:
                found = True
                yield days.counted(block)
    if not found:
        raise FileRejected("FIL-05", _no_rows())
    days.check()


# --- what kind of file it is -----------------------------------------------------------------------------------------


def kind(path: Path) -> str:
    """What a file is by its first bytes: workbook, html or text. Raises: FileRejected FIL-01 if it is empty."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise FileRejected("FIL-01", "Tệp trống, không có nội dung. Hãy xuất lại dữ liệu từ phần mềm và gửi lại.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        workbook.check_zip(path)
        return "workbook"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "workbook"
    if workbook.is_xml_2003(head):
        return "workbook"
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n").lower()
    if start.startswith(b"<") and re.search(rb"<(html|table|!doctype html|head|body|meta|tr|div|style)\b", start):
        return "html"
    return "text"


def _no_rows() -> str:
    return "Tệp không có dòng dữ liệu nào dưới dòng tiêu đề. Hãy kiểm tra kỳ và đơn vị khi xuất rồi gửi lại."


# --- workbooks and HTML tables ---------------------------------------------------------------------------------------


def _workbook(
    path: Path, export: Export, layouts: Sequence[Layout], _block_bytes: int
) -> tuple[Placement, Generator[pl.DataFrame]]:
    with ExitStack() as stack:
        sheets = stack.enter_context(workbook.opened(path))
        placement, rows = one_list(sheets, lambda top: find_header(top, export, layouts), export)
        still_open = stack.pop_all()

    def data() -> Generator[Row]:
        with still_open:
            yield from rows

    return placement, raw_blocks(data(), placement)


def _html(
    path: Path, export: Export, layouts: Sequence[Layout], block_bytes: int
) -> tuple[Placement, Generator[pl.DataFrame]]:
    with path.open("rb") as file:
        encoding = possible_encodings(file.read(1 << 20))[0]
    rows = html_tables.rows(as_utf8(path, encoding, min(block_bytes, 1 << 20)))
    first = list(itertools.islice(rows, HEADER_ROWS))
    top = as_lists((line, cells) for line, _, cells in first)
    placement = find_header(top, export, layouts)
    if not placement:
        raise no_header(top, export)
    table = first[placement.rows - 1][1]
    below = itertools.chain(first[placement.rows :], rows)
    return placement, raw_blocks(((line, cells) for line, its_table, cells in below if its_table == table), placement)
