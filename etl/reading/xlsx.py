"""Workbooks of the kind .xlsx, row by row, as their XML is unpacked: a sheet may be of any size."""

import math
import re
import zipfile
from array import array
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from etl.reading.bounds import MAX_CELL, MAX_CELLS, long_cell, not_a_table, too_large, wide_row
from etl.reading.number_formats import BUILT_IN, NumberFormat, number_format, plain, shows
from etl.reading.package import NAMES, Package, local, told_as_broken
from etl.reading.sheets import (
    NOT_CALCULATED,
    REAL_DAY,
    SHEETS,
    TEXT_BYTES,
    TOO_LARGE,
    Row,
    Sheet,
    as_text,
    column_number,
    day_or_duration,
    length_of_row,
)

STRINGS_KNOWN, LONG = 4_096, 200  # so many texts, of so few characters, are kept as Python's own
STRING_BYTES = 192 << 20  # of the texts that cells share, which are in memory
LOCAL = {name: name for name in ("c", "v", "t", "row", "f", "is", "si", "r", "rPh")}  # as nearly all files spell them
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
TRUE = ("1", "true")


class Book:
    """An .xlsx, and what the cells of all its sheets refer to: the texts they share, and which numbers are days."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._package = Package(archive)
        self._since = datetime(1899, 12, 30)
        self._formats: dict[str | None, str | NumberFormat] = {}  # by style: "day", "duration", how it writes
        self._formats_of_whole: set[str | None] = set()  # the styles in which also whole numbers are written otherwise
        self._formats_of_text: dict[str, NumberFormat] = {}  # those that add something to a text
        self._strings: _Strings | None = None
        self._strings_part = ""
        self._is_calculated_on_opening = False

    def sheets(self) -> list[Sheet]:
        listed: list[tuple[str, str, bool]] = []

        def start(name: str, given: dict[str, str]) -> None:
            match local(name):
                case "sheet":
                    key = next((value for one, value in given.items() if local(one) == "id"), "")
                    listed.append((given.get("name", ""), key, given.get("state", "visible") != "visible"))
                case "workbookPr" if given.get("date1904") in TRUE:
                    self._since = datetime(1904, 1, 1)
                case "calcPr":
                    self._is_calculated_on_opening = given.get("fullCalcOnLoad") in TRUE

        main = self._package.main()
        assert main
        with told_as_broken():
            deque(self._package.parsed(main, start), 0)
            parts: dict[str, str] = {}
            for relation in self._package.relations(main):
                match relation.kind:
                    case "worksheet":
                        parts[relation.key] = relation.part
                    case "sharedStrings":
                        self._strings_part = relation.part
                    case "styles" if relation.part in self._package:
                        self._read_formats(relation.part)
        if len(listed) > SHEETS:
            raise too_large(TOO_LARGE)
        return [
            Sheet(name, partial(self._rows, parts[key]), partial(self._package.merged, parts[key]), is_hidden)
            for name, key, is_hidden in listed
            if key in parts
        ]

    def _read_formats(self, part: str) -> None:
        named: dict[str, str] = {}
        is_of_cells, styles = False, 0

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal is_of_cells, styles
            match local(name):
                case "numFmt":
                    named[given["numFmtId"]] = given.get("formatCode", "")
                case "cellXfs":
                    is_of_cells = True
                case "xf" if is_of_cells:
                    number = given.get("numFmtId", "0")
                    code = named[number] if number in named else BUILT_IN.get(number, "")
                    style, written = str(styles), number_format(code)
                    styles += 1
                    if styles > NAMES * 10:
                        raise too_large(TOO_LARGE)
                    if shown := shows(code) or written:
                        self._formats[style] = shown
                        if shown != written or not written.leaves_whole_numbers:
                            self._formats_of_whole.add(style)
                    if written and written.adds_to_text:
                        self._formats_of_text[style] = written
                case "cellStyles" | "dxfs":
                    is_of_cells = False

        deque(self._package.parsed(part, start), 0)

    def _rows(self, part: str, limit: int | None) -> Iterator[Row]:
        size = 0
        with told_as_broken():
            strings = self._strings = self._strings or self._read_strings()
            for number, given in self._cells(part):
                cells = [
                    (column, text)
                    for column, kind, style, said in given
                    if (text := strings[int(said)] if kind == "s" else self._text(kind, style, said))
                ]
                if self._formats_of_text:
                    cells = self._with_formats_of_text(given, cells)
                size += length_of_row(number, cells)
                if size > TEXT_BYTES:
                    raise too_large(TOO_LARGE)
                if cells:
                    yield number, cells
                    limit = None if limit is None else limit - 1
                if limit == 0:
                    return

    def _cells(self, part: str) -> Iterator[tuple[int, list[tuple[int, str, str | None, str]]]]:
        """The rows of a sheet: of each cell its column, type, style and what it says."""
        rows: list[tuple[int, list[tuple[int, str, str | None, str]]]] = []
        row: list[tuple[int, str, str | None, str]] = []
        cell: dict[str, str] = {}
        said: list[str] = []
        number, column, length = 0, -1, 0
        is_text, is_reading = False, False  # `rPh` is how a word is read aloud, and no text of the cell
        is_formula, has_value = False, False
        known = LOCAL.get

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal cell, number, column, row, length, is_text, is_reading, is_formula, has_value
            match known(name) or local(name):
                case "c":
                    cell, length = given, 0
                    said.clear()
                    where = given.get("r")
                    column = column_number(where.rstrip("0123456789")) if where else column + 1
                    if column >= MAX_CELLS or len(row) >= MAX_CELLS:
                        raise wide_row(number)
                case "v" | "t":
                    is_text, has_value = not is_reading, True
                case "f":
                    is_formula, has_value = True, False
                case "row":
                    row, column = [], -1
                    number = int(given["r"]) if "r" in given else number + 1
                case "rPh":
                    is_reading = True

        def text(data: str) -> None:
            nonlocal length
            if is_text:
                length += len(data)
                if length > MAX_CELL:
                    raise long_cell(number)
                said.append(data)

        def end(name: str) -> None:
            nonlocal is_text, is_reading, is_formula
            match known(name) or local(name):
                case "v" | "t":
                    is_text = False
                case "c":
                    if is_formula and self._is_not_calculated(cell.get("t", "n"), "".join(said), has_value):
                        row.append((column, "f", None, ""))
                    elif said:
                        row.append((column, cell.get("t", "n"), cell.get("s"), "".join(said)))
                    is_formula = False
                case "row":
                    rows.append((number, row))
                case "rPh":
                    is_reading = False

        for _ in self._package.parsed(part, start, end, text):
            yield from rows
            rows.clear()

    def _is_not_calculated(self, kind: str, said: str, has_value: bool) -> bool:
        """Whether a formula was written by a program that did not calculate it: without a value, or with a 0."""
        if kind == "n":
            return not said or said == "0.0" or (said == "0" and self._is_calculated_on_opening)
        return not has_value

    def _text(self, kind: str, style: str | None, said: str) -> str | None:
        """What a cell says, in the forms of `as_text`."""
        match kind:
            case "str" | "inlineStr":
                return as_text(_unescaped(said))
            case "e":
                return as_text(said)  # "#N/A", "#DIV/0!": somebody should look at it
            case "b":
                return "FALSE" if said == "0" else "TRUE"
            case "d":
                return (
                    said.removesuffix("Z").replace("T", " ").removesuffix(".000").removesuffix(" 00:00:00") + REAL_DAY
                )
            case "f":
                return NOT_CALCULATED
        if style not in self._formats_of_whole and said.isdecimal() and said[0] != "0" and len(said) < 16:
            return said
        return self._of_number(style, said)

    def _of_number(self, style: str | None, said: str) -> str | None:
        shown = self._formats.get(style)
        try:
            number = float(said)
        except ValueError:
            return as_text(said)
        if not math.isfinite(number):
            return as_text(said)
        if isinstance(shown, NumberFormat):
            return shown.written(number)
        return as_text(day_or_duration(number, shown, self._since)) if shown else plain(number)

    def _with_formats_of_text(
        self, given: list[tuple[int, str, str | None, str]], cells: list[tuple[int, str]]
    ) -> list[tuple[int, str]]:
        formats = {
            column: self._formats_of_text[style]
            for column, kind, style, _ in given
            if kind in ("s", "str", "inlineStr") and style in self._formats_of_text
        }
        return [(column, formats[column].of_text(text) if column in formats else text) for column, text in cells]

    def _read_strings(self) -> "_Strings":
        strings = _Strings()
        said: list[str] = []
        length, is_text, is_reading = 0, False, False
        known = LOCAL.get

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal is_text, is_reading, length
            match known(name) or local(name):
                case "t":
                    is_text = not is_reading
                case "si":
                    said.clear()
                    length = 0
                case "rPh":
                    is_reading = True

        def text(data: str) -> None:
            nonlocal length
            if is_text:
                length += len(data)
                if length > MAX_CELL:
                    raise not_a_table(f"Tệp có ô dài hơn {MAX_CELL} ký tự, không phải ô của một bảng.")
                said.append(data)

        def end(name: str) -> None:
            nonlocal is_text, is_reading
            match known(name) or local(name):
                case "t":
                    is_text = False
                case "si":
                    strings.add(_unescaped("".join(said)))
                case "rPh":
                    is_reading = False

        if self._strings_part in self._package:
            deque(self._package.parsed(self._strings_part, start, end, text), 0)
        return strings


class _Strings:
    """Texts in little more memory than their bytes: as Python's own they would take three times as much."""

    def __init__(self) -> None:
        self._texts = bytearray()
        self._ends = array("Q", [0])
        self._known: dict[int, str] = {}  # the words that every row says are among the first

    def add(self, text: str) -> None:
        self._texts += text.encode("utf-8", "replace")
        self._ends.append(len(self._texts))
        if len(self._texts) + 8 * len(self._ends) > STRING_BYTES:
            raise too_large(TOO_LARGE)

    def __getitem__(self, number: int) -> str:
        if (known := self._known.get(number)) is not None:
            return known
        if number < 0:
            raise IndexError(number)
        ends = self._ends
        text = self._texts[ends[number] : ends[number + 1]].decode()
        if len(self._known) < STRINGS_KNOWN and len(text) < LONG:
            self._known[number] = text
        return text


def _unescaped(text: str) -> str:
    r"""The text of a cell: XML has no control characters, so that they are written by their number.

    >>> _unescaped("a_x000D_b_x005F_x000D_")
    'a\rb_x000D_'
    """
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace(REAL_DAY, "")
