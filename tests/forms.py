"""Delivery forms: the same table as one office or another writes it to a file, or to several."""

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from hypothesis import strategies as st

from demo.delivery import windows_1258

Cells = Sequence[Sequence[str]]
TITLES = ("UBND HUYỆN ĐỨC CƠ", "DANH SÁCH GIAO KHO DỮ LIỆU", "")


@dataclass(frozen=True)
class Form:
    """How a table is written. What a kind of file does not have (a separator of a workbook) says nothing."""

    container: str = "csv"  # csv, xlsx, html
    encoding: str = "utf-8"  # also utf-8-sig, utf-16, cp1258
    separator: str = ","
    line_end: str = "\n"
    quotes_all: bool = False
    titles: int = 0  # rows above the header
    repeats_header: bool = False  # in the middle, as printed pages do
    has_total: bool = False
    has_blank_rows: bool = False
    is_numbered: bool = False  # a column STT
    order: int = 0  # of the columns: turned by so many
    capitals: bool = False  # of the header
    parts: int = 1  # files; of a workbook, sheets


FORMS = st.builds(
    Form,
    container=st.sampled_from(["csv", "csv", "xlsx", "html"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1258"]),
    separator=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quotes_all=st.booleans(),
    titles=st.integers(0, 3),
    repeats_header=st.booleans(),
    has_total=st.booleans(),
    has_blank_rows=st.booleans(),
    is_numbered=st.booleans(),
    order=st.integers(0, 30),
    capitals=st.booleans(),
    parts=st.integers(1, 3),
)


def write(folder: Path, header: Sequence[str], rows: Cells, form: Form) -> list[Path]:
    """Write a table in this form; the files, in the order of its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    turn = form.order % len(header)
    columns = [*range(turn, len(header)), *range(turn)]
    head = [header[i].upper() if form.capitals else header[i] for i in columns]
    body = [[row[i] for i in columns] for row in rows]
    if form.is_numbered:
        head = ["STT", *head]
        body = [[str(number), *row] for number, row in enumerate(body, start=1)]
    size = -(-len(body) // form.parts)
    parts = [_page(head, body[at : at + size], form) for at in range(0, len(body), size)]
    if form.container == "xlsx":
        return [_workbook(folder / "tệp.xlsx", parts)]
    return [_file(folder / f"tệp.{number}", part, form) for number, part in enumerate(parts, start=1)]


def _page(head: list[str], body: list[list[str]], form: Form) -> list[list[str]]:
    """The rows of a part: with what offices put above, between and below the data."""
    blank = [""] * len(head)
    page = [[title, *blank[1:]] for title in TITLES[: form.titles]] + [head]
    for number, row in enumerate(body):
        if number and number == len(body) // 2:
            page += [head] if form.repeats_header else []
            page += [blank] if form.has_blank_rows else []
        page.append(row)
    return [*page, ["Tổng cộng", *blank[1:]]] if form.has_total else page


def _file(path: Path, rows: Cells, form: Form) -> Path:
    if form.container == "html":
        cells = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell).replace(chr(10), '<br>')}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        text, encoding, path = f"<html><body><table>{cells}</table></body></html>", "utf-8", Path(f"{path}.xls")
    else:
        written = io.StringIO()
        # of the line breaks inside cells, Python quotes only those that end its lines
        quoting = csv.QUOTE_ALL if form.quotes_all or form.line_end == "\r" else csv.QUOTE_MINIMAL
        csv.writer(written, delimiter=form.separator, lineterminator=form.line_end, quoting=quoting).writerows(rows)
        text, encoding, path = written.getvalue(), form.encoding, Path(f"{path}.csv")
    path.write_bytes(windows_1258(text) if encoding == "cp1258" else text.encode(encoding))
    return path


def _workbook(path: Path, sheets: Sequence[Cells]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for number, rows in enumerate(sheets, start=1):
            sheet = book.add_worksheet(f"Trang {number}")
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(at, column, cell)
    return path
