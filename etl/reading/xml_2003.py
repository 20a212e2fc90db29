"""Workbooks of the kind "XML Spreadsheet 2003": one XML document, which servers like to save as .xls."""

from array import array
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from etl.reading.bounds import MAX_CELL, MAX_CELLS, long_cell, not_a_table, too_large, wide_row
from etl.reading.number_formats import NumberFormat, number_format, plain, shows
from etl.reading.package import CHUNK, XML_BYTES, local, parsed, told_as_broken
from etl.reading.sheets import (
    BROKEN,
    MAX_AREAS,
    NOT_CALCULATED,
    REAL_DAY,
    SHEETS,
    TEXT_BYTES,
    TOO_LARGE,
    Row,
    Sheet,
    as_text,
    day_or_duration,
    length_of_row,
)

# The formats that have a name in such a document; all others are written as in any workbook.
NAMED = {
    "Percent": "0.00%", "Scientific": "0.00E+00", "Fixed": "0.00", "Standard": "#,##0.00", "General Number": "General",
    "Currency": "#,##0.00", "Euro Currency": "#,##0.00", "Yes/No": '"Yes";"Yes";"No"', "True/False": "General",
    "On/Off": '"On";"On";"Off"',
} | dict.fromkeys(
    ("General Date", "Short Date", "Medium Date", "Long Date", "Short Time", "Medium Time", "Long Time"), "d"
)  # fmt: skip


class _Found:
    """What a document says of its sheets besides their rows."""

    def __init__(self) -> None:
        self.since = datetime(1899, 12, 30)
        self.formats: dict[str, str | NumberFormat] = {}  # by style
        self.names: list[str] = []
        self.hidden: set[int] = set()
        self.areas: list[array[int]] = []


def sheets(path: Path) -> list[Sheet]:
    """The sheets of a document; it is read once for their names and formats, and again for the rows of each."""
    found = _Found()
    with told_as_broken():
        for _ in _rows(path, found):
            pass
    return [
        Sheet(name, partial(_rows_of, path, number), partial(found.areas.__getitem__, number), number in found.hidden)
        for number, name in enumerate(found.names)
    ]


def _rows_of(path: Path, wanted: int, limit: int | None) -> Iterator[Row]:
    size = 0
    with told_as_broken():
        for sheet, number, cells in _rows(path, _Found(), wanted):
            if sheet != wanted or not cells:
                continue
            size += length_of_row(number, cells)
            if size > TEXT_BYTES:
                raise too_large(TOO_LARGE)
            yield number, cells
            limit = None if limit is None else limit - 1
            if limit == 0:
                return


def _rows(path: Path, found: _Found, last: int = SHEETS) -> Iterator[tuple[int, int, list[tuple[int, str]]]]:
    """The rows of all sheets down to the last one wanted: number of the sheet, of the row, and its cells."""
    rows: list[tuple[int, int, list[tuple[int, str]]]] = []
    row: list[tuple[int, str]] = []
    styles_of_columns: dict[int, str] = {}
    cell: dict[str, str] = {}
    said: list[str] | None = None  # of what is open
    style = style_of_row = kind = ""
    number = column = next_column = length = 0
    is_comment = False  # it has texts, too, which are none of the cell

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal cell, said, row, style, style_of_row, kind, number, column, next_column, length, is_comment
        given = {local(key): value for key, value in attributes.items()}
        match local(name):
            case "Style":
                style = given.get("ID", "")
                if given.get("Parent") in found.formats:
                    found.formats[style] = found.formats[given["Parent"]]
            case "NumberFormat":
                code = NAMED.get(given.get("Format", ""), given.get("Format", ""))
                found.formats.pop(style, None)
                if shown := shows(code) or number_format(code):
                    found.formats[style] = shown
            case "Date1904":
                found.since = datetime(1904, 1, 1)
            case "Worksheet":
                found.names.append(given.get("Name", ""))
                found.areas.append(array("i"))
                if len(found.names) > SHEETS:
                    raise too_large(TOO_LARGE)
                number = next_column = 0
                styles_of_columns.clear()
            case "Column":
                first = int(given["Index"]) - 1 if "Index" in given else next_column
                next_column = first + 1 + int(given.get("Span", 0))
                if next_column > MAX_CELLS:
                    raise not_a_table(BROKEN)
                if "StyleID" in given:
                    styles_of_columns.update(dict.fromkeys(range(first, next_column), given["StyleID"]))
            case "Row":
                number = int(given["Index"]) if "Index" in given else number + 1
                row, next_column, style_of_row = [], 0, given.get("StyleID", "")
            case "Cell":
                column = int(given["Index"]) - 1 if "Index" in given else next_column
                across, down = int(given.get("MergeAcross", 0)), int(given.get("MergeDown", 0))
                next_column = column + across + 1
                if not 0 <= column <= next_column <= MAX_CELLS or len(row) >= MAX_CELLS:
                    raise wide_row(number)
                if across or down:
                    found.areas[-1].extend((number, column, min(number + down, 1 << 30), column + across))
                    if len(found.areas[-1]) > 4 * MAX_AREAS:
                        raise too_large(TOO_LARGE)
                cell, kind = given, ""
            case "Comment":
                is_comment = True
            case "Data" if not is_comment:
                said, length, kind = [], 0, given.get("Type", "String")
            case "Visible":
                said, length = [], 0

    def text(data: str) -> None:
        nonlocal length
        if said is not None:
            length += len(data)
            if length > MAX_CELL:
                raise long_cell(number)
            said.append(data)

    def end(name: str) -> None:
        nonlocal said, is_comment
        match local(name):
            case "Comment":
                is_comment = False
            case "Data" if said is not None:
                used = cell.get("StyleID") or style_of_row or styles_of_columns.get(column, "")
                if shown := _text(kind, found.formats.get(used), "".join(said), found.since):
                    row.append((column, shown))
                said = None
            case "Cell" if "Formula" in cell and not kind:
                row.append((column, NOT_CALCULATED))
            case "Row":
                rows.append((len(found.names) - 1, number, row))
            case "Visible" if said is not None:
                if "".join(said).strip() in ("SheetHidden", "SheetVeryHidden"):
                    found.hidden.add(len(found.names) - 1)
                said = None

    for _ in parsed(_chunks(path), start, end, text):
        yield from rows
        rows.clear()
        if len(found.names) > last + 1:
            return


def _chunks(path: Path) -> Iterator[bytes]:
    fed = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            fed += len(chunk)
            if fed > XML_BYTES:
                raise too_large(TOO_LARGE)
            yield chunk


def _text(kind: str, shown: str | NumberFormat | None, said: str, since: datetime) -> str | None:
    """What a cell says, in the forms of `as_text`."""
    match kind:
        case "Number":
            try:
                number = float(said)
            except ValueError:
                return as_text(said)
            if isinstance(shown, NumberFormat):
                return shown.written(number)
            return as_text(day_or_duration(number, shown, since)) if shown else plain(number)
        case "DateTime":
            day, _, clock = said.partition("T")
            clock = clock.partition(".")[0]
            return f"{day} {clock}".removesuffix(" 00:00:00").strip() + REAL_DAY
        case "Boolean":
            return "FALSE" if said == "0" else "TRUE"
    return as_text(said)
