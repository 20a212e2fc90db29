"""Files as offices really send them: titles, odd encodings, HTML called .xls. Equal input gives equal bytes."""

import csv
import html
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

Row = Sequence[object]


def place(inbox: Path, export: str, day: date, sender: str, suffix: str) -> Path:
    """The path of a delivered file, its folder made."""
    path = inbox / export / day.isoformat() / f"{sender}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def csv_writer(path: Path, *, separator: str = ",", encoding: str = "utf-8") -> Iterator[Any]:
    """A writer of separated text with CRLF, as Excel saves it."""
    with path.open("w", encoding=encoding, newline="") as file:
        yield csv.writer(file, delimiter=separator)


def write_csv(path: Path, rows: Iterable[Row], *, separator: str = ",", encoding: str = "utf-8") -> None:
    """All rows at once, as `csv_writer` writes them."""
    with csv_writer(path, separator=separator, encoding=encoding) as writer:
        writer.writerows(rows)


def write_windows_1258(path: Path, rows: Iterable[Row], *, separator: str = ",") -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    path.write_bytes(windows_1258(text.getvalue()))


def windows_1258(text: str) -> bytes:
    """Text as Windows-1258 writes it: a letter, and its tone as a mark behind it."""
    return "".join(map(_windows_1258, text)).encode("cp1258")


def write_html(path: Path, title: str, rows: Iterable[Row]) -> None:
    """A web page with one table, which Excel opens when it is called .xls."""
    lines = [f'<html><head><meta charset="utf-8"></head><body><h3>{html.escape(title)}</h3><table border="1">']
    for row in rows:
        lines.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>")
    path.write_text("\n".join([*lines, "</table></body></html>\n"]), encoding="utf-8")


def write_workbook(path: Path, sheet: str, rows: Iterable[Row]) -> None:
    """One sheet; a `date` becomes a real date cell, a number a number cell, everything else text."""
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": datetime(2021, 12, 15)})  # else the bytes hold the moment of writing
    page = book.add_worksheet(sheet)
    as_day = book.add_format({"num_format": "dd/mm/yyyy"})
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(y, x, datetime(cell.year, cell.month, cell.day), as_day)
            elif isinstance(cell, int):
                page.write_number(y, x, cell)
            elif cell:
                page.write_string(y, x, str(cell))
    book.close()


def padded(title: str, width: int) -> list[str]:
    """A title row: Excel saves it with the empty cells beside it."""
    return [title, *[""] * (width - 1)]


TONES = "\u0300\u0301\u0303\u0309\u0323"


def _windows_1258(letter: str) -> str:
    """Windows-1258 has no letter with both a hat and a tone: the tone follows as a mark of its own."""
    try:
        letter.encode("cp1258")
        return letter
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        body = "".join(part for part in parts if part not in TONES)
        return unicodedata.normalize("NFC", body) + "".join(part for part in parts if part in TONES)
