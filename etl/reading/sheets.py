"""The rows of a sheet: what a cell shows, as a person would have typed it, and how large a row may be."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from etl.reading.bounds import MAX_CELL, MAX_CELLS, MAX_ROW, long_cell, long_row
from etl.reading.header import HEADER_ROWS
from etl.reading.number_formats import plain

Row = tuple[int, list[tuple[int, str]]]  # its number, and of each cell that is not empty: its column, from 0, its text

SHEETS = 255
MAX_AREAS = 500_000  # of merged cells of a sheet
TEXT_BYTES = 1 << 30  # of all cells of a sheet: a text that is kept once may be said a million times
BROKEN = "Tệp Excel bị hỏng hoặc đang đặt mật khẩu, không mở được."
TOO_LARGE = "Tệp Excel bị hỏng hoặc quá lớn, không mở được."

# A cell that holds a day or a time, and not a text, ends in this sign, which no text of a cell has: who reads a column
# of days counts such cells, who reads one of codes refuses them. It goes no further than `day_order`.
REAL_DAY = "\0"
# What begins with # is no value: so Excel says its own errors (#N/A), and so do these.
NOT_CALCULATED = "#CÔNG THỨC CHƯA TÍNH"  # a formula that a program wrote without what it comes to
DAY_IN_A_CODE = "#NGÀY "  # before the day that Excel made of a code such as 03/2021


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, and a way to read its rows that are not empty: all (None), or so many."""

    name: str
    rows: Callable[[int | None], Iterator[Row]]
    merged: Callable[[], "array[int]"]  # of each area of merged cells: first row and column, last row and column
    is_hidden: bool = False


def day_or_duration(number: float, shown: str, since: datetime) -> object:
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
    """A workbook's cell as text: days in ISO form, marked as days; whole numbers without a decimal point.

    >>> from datetime import date, datetime, timedelta
    >>> as_text(3.0), as_text(datetime(2021, 3, 14, 17, 30)), as_text(date(2021, 3, 14)), as_text(timedelta(hours=26))
    ('3', '2021-03-14 17:30:00\\x00', '2021-03-14\\x00', '26:00:00\\x00')
    """
    match cell:
        case None | "":
            return None
        case str():
            return cell.replace(REAL_DAY, "") or None  # PostgreSQL has none
        case bool():
            return "TRUE" if cell else "FALSE"
        case date() | time():
            return f"{cell}{REAL_DAY}"
        case float() | int():
            return plain(float(cell))
        case timedelta():
            seconds = round(cell.total_seconds())
            sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
            return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{REAL_DAY}"
        case _:
            return str(cell)


def length_of_row(number: int, cells: list[tuple[int, str]]) -> int:
    """The characters of a row.

    Raises: FileRejected FIL-01 if it, or a cell of it, is beyond bounds.
    """
    lengths = [len(text) for _, text in cells]
    if lengths and max(lengths) > MAX_CELL:
        raise long_cell(number)
    if sum(lengths) > MAX_ROW:
        raise long_row(number)
    return sum(lengths)


def as_lists(rows: Iterable[Row]) -> list[list[str]]:
    """The first rows of a sheet, also those that are empty, with all cells, also those that are empty."""
    lists: list[list[str]] = [[] for _ in range(HEADER_ROWS)]
    last = 0
    for line, cells in rows:
        if line > HEADER_ROWS:
            break
        lists[line - 1] = [""] * (max((column for column, _ in cells), default=-1) + 1)
        for column, text in cells:
            lists[line - 1][column] = text.removesuffix(REAL_DAY)
        last = line
    return lists[:last]


@lru_cache(MAX_CELLS)
def column_number(letters: str) -> int:
    """The number of a column, from 0.

    >>> column_number("A"), column_number("AA"), column_number("XFD")
    (0, 26, 16383)
    """
    number = 0
    for letter in letters.replace("$", "").upper()[:9]:
        number = number * 26 + ord(letter) - 64
    return number - 1
