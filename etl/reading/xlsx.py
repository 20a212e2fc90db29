"""Workbooks of the kind .xlsx, row by row, as their XML is unpacked: a sheet may be of any size."""

import re
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from xml.parsers import expat

from etl.reading.bounds import MAX_CELL, MAX_CELLS, MAX_ROW, long_cell, not_a_table, too_large, wide_row
from etl.reading.sheets import (
    BROKEN,
    BUILT_IN,
    SHEETS,
    TEXT_BYTES,
    TOO_LARGE,
    Row,
    Sheet,
    as_text,
    day_or_duration,
    length_of_row,
    shows,
)

XML_BYTES = 3 << 30  # of all parts, unpacked
INFLATED = (16 << 20, 100)  # a part of more bytes than this is not packed to less than a hundredth, unless it is a trap
STRING_BYTES = 192 << 20  # of the texts that cells share, which are in memory
NAMES = 10_000  # different names of elements and attributes
CHUNK = 256 << 10
LOCAL = {name: name for name in ("c", "v", "t", "row", "f", "is", "si", "r", "rPh")}  # as nearly all files spell them
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def parts_of(path: Path) -> dict[str, str] | None:
    """The parts of an .xlsx by their path in small letters; None if the zip is another kind of workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    return parts if "xl/workbook.xml" in parts else None


@contextmanager
def _told_as_broken() -> Iterator[None]:
    """What zipfile and expat raise for a damaged workbook becomes the sentence that says so."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, OSError, EOFError, NotImplementedError):
        raise not_a_table(BROKEN) from None
    except (RuntimeError, LookupError, ValueError, OverflowError):  # a password; a cell that refers to nothing
        raise not_a_table(BROKEN) from None


