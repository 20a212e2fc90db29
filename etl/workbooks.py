"""Workbooks, row by row: .xlsx as its XML is unpacked, the older and rarer forms through calamine in another process.

calamine holds a whole sheet, some 90 bytes for every cell and for every empty one between two full ones: 600 MB for
300,000 rows of 22 columns. An .xlsx sheet can be of any size, so it is read here as a stream. An .xls sheet has 65,536
rows at most: calamine reads it, as it does .xlsb and .ods, in a process that may take so much memory and no more.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

from etl import memory
from etl.bounds import MAX_CELL, MAX_CELLS, MAX_ROW, long_cell, long_row, not_a_table, too_large, wide_row
from etl.errors import FileRejected

Row = tuple[int, list[tuple[int, str]]]  # its number, and of each cell that is not empty: its column, from 0, its text

TEXT_BYTES = 1 << 30  # of all cells of a sheet: a text that is kept once may be said a million times
XML_BYTES = 3 << 30  # of all parts, unpacked
INFLATED = (16 << 20, 100)  # a part of more bytes than this is not packed to less than a hundredth, unless it is a trap
SHEETS = 255
STRING_BYTES = 192 << 20  # of the texts that cells share, which are in memory
DIRECTORY_BYTES = 1 << 20  # what a zip says of its parts: a workbook has some ten, or a hundred
NAMES = 10_000  # different names of elements and attributes
OTHER_BYTES = 304 << 20  # what the process that runs calamine may take: a full .xls of 22 columns needs it
OTHER_SECONDS = 60
CHUNK = 256 << 10
LOCAL = {name: name for name in ("c", "v", "t", "row", "f", "is", "si", "r", "rPh")}  # as nearly all files spell them
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
# The formats of days, times and durations that every workbook knows by their number.
BUILT_IN = {str(n): "d" for n in (*range(14, 23), 45, 47)} | {"46": "[h]:mm:ss"}
BROKEN = "Tệp Excel bị hỏng hoặc đang đặt mật khẩu, không mở được."
TOO_LARGE = "Tệp Excel bị hỏng hoặc quá lớn, không mở được."


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, and a way to read its rows that are not empty: all (None), or so many."""

    name: str
    rows: Callable[[int | None], Iterator[Row]]


@contextmanager
def opened(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, in their order.

    Raises: FileRejected FIL-01 if it cannot be read, or has a cell or row beyond bounds; also while rows are read.
    """
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip and (parts := _parts(path)):
        with zipfile.ZipFile(path) as archive:
            yield _Book(archive, parts).sheets()
    else:
        with closing(_Other(path)) as other:
            names = other.names()
            if len(names) > SHEETS:
                raise too_large(TOO_LARGE)
            yield [Sheet(name, partial(other.rows, number)) for number, name in enumerate(names)]


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
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise not_a_table("Tệp nén hoặc tệp Excel bị hỏng, không mở được.") from None
    if not any(re.match(r"xl/workbook\.(xml|bin)$|content\.xml$", name) for name in names):
        raise not_a_table("Tệp này là tệp nén hoặc văn bản, không phải bảng tính.")


# --- .xlsx -----------------------------------------------------------------------------------------------------------


def _parts(path: Path) -> dict[str, str] | None:
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


class _Book:
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
                    self._formats.append(_shows(shown))
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
                size += _checked(number, cells)
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
        return as_text(_day_or_duration(number, shown, self._since) if shown else number)

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


def _shows(number_format: str) -> str:
    """What a number is that is shown in this format: a "day", a "duration", or "" for a number.

    >>> [_shows(f) for f in ("dd/mm/yyyy", "[h]:mm", "0.00", '#,##0 "đồng"', "[Red]0;-0", "h:mm AM/PM", "General")]
    ['day', 'duration', '', '', '', 'day', '']
    """
    shown = re.sub(r'\\.|_.|\*.|"[^"]*"', "", number_format).partition(";")[0].lower()
    if re.search(r"\[(h+|m+|s+)\]", shown):
        return "duration"
    return "day" if re.search(r"[dmhys]", re.sub(r"\[[^\]]*\]|general", "", shown)) else ""


def _day_or_duration(number: float, shown: str, since: datetime) -> object:
    """What Excel shows for a number: the days since 1899-12-30, where 1900 had a 29 February."""
    try:
        passed = timedelta(milliseconds=round(number * 86_400_000))
        if shown == "duration":
            return passed
        if number < 1:
            return (since + passed).time() if number >= 0 else number
        day = since + passed + timedelta(days=number < 60 and since.year == 1899)
    except (OverflowError, ValueError):
        return number
    if day.year > 9999:
        return number
    return day.date() if number.is_integer() else day


def as_text(cell: object) -> str | None:
    """A workbook's cell as text: days in ISO form, whole numbers without a decimal point.

    >>> from datetime import date, datetime
    >>> as_text(3.0), as_text(datetime(2021, 3, 14, 17, 30)), as_text(date(2021, 3, 14))
    ('3', '2021-03-14 17:30:00', '2021-03-14')
    """
    match cell:
        case None | "":
            return None
        case str():
            return cell.replace("\0", "") or None  # PostgreSQL has none
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 1e18:
            return str(int(cell))
        case _:
            return str(cell)


def _checked(number: int, cells: list[tuple[int, str]]) -> int:
    """The characters of a row.

    Raises: FileRejected FIL-01 if it, or a cell of it, is beyond bounds.
    """
    lengths = [len(text) for _, text in cells]
    if lengths and max(lengths) > MAX_CELL:
        raise long_cell(number)
    if sum(lengths) > MAX_ROW:
        raise long_row(number)
    return sum(lengths)


# --- other workbooks -------------------------------------------------------------------------------------------------


class _Other:
    """A workbook that another process reads: some that are damaged make calamine panic, or take all memory there is.

    One answer at a time, read to its end.
    """

    def __init__(self, path: Path) -> None:
        memory.give_back()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "etl.workbooks", path.absolute()],
            cwd=Path(__file__).parents[1],
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def names(self) -> list[str]:
        return self._line()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def rows(self, number: int, limit: int | None) -> Iterator[Row]:
        assert self._process.stdin
        size = 0
        try:
            print(json.dumps([number, limit]), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise too_large(TOO_LARGE) from None
        while row := self._line():
            cells = [(column, text) for column, text in row[1]]
            size += _checked(row[0], cells)
            if size > TEXT_BYTES:
                raise too_large(TOO_LARGE)
            yield row[0], cells

    def _line(self) -> Any:
        assert self._process.stdout
        said = self._process.stdout.readline()
        if said == '"password"\n':
            raise FileRejected("FIL-01", "Tệp Excel đang đặt mật khẩu, không mở được. Hãy bỏ mật khẩu rồi gửi lại.")
        if not said.endswith("\n"):
            raise too_large(TOO_LARGE)
        return json.loads(said)


def answer(path: Path) -> None:
    """The other process: its requests are lines, [sheet, rows or null]; it answers with a line per row, and null."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (OTHER_BYTES, OTHER_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (OTHER_SECONDS, OTHER_SECONDS))
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        print(json.dumps("password"))
        return
    print(json.dumps(workbook.sheet_names), flush=True)
    for request in sys.stdin:
        number, limit = json.loads(request)
        rows = enumerate(workbook.get_sheet_by_index(number).iter_rows(), 1)
        texts = ((i, [(c, text) for c, cell in enumerate(row) if (text := as_text(cell))]) for i, row in rows)
        for row in islice((row for row in texts if row[1]), limit):
            print(json.dumps(row))
        print("null", flush=True)


if __name__ == "__main__":
    answer(Path(sys.argv[1]))
