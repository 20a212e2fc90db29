"""What calamine does not tell of the cells of an .xls: the number formats that are part of a value, and the errors.

An .xls is a small file system (MS-CFB), in which the stream "Workbook" is a row of records (MS-XLS): kind, length,
content. Here only the records of numbers, formulas and errors are looked at; calamine reads all of them.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from etl.reading.bounds import too_large
from etl.reading.number_formats import BUILT_IN, NumberFormat, number_format, shows
from etl.reading.sheets import NOT_CALCULATED, TOO_LARGE

END = 0xFFFFFFFE  # and above: no sector
EOF, BOF, BOUNDSHEET, XF, FORMAT = 0x0A, 0x809, 0x85, 0xE0, 0x41E
NUMBER, RK, MULRK, BOOLERR, FORMULA = 0x203, 0x27E, 0xBD, 0x205, 0x06
LOOKED_AT = {BOUNDSHEET, XF, FORMAT, NUMBER, RK, MULRK, BOOLERR, FORMULA}
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
CALCULATE_ON_LOAD = 2
COLUMNS = 256
CELLS = 65_536 * COLUMNS  # of a sheet

Said = NumberFormat | str  # how the number of a cell is written, or what it says in place of one


class Cells:
    """Of each sheet the cells that say more than their number."""

    def __init__(self, path: Path) -> None:
        self._said: list[Said] = []
        self._number_of: dict[Said, int] = {}
        self._sheets: list[bytes] = []
        stream = _stream(path)
        formats, offsets = self._globals(stream)
        for offset in offsets:
            self._sheets.append(self._cells(stream, offset, formats))

    def seen(self, sheet: int, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The rows of a sheet, from the first on, with all that their cells say."""
        packed = self._sheets[sheet] if sheet < len(self._sheets) else b""
        if not packed:
            yield from rows
            return
        numbers, said = zlib.decompress(packed), [None, *self._said]
        for line, row in enumerate(rows):
            of_row = numbers[line * COLUMNS : (line + 1) * COLUMNS]
            for column, number in enumerate(of_row.rstrip(b"\0")):
                if number and column < len(row):
                    row[column] = _told(row[column], said[number])
            yield row

    def _globals(self, stream: bytes) -> tuple[list[int], list[int]]:
        """The number of the kind of each style, 0 of most; and where each sheet begins."""
        named: dict[int, str] = {}
        styles: list[int] = []
        offsets: list[int] = []
        for kind, at, length in _records(stream, 0):
            if kind == FORMAT:
                number, letters, wide = struct.unpack_from("<HHB", stream, at)
                said = stream[at + 5 : at + length]
                named[number] = said.decode("utf-16-le" if wide & 1 else "latin-1", "replace")[:letters]
            elif kind == XF:
                styles.append(struct.unpack_from("<H", stream, at + 2)[0])
            elif kind == BOUNDSHEET:
                offsets.append(struct.unpack_from("<I", stream, at)[0])
        codes = (named.get(number, BUILT_IN.get(str(number), "")) for number in styles)
        written = [None if shows(code) else number_format(code) for code in codes]
        return [self._kind(one) if one else 0 for one in written], offsets

    def _kind(self, said: Said) -> int:
        if said not in self._number_of:
            if len(self._said) == 254:
                raise too_large(TOO_LARGE)
            self._said.append(said)
            self._number_of[said] = len(self._said)
        return self._number_of[said]

    def _cells(self, stream: bytes, offset: int, styles: list[int]) -> bytes:
        numbers = bytearray(CELLS)
        found, place_of = False, struct.Struct("<HH").unpack_from

        def style(at: int) -> int:
            number = int.from_bytes(stream[at : at + 2], "little")
            return styles[number] if number < len(styles) else 0

        for kind, at, length in _records(stream, offset):
            row, column = place_of(stream, at)
            if column >= COLUMNS or length < 6:
                continue
            place = row * COLUMNS + column
            if kind == MULRK:
                last = min(int.from_bytes(stream[at + length - 2 : at + length], "little"), COLUMNS - 1)
                for one in range(last - column + 1):
                    if said := style(at + 4 + 6 * one):
                        numbers[place + one], found = said, True
                continue
            said = style(at + 4)
            if kind == BOOLERR and stream[at + 7]:
                said = self._kind(ERRORS.get(stream[at + 6], "#N/A"))
            elif kind == FORMULA and length >= 16:
                is_number = stream[at + 12 : at + 14] != b"\xff\xff"
                if stream[at + 14] & CALCULATE_ON_LOAD:
                    said = self._kind(NOT_CALCULATED)
                elif not is_number:
                    said = self._kind(ERRORS.get(stream[at + 8], "#N/A")) if stream[at + 6] == 2 else 0
            if said:
                numbers[place], found = said, True
        return zlib.compress(numbers, 1) if found else b""


def _told(cell: Any, said: Said | None) -> Any:
    if isinstance(said, NumberFormat):
        return said.written(float(cell)) if isinstance(cell, int | float) and not isinstance(cell, bool) else cell
    return said


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The records of a part of the stream: kind, place of the content, its length. Charts in a sheet are left out."""
    depth, end = 0, len(stream) - 4
    header = struct.Struct("<HH").unpack_from
    while at <= end:
        kind, length = header(stream, at)
        at += 4
        if kind in LOOKED_AT and depth == 1:
            yield kind, at, length
        elif kind == BOF:
            depth += 1
        elif kind == EOF:
            depth -= 1
            if depth <= 0:
                return
        at += length


def _stream(path: Path) -> bytes:
    """The stream "Workbook" of a compound file; of an older one, "Book"."""
    data = path.read_bytes()
    sector, small = (1 << int.from_bytes(data[at : at + 2], "little") for at in (30, 32))
    directory, _, least, first_small, _, following, _ = struct.unpack_from("<7I", data, 48)

    def content(number: int) -> bytes:
        return data[(number + 1) * sector : (number + 2) * sector]

    def numbers(said: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(said) // 4}I", said)

    tables = [*numbers(data[76:512])]  # the sectors of the table that says which sector follows which
    while following < END and len(tables) <= len(data) // sector:
        *more, following = numbers(content(following))
        tables += more
    next_of = [one for number in tables if number < END for one in numbers(content(number))]

    def chain(number: int) -> bytes:
        return b"".join(content(one) for one in _followed(number, next_of))

    entries: dict[str, tuple[int, int]] = {}
    listed = chain(directory)
    for at in range(0, len(listed) - 127, 128):
        length = int.from_bytes(listed[at + 64 : at + 66], "little")
        name = listed[at : at + max(0, length - 2)].decode("utf-16-le", "replace")
        entries[name] = struct.unpack_from("<II", listed, at + 116)
    first, size = entries.get("Workbook") or entries.get("Book") or (END, 0)
    if size >= least:
        return chain(first)[:size]
    pieces = chain(entries["Root Entry"][0])  # short streams stand together in one
    places = _followed(first, numbers(chain(first_small)))
    return b"".join(pieces[one * small : (one + 1) * small] for one in places)[:size]


def _followed(number: int, next_of: Sequence[int]) -> Iterator[int]:
    for _ in range(len(next_of)):
        if number >= len(next_of):
            return
        yield number
        number = next_of[number]