class Book:
    """An .xlsx, and what the cells of all its sheets refer to: the texts they share, and which numbers are days."""

    def __init__(self, archive: zipfile.ZipFile, parts: dict[str, str]) -> None:
        self._archive, self._parts = archive, parts
        self._since = datetime(1899, 12, 30)
        self._formats: list[str] = []  # by style: "day", "duration" or ""
        self._strings: _Strings | None = None
        self._strings_part = "xl/sharedstrings.xml"
        self._fed = 0

    def sheets(self) -> list[Sheet]:
        with _told_as_broken():
            listed: list[tuple[str, str]] = []
            targets: dict[str, str] = {}

            def sheet(name: str, given: dict[str, str]) -> None:
                if local(name) == "sheet":
                    key = next((value for one, value in given.items() if local(one) == "id"), "")
                    listed.append((given.get("name", ""), key))
                elif local(name) == "workbookPr" and given.get("date1904") in ("1", "true"):
                    self._since = datetime(1904, 1, 1)

            def relation(name: str, given: dict[str, str]) -> None:
                if local(name) != "Relationship":
                    return
                target = given.get("Target", "").replace("\\", "/").lower()
                part = target[1:] if target.startswith("/") else f"xl/{target.removeprefix('./')}"
                match given.get("Type", "").rpartition("/")[2]:
                    case "worksheet":
                        targets[given["Id"]] = part
                    case "sharedStrings":
                        self._strings_part = part

            for _ in self._parsed("xl/workbook.xml", sheet), self._parsed("xl/_rels/workbook.xml.rels", relation):
                deque(_, 0)
            self._read_formats()
        if len(listed) > SHEETS:
            raise too_large(TOO_LARGE)
        return [Sheet(name, partial(self._rows, targets[key])) for name, key in listed if key in targets]

    def _read_formats(self) -> None:
        named: dict[str, str] = {}
        is_of_cells = False

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal is_of_cells
            match local(name):
                case "numFmt":
                    named[given["numFmtId"]] = given.get("formatCode", "")
                case "cellXfs":
                    is_of_cells = True
                case "xf" if is_of_cells:
                    number = given.get("numFmtId", "0")
                    shown = named[number] if number in named else BUILT_IN.get(number, "")
                    self._formats.append(shows(shown))
                case "cellStyles" | "dxfs":
                    is_of_cells = False

        if "xl/styles.xml" in self._parts:
            deque(self._parsed("xl/styles.xml", start), 0)

    def _rows(self, part: str, limit: int | None) -> Iterator[Row]:
        size = 0
        with _told_as_broken():
            strings = self._strings = self._strings or self._read_strings()
            for number, given in self._cells(part):
                cells = [
                    (column, text)
                    for column, kind, style, said in given
                    if (text := strings[int(said)] if kind == "s" else self._text(kind, style, said))
                ]
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

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal cell, number, column, row, length, is_text, is_reading
            match LOCAL.get(name) or local(name):
                case "c":
                    cell, length = given, 0
                    said.clear()
                    where = given.get("r")
                    column = _column(where.rstrip("0123456789")) if where else column + 1
                    if column >= MAX_CELLS or len(row) >= MAX_CELLS:
                        raise wide_row(number)
                case "v" | "t":
                    is_text = not is_reading
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
            nonlocal is_text, is_reading
            match LOCAL.get(name) or local(name):
                case "v" | "t":
                    is_text = False
                case "c" if said:
                    row.append((column, cell.get("t", "n"), cell.get("s"), "".join(said)))
                case "row":
                    rows.append((number, row))
                case "rPh":
                    is_reading = False

        for _ in self._parsed(part, start, end, text):
            yield from rows
            rows.clear()

    def _text(self, kind: str, style: str | None, said: str) -> str | None:
        """What a cell says, in the forms of `as_text`."""
        match kind:
            case "str" | "inlineStr":
                return as_text(_unescaped(said))
            case "e":
                return None  # "#N/A", "#DIV/0!": nothing that somebody entered
            case "b":
                return "FALSE" if said == "0" else "TRUE"
            case "d":
                return said.replace("T", " ")
        shown = self._formats[int(style)] if style and int(style) < len(self._formats) else ""
        if not shown and said.isdecimal() and said[0] != "0" and len(said) < 16:
            return said
        try:
            number = float(said)
        except ValueError:
            return as_text(said)
        return as_text(day_or_duration(number, shown, self._since) if shown else number)

    def _read_strings(self) -> "_Strings":
        strings = _Strings()
        said: list[str] = []
        length, is_text, is_reading = 0, False, False

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal is_text, is_reading, length
            match LOCAL.get(name) or local(name):
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
            match LOCAL.get(name) or local(name):
                case "t":
                    is_text = False
                case "si":
                    strings.add(_unescaped("".join(said)))
                case "rPh":
                    is_reading = False

        if self._strings_part in self._parts:
            deque(self._parsed(self._strings_part, start, end, text), 0)
        return strings

    def _parsed(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Parse a part, as far as the iterator is asked: a chunk at a time."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        fed = 0
        packed = self._archive.getinfo(self._parts[part])
        if packed.file_size > INFLATED[0] and packed.file_size > INFLATED[1] * packed.compress_size:
            raise too_large(TOO_LARGE)
        with self._archive.open(self._parts[part]) as file:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk, False)
                fed += len(chunk)
                self._fed += len(chunk)
                # expat keeps what it has not told yet, a comment or an attribute without end, and every name
                if (
                    self._fed > XML_BYTES
                    or fed - parser.CurrentByteIndex > MAX_ROW
                    or len(parser.intern) > NAMES
                    or len(self._formats) > NAMES * 10
                ):
                    raise too_large(TOO_LARGE)
                yield
            parser.Parse(b"", True)
            yield


class _Strings:
    """Texts in little more memory than their bytes: as Python's own they would take three times as much."""

    def __init__(self) -> None:
        self._texts = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        self._texts += text.encode("utf-8", "replace")
        self._ends.append(len(self._texts))
        if len(self._texts) + 8 * len(self._ends) > STRING_BYTES:
            raise too_large(TOO_LARGE)

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        ends = self._ends
        return self._texts[ends[number] : ends[number + 1]].decode()


def local(name: str) -> str:
    """The name of an element or attribute without its prefix.

    >>> local("x:row"), local("row")
    ('row', 'row')
    """
    return name.rpartition(":")[2]


def _no_doctype(*_: object) -> None:
    raise not_a_table(BROKEN)  # a workbook has none: it would be there for its entities


@lru_cache(MAX_CELLS)
def _column(letters: str) -> int:
    """The number of a column, from 0.

    >>> _column("A"), _column("AA"), _column("XFD")
    (0, 26, 16383)
    """
    number = 0
    for letter in letters.replace("$", "").upper()[:9]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _unescaped(text: str) -> str:
    r"""The text of a cell: XML has no control characters, so that they are written by their number.

    >>> _unescaped("a_x000D_b_x005F_x000D_")
    'a\rb_x000D_'
    """
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
