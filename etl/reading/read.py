"""A delivered file of any kind comes in, blocks of text rows go out; nothing in a row is lost, guessed or corrected.

What a row is, is decided here: title rows, repeated headers, blank rows and "Tổng cộng" rows are not data. What a cell
means is decided in `values`. One block is in memory at a time, bounded in bytes and cells, whatever the file has.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from etl.catalogue import Export, Layout
from etl.errors import FileRejected
from etl.reading import web_archive, workbook
from etl.reading.day_order import DayOrder
from etl.reading.header import Placement, find_header
from etl.reading.html_lists import open_html, open_web_archive
from etl.reading.lines import Lines
from etl.reading.one_list import one_list
from etl.reading.page_rows import Page
from etl.reading.rows import CELLS, data_rows, raw_blocks
from etl.reading.sheets import Row
from etl.reading.text import open_text


@dataclass(frozen=True)
class Table:
    """A delivered table: where its columns are, and its data rows in blocks (`blocks`)."""

    placement: Placement
    blocks: Iterator[pl.DataFrame]
    lines: Lines  # of what kinds the lines are: they add up when the last block has been given


def table(
    path: Path,
    export: Export,
    *,
    layouts: Sequence[Layout] = (),
    unit: str | None = None,
    block_bytes: int = 8 << 20,
) -> Table:
    """Find the header of a delivered file, and read what stands below it.

    Input:  CSV (, ; tab; UTF-8, UTF-16, Windows-1258), .xlsx, .xls, an HTML table saved as .xls, or a web page in one
            file (MHTML): content decides.
            `layouts`: those that it may have, beside the contract's own; `unit`: the sender's, for layouts that say so.
    Output: one row per data row: `line` (Int64, the line or sheet row a clerk sees, the first of it), each contract
            column in contract order (text as delivered; white space only is null), each column of the file that is not
            needed or not known as `#<header>`; `#thừa`: what stood beyond the header, or below an empty cell of it; and
            `#số ô`: of a row that has more or fewer cells than the header, how many.
    Raises: FileRejected FIL-01 (cannot be read), FIL-02 (columns missing), FIL-03 (a column twice); at the end FIL-09
            (days are not written day before month), FIL-11 (all rows have one and the same other number of cells), and
            LinesDiffer.
    """
    lines, what = Lines(), kind(path)
    placement, raw = OPENERS[what](path, export, layouts, block_bytes, lines)
    if placement.problems:
        raw.close()
        raise FileRejected(placement.problems[0][0], " ".join(message for _, message in placement.problems))
    days = DayOrder(export, placement, is_workbook=what == "workbook")
    return Table(placement, _data(raw, placement, export, unit, lines, days), lines)


def blocks(path: Path, export: Export, **how: Any) -> Iterator[pl.DataFrame]:
    """The data rows of a delivered file, in blocks: see `table`."""
    yield from table(path, export, **how).blocks


def _data(
    raw_blocks: Generator[pl.DataFrame],
    placement: Placement,
    export: Export,
    unit: str | None,
    lines: Lines,
    days: DayOrder,
) -> Iterator[pl.DataFrame]:
    page = Page()
    shifted: set[str | None] = set()  # what is wrong with the number of cells
    with closing(raw_blocks):  # a workbook is open until then
        for raw in raw_blocks:
            block = data_rows(raw, placement, export, lines, page, unit)
            if block.height:
                shifted |= {None} if block[CELLS].null_count() else set(block[CELLS].unique())
                yield days.counted(block)
    if len(shifted) == 1 and (said := shifted.pop()):
        raise FileRejected("FIL-11", _shifted(said))
    days.check()
    lines.check()


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
    return "web archive" if web_archive.IS_ONE.search(head) else "text"


def _shifted(said: str) -> str:
    return (
        f"Mọi dòng dữ liệu đều lệch cột so với dòng tiêu đề ({said}). Thường là phần mềm ghi thêm một cột không có tiêu"
        " đề (như số thứ tự dòng của R), hoặc số có dấu phẩy không đặt trong ngoặc kép. Hãy xuất lại, mỗi cột một tiêu"
        " đề, rồi gửi lại."
    )


# --- workbooks and HTML tables ---------------------------------------------------------------------------------------


def _workbook(
    path: Path, export: Export, layouts: Sequence[Layout], _block_bytes: int, lines: Lines
) -> tuple[Placement, Generator[pl.DataFrame]]:
    with ExitStack() as stack:
        sheets = stack.enter_context(workbook.opened(path))
        placement, rows = one_list(sheets, lambda top: find_header(top, export, layouts), export, lines)
        still_open = stack.pop_all()

    def data() -> Generator[Row]:
        with still_open:
            yield from rows

    return placement, raw_blocks(data(), placement)


OPENERS = {"workbook": _workbook, "html": open_html, "web archive": open_web_archive, "text": open_text}
