"""The first rows of a file of any kind, for somebody who has to find out what they are."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from etl.reading import html_tables, sheets, web_archive, workbook
from etl.reading.line_breaks import in_order
from etl.reading.lines import Lines
from etl.reading.read import kind
from etl.reading.text import DELIMITERS, HEAD_BYTES, as_utf8, first_rows_of_text, possible_encodings

ROWS = 250


def first_rows(path: Path) -> list[list[list[str]]]:
    """The first rows of each table of a file: of a workbook of each sheet, of a text of the whole.

    Raises: FileRejected FIL-01 if it cannot be read.
    """
    match kind(path):
        case "workbook":
            with workbook.opened(path) as opened:
                return [_cells(sheet.rows(ROWS)) for sheet in opened]
        case "html" | "web archive" as form:
            chunks = as_utf8(path, _encoding(path), 1 << 20) if form == "html" else web_archive.html(path, 1 << 20)
            tables: dict[int, list[sheets.Row]] = {}
            for row in islice(html_tables.rows(chunks), 10 * ROWS):
                tables.setdefault(row.table, []).append((row.number, row.cells))
            return [_cells(rows[:ROWS]) for rows in tables.values()]
        case _:
            head = b""
            for chunk in in_order(as_utf8(path, _encoding(path), HEAD_BYTES), Lines()):
                head += chunk
                if len(head) >= HEAD_BYTES:
                    break
            final = len(head) < HEAD_BYTES
            cut = [first_rows_of_text(head, mark, final, line_by_line=True, most=ROWS) for mark in DELIMITERS]
            rows = max(cut, key=lambda rows: sum(len(cells) for cells, _, _ in rows))
            return [[cells for cells, _, _ in rows]]


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        return possible_encodings(file.read(1 << 20))[0]


def _cells(rows: Iterable[sheets.Row]) -> list[list[str]]:
    found = []
    for _, cells in rows:
        row = [""] * (max((column for column, _ in cells), default=-1) + 1)
        for column, text in cells:
            row[column] = text.removesuffix(sheets.REAL_DAY)
        found.append(row)
    return found
