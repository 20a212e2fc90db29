"""Text as it was delivered comes in, typed columns go out. What cannot be read is marked, never guessed.

Each reader looks at whole columns, or at each different text once, and takes its time only for the cells that are left:
a load reads millions of cells, of which hardly one is unusual.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import polars as pl

from etl.catalogue import Column, Export, words
from etl.spelling import INVISIBLE, NOTHING, clean

LOCAL = timezone(timedelta(hours=7))  # Asia/Ho_Chi_Minh has kept this offset since 1975
YEARS = range(1900, 2101)  # a year of two digits or with a digit too many is not read
SERIALS = range(32874, 73416)  # Excel's day numbers of 1990-01-01 … 2100-12-31
MONTH_ZERO = date(1899, 12, 30)  # Excel's day 0, for every day after February 1900

UNUSUAL = rf"[\x00-\x1f\x7f-\xa0\u0300-\u036f\u2000-\u200f\u2028\u2029\u202f\u205f\u3000{INVISIBLE}]|  |^ | $"
UNUSUAL += "|^(?:" + "|".join(map(re.escape, NOTHING)) + ")$"
FLAGS = {"Có": True, "Không": False}

WHOLE = (
    r"\d+(?:[.,]0{1,2})?"  # 1500000, and Excel's 1500000.0
    r"|\d{1,3}(?:\.\d{3})+(?:,0{1,2})?"  # 1.500.000
    r"|\d{1,3}(?:,\d{3})+(?:\.0{1,2})?"  # 1,500,000
    r"|\d{1,3}(?: \d{3})+(?:[.,]0{1,2})?"  # 1 500 000
)
CURRENCY = r" ?(?i:đồng|đ|₫|vnđ|vnd)?\.?"

DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?: (.+))?")
YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?: |[Tt])(.+))?")
DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
WORDS = re.compile(r"(?:ngày )?(\d{1,2}) tháng (\d{1,2}) năm (\d{4})")
CLOCK = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?(?: ?([Zz]|[+-]\d\d:?\d\d))?")
SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?")
MONTH = re.compile(r"(?:tháng )?(\d{1,2})(?:[/.-]| năm )(\d{4})|(\d{4})-(\d{1,2})|(?:năm )?(\d{4})")

# The spellings that a whole column is tried with: what a cell looks like, how it is parsed, the hours to add.
# `moment` reads them too; the patterns keep out what the parser would take beyond it (years of two digits, second 60).
_DMY, _YMD, _HM, _S = r"\d{1,2}/\d{1,2}/\d{4}", r"\d{4}-\d\d-\d\d", r"\d{1,2}:\d\d", r":[0-5]\d"
SAMPLE = 20
COMMON = (
    (rf"^{_DMY} {_HM}{_S}$", "%d/%m/%Y %H:%M:%S", 0),
    (rf"^{_DMY} {_HM}$", "%d/%m/%Y %H:%M", 0),
    (rf"^{_DMY}$", "%d/%m/%Y", 0),
    (rf"^{_YMD} {_HM}{_S}$", "%Y-%m-%d %H:%M:%S", 0),
    (rf"^{_YMD}$", "%Y-%m-%d", 0),
    (rf"^{_YMD}T{_HM}{_S}$", "%Y-%m-%dT%H:%M:%S", 0),
    (rf"^{_YMD}T{_HM}{_S}Z$", "%Y-%m-%dT%H:%M:%SZ", 7),
    (rf"^{_YMD}T{_HM}{_S}\.\d\d\dZ$", "%Y-%m-%dT%H:%M:%S%.3fZ", 7),
    (r"^\d{1,2}-\d{1,2}-\d{4}$", "%d-%m-%Y", 0),
    (rf"^\d{{1,2}}-\d{{1,2}}-\d{{4}} {_HM}{_S}$", "%d-%m-%Y %H:%M:%S", 0),
    (r"^\d{12}[0-5]\d$", "%Y%m%d%H%M%S", 0),
    (r"^\d{8}$", "%Y%m%d", 0),
)


def typed(block: pl.DataFrame, export: Export) -> pl.DataFrame:
    """Give a block of text rows its types.

    Input:  a block of `read.blocks`.
    Output: same rows, same order: `line`, and of each contract column, by its type:
            text           the cleaned text (nothing at all of names, phones and birthdays)
            identity no.   the text without white space, and `<name>__shape`: each digit as 9, each letter as x
            code           what it means, as the vocabulary spells it (`Column.words`); the cleaned text if nobody knows
            timestamp      Datetime (microseconds, local time of Asia/Ho_Chi_Minh), and its day under `Column.day`
            date           Date;  partial_date: the first day that it can mean
            amount         Int64, whole đồng;  integer: Int64;  flag: Boolean
            `<name>__unread` beside each of the last six: given, but not to be read.
    """
    columns = [block["line"]]
    for column in export.loaded:
        columns += READERS[column.type](block[column.name], column)
    return pl.DataFrame(columns)


def compared(block: pl.DataFrame, export: Export) -> pl.DataFrame:
    """What the rows say, whichever way it is written: two of them say the same if all these columns are equal.

    Output: the typed columns, and the cleaned text of what is not loaded or could not be read.
    """
    read = typed(block, export)
    texts = [c.name for c in export.columns if not c.is_loaded or f"{c.name}__unread" in read.columns]
    for name in texts:
        cells = _cleaned(block[name])
        if f"{name}__unread" in read.columns:
            cells = cells.set(~read[f"{name}__unread"], None)
        read = read.with_columns(cells.alias(f"{name}__text"))
    return read.drop("line")


def _text(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells = _cleaned(cells)
    if column.compact:
        cells = _replaced(
            cells, cells.str.contains(" ", literal=True), lambda text: text.str.replace_all(" ", "", literal=True)
        )
    if column.trailing:
        cells = cells.str.strip_chars_end(column.trailing).replace("", None)
    if column.personal != "id":
        return [cells]
    digits = cells.str.contains(r"^[0-9]{1,20}$")
    shape = (
        pl.select(pl.lit("9" * 20).str.head(cells.str.len_chars())).to_series().zip_with(digits.fill_null(True), cells)
    )
    shape = _replaced(shape, ~digits, lambda text: text.str.replace_all(r"\p{Nd}", "9").str.replace_all(r"\p{L}", "x"))
    return [cells, shape.alias(f"{column.name}__shape")]


def _code(cells: pl.Series, column: Column) -> list[pl.Series]:
    meaning = words.reader(column)
    return [_mapped(cells, lambda text: meaning(text) or _said(text), pl.String)]


def _flag(cells: pl.Series, column: Column) -> list[pl.Series]:
    meaning = words.reader(column)
    cells = _cleaned(cells)
    return _with_unread(cells, _mapped(cells, lambda text: FLAGS.get(meaning(text) or ""), pl.Boolean), column)


def _whole_number(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells = _cleaned(cells)
    texts = cells.drop_nulls().unique()
    suffix = CURRENCY if column.type == "amount" else ""
    digits = texts.str.extract(rf"^({WHOLE}){suffix}$").str.replace(r"[.,]0{1,2}$", "").str.replace_all(r"[., ]", "")
    numbers = cells.replace_strict(texts, digits.cast(pl.Int64, strict=False), default=None, return_dtype=pl.Int64)
    return _with_unread(cells, numbers, column)


def _timestamp(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells, moments = _moments(cells, moment)
    moments, unread = _with_unread(cells, moments, column)
    return [moments, moments.dt.date().alias(column.day or ""), unread]


def _date(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells, moments = _moments(cells, moment)
    return _with_unread(cells, moments.dt.date(), column)


def _partial_date(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells, moments = _moments(cells, lambda text: moment(text) or _first_of_month(text))
    return _with_unread(cells, moments.dt.date(), column)


READERS: dict[str, Callable[[pl.Series, Column], list[pl.Series]]] = {
    "text": _text,
    "code": _code,
    "timestamp": _timestamp,
    "date": _date,
    "partial_date": _partial_date,
    "amount": _whole_number,
    "integer": _whole_number,
    "flag": _flag,
}


# --- days and moments ------------------------------------------------------------------------------------------------


def moment(text: str) -> datetime | None:
    """What a moment or a day means, in local time; None if it cannot be read. The day always comes before the month.

    >>> moment("05/3/2021"), moment("2021-03-14T17:30:00Z"), moment("12/31/2021")
    (datetime.datetime(2021, 3, 5, 0, 0), datetime.datetime(2021, 3, 15, 0, 30), None)
    """
    text = clean(text)
    if match := DAY_FIRST.fullmatch(text):
        day, _, month, year, clock = match.groups()
    elif match := YEAR_FIRST.fullmatch(text):
        year, month, day, clock = match.groups()
    elif match := WORDS.fullmatch(text.casefold()):
        day, month, year, clock = *match.groups(), None
    elif match := DIGITS.fullmatch(text):
        year, month, day, *time = match.groups()
        clock = ":".join(time) if time[0] else None
    elif match := SERIAL.fullmatch(text):
        return _from_excel(int(match[1]), float(f"0.{match[2] or 0}"))
    else:
        return None
    return _moment(int(year), int(month), int(day), clock)


def _moment(year: int, month: int, day: int, clock: str | None) -> datetime | None:
    match = CLOCK.fullmatch(clock) if clock else None
    if year not in YEARS or (clock and not match):
        return None
    hour, minute, second, fraction, zone = match.groups() if match else (0, 0, 0, None, None)
    try:
        read = datetime(
            year, month, day, int(hour), int(minute), int(second or 0), int((fraction or "0")[:6].ljust(6, "0"))
        )
    except ValueError:
        return None
    if not zone:
        return read
    sign, offset = (-1 if zone[0] == "-" else 1), zone[1:].replace(":", "") or "0000"
    there = timezone(sign * timedelta(hours=int(offset[:2]), minutes=int(offset[2:]))) if int(offset) <= 1800 else None
    return read.replace(tzinfo=there).astimezone(LOCAL).replace(tzinfo=None) if there else None


def _from_excel(serial: int, fraction: float) -> datetime | None:
    if serial not in SERIALS:
        return None
    seconds = round(fraction * 86400)
    return datetime.combine(MONTH_ZERO, datetime.min.time()) + timedelta(days=serial, seconds=seconds)


def _first_of_month(text: str) -> datetime | None:
    match = MONTH.fullmatch(clean(text).casefold())
    if not match:
        return None
    month, year, iso_year, iso_month, only_year = match.groups()
    return _moment(int(year or iso_year or only_year), int(month or iso_month or 1), 1, None)


def _moments(cells: pl.Series, read: Callable[[str], datetime | None]) -> tuple[pl.Series, pl.Series]:
    """The cells (cleaned where they were unusual) and what they mean."""
    moments = pl.Series(cells.name, [None], pl.Datetime("us")).new_from_index(0, len(cells))
    none = pl.Series(cells.name, [None], pl.String).new_from_index(0, len(cells))
    left = cells.is_not_null()
    for _ in range(3):  # a column seldom has more than two spellings
        few = left.sum() <= SAMPLE  # reading them one by one costs less than looking for what they have in common
        common = None if few else _spelling(cells.filter(left).head(SAMPLE))
        if not common:
            break
        pattern, form, hours = common
        fits = left & cells.str.contains(pattern)
        shown = cells.zip_with(fits, none)
        found = shown.str.to_datetime(form, strict=False, cache=False, time_unit="us") + timedelta(hours=hours)
        found = found.set(~found.dt.year().is_between(YEARS[0], YEARS[-1]), None)
        moments = found.zip_with(fits, moments)
        left &= moments.is_null()
        if not left.any():
            break
    if left.any():
        cells = _replaced(cells, left, _cleaned)
        moments = moments.scatter(left.arg_true(), _mapped(cells.filter(left), read, pl.Datetime("us")))
    return cells, moments.alias(cells.name)


def _spelling(sample: pl.Series) -> tuple[str, str, int] | None:
    for pattern, form, hours in COMMON:
        if sample.filter(sample.str.contains(pattern)).str.to_datetime(form, strict=False).count():
            return pattern, form, hours
    return None


# --- columns ---------------------------------------------------------------------------------------------------------


def _with_unread(cells: pl.Series, values: pl.Series, column: Column) -> list[pl.Series]:
    return [values.alias(column.name), (cells.is_not_null() & values.is_null()).alias(f"{column.name}__unread")]


def _cleaned(cells: pl.Series) -> pl.Series:
    """The cells as `clean` would have them; hardly a text needs it, and the pattern finds those that do."""
    texts = cells.drop_nulls().unique()
    unusual = texts.filter(texts.str.contains(UNUSUAL))
    return (
        cells.replace(unusual, pl.Series([_said(text) for text in unusual], dtype=pl.String)) if len(unusual) else cells
    )


def _said(text: str) -> str | None:
    """The cleaned text; nothing if that is what the source system writes for nothing: a text column has no NULL."""
    cleaned = clean(text)
    return None if cleaned in NOTHING else cleaned or None


def _replaced(cells: pl.Series, where: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The cells, some of them changed."""
    places = where.arg_true()
    return cells.clone().scatter(places, change(cells.gather(places))) if len(places) else cells


def _mapped(cells: pl.Series, read: Callable[[str], object], dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """Each cell through a function that is called once for each different text."""
    texts = cells.drop_nulls().unique()
    values = pl.Series([read(text) for text in texts], dtype=dtype)
    return cells.replace_strict(texts, values, default=None, return_dtype=dtype)
