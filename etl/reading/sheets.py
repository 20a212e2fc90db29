"""The rows of a sheet: what a cell shows, as a person would have typed it, and how large a row may be."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from etl.reading.bounds import MAX_CELL, MAX_ROW, long_cell, long_row

Row = tuple[int, list[tuple[int, str]]]  # its number, and of each cell that is not empty: its column, from 0, its text

SHEETS = 255
TEXT_BYTES = 1 << 30  # of all cells of a sheet: a text that is kept once may be said a million times
# The formats of days, times and durations that every workbook knows by their number.
BUILT_IN = {str(n): "d" for n in (*range(14, 23), 45, 47)} | {"46": "[h]:mm:ss"}
BROKEN = "Tệp Excel bị hỏng hoặc đang đặt mật khẩu, không mở được."
TOO_LARGE = "Tệp Excel bị hỏng hoặc quá lớn, không mở được."


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, and a way to read its rows that are not empty: all (None), or so many."""

    name: str
    rows: Callable[[int | None], Iterator[Row]]


def shows(number_format: str) -> str:
    """What a number is that is shown in this format: a "day", a "duration", or "" for a number.

    >>> [shows(f) for f in ("dd/mm/yyyy", "[h]:mm", "0.00", '#,##0 "đồng"', "[Red]0;-0", "h:mm AM/PM", "General")]
    ['day', 'duration', '', '', '', 'day', '']
    """
    shown = re.sub(r'\\.|_.|\*.|"[^"]*"', "", number_format).partition(";")[0].lower()
    if re.search(r"\[(h+|m+|s+)\]", shown):
        return "duration"
    return "day" if re.search(r"[dmhys]", re.sub(r"\[[^\]]*\]|general", "", shown)) else ""


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
