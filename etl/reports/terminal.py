"""How results are printed: a table for people, CSV and JSON for programs. Same rows, same columns."""

import csv
import json
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

NARROW = 14  # a column that is wrapped keeps at least this width
MEASURED = 1000  # rows that decide how wide the columns are: longer lists are printed as they come

Cell = str | int | Decimal | date | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*(?: ?%)?")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows as CSV (RFC 4180, lines end with a line feed)."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_guarded(cell) for cell in row] for row in rows)


def write_json(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows as a JSON list of objects; an empty list if there are none."""
    separator = "[\n"
    for row in rows:
        record = {name: _number(cell) for name, cell in zip(header, row, strict=True)}
        sys.stdout.write(separator + "  " + json.dumps(record, ensure_ascii=False))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def write_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows under their header; numbers to the right, long text wrapped on a terminal and whole elsewhere."""
    rows = iter(rows)
    first = [[_shown(cell) for cell in row] for row in islice(rows, MEASURED)]
    columns = list(zip(*first, strict=True)) or [()] * len(header)
    right = [any(column) and all(map(_is_number, column)) for column in columns]
    widths = [max(map(len, (title, *column))) for title, column in zip(header, columns, strict=True)]
    _fit(widths)
    for line in _lines(list(header), widths, right):
        print(line)
    print("  ".join("─" * width for width in widths))
    for row in first:
        for line in _lines(row, widths, right):
            print(line)
    for cells in rows:
        for line in _lines([_shown(cell) for cell in cells], widths, right):
            print(line)


def _fit(widths: list[int]) -> None:
    """Take from the widest columns until a row fits the terminal."""
    if not sys.stdout.isatty():
        return
    room = shutil.get_terminal_size().columns
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > NARROW:
        widths[widths.index(max(widths))] -= 1


def _lines(row: list[str], widths: list[int], right: list[bool]) -> Iterator[str]:
    wrap = sys.stdout.isatty()
    cells = [(textwrap.wrap(c, w) or [""]) if wrap and len(c) > w else [c] for c, w in zip(row, widths, strict=True)]
    for i in range(max(map(len, cells))):
        parts = [cell[i] if i < len(cell) else "" for cell in cells]
        line = (p.rjust(w) if r else p.ljust(w) for p, w, r in zip(parts, widths, right, strict=True))
        yield "  ".join(line).rstrip()


def _shown(cell: Cell) -> str:
    """A cell on a terminal: a delivered value must not move the cursor or ring the bell."""
    text = unicodedata.normalize("NFC", _plain(cell))
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in text if unicodedata.category(c) != "Cf")


def _plain(cell: Cell) -> str:
    return "" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _guarded(cell: Cell) -> str:
    """A cell of CSV: what a spreadsheet would run as a formula gets an apostrophe in front; -46.59 stays a number."""
    text = _plain(cell)
    guard = "'" if text[:1] in _FORMULA and isinstance(cell, str) and not _NUMBER.fullmatch(text) else ""
    return guard + _CONTROL.sub(" ", text)


def _number(cell: Cell) -> str | int | float | None:
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() and "." not in f"{cell:f}" else float(cell)
    return cell


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-").replace(",", "").replace(".", "").isdecimal()
