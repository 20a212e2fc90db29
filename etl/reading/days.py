"""Days and moments: what a cell means in local time. The day always comes before the month."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import polars as pl

from etl.reading.columns import cleaned, mapped, replaced
from etl.spelling import DASHES, clean

LOCAL = timezone(timedelta(hours=7))  # Asia/Ho_Chi_Minh has kept this offset since 1975
YEARS = range(1900, 2101)  # a year of two digits or with a digit too many is not read
SERIALS = range(32874, 73416)  # Excel's day numbers of 1990-01-01 … 2100-12-31
MONTH_ZERO = date(1899, 12, 30)  # Excel's day 0, for every day after February 1900

# A day, written alone, before its clock or behind it: each group is found by its name in one of the forms.
DAYS = (
    r"(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})",
    r"(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
    r"(?P<day>\d{1,2}) tháng (?P<month>\d{1,2})(?:,| năm) (?P<year>\d{4})",
)
DAY_THEN_CLOCK = tuple(re.compile(rf"{form}(?:(?:,? | lúc |t)(?P<clock>\S.*))?") for form in DAYS)
CLOCK_THEN_DAY = tuple(re.compile(rf"(?P<clock>.*[^ ,]),? {form}") for form in DAYS)
WEEKDAY = re.compile(r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|t[2-7]|cn),? ")
BEFORE_A_DAY = re.compile(r"(^|,? )ngày (?=\d)")
DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
# 16:30:00.250, 4:30 CH, 4:30:00 PM, 16h30, 16 giờ 30
CLOCK = re.compile(
    r"(?:lúc )?(\d{1,2})(?::| ?(?:h|giờ) ?)(\d{1,2})(?: ?phút)?(?::(\d{1,2})(?:[.,](\d{1,9}))?)?"
    r"(?: ?(sa|ch|am|pm|a\.m\.|p\.m\.|sáng|chiều|tối))?(?: ?(z|[+-]\d\d:?\d\d))?"
)
AFTERNOON = ("ch", "pm", "p.m.", "chiều", "tối")
SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?")
MONTH = re.compile(r"(?:tháng )?(\d{1,2})(?:[/.-]| năm )(\d{4})|(\d{4})-(\d{1,2})|(?:năm )?(\d{4})")

# The spellings that a whole column is tried with: what a cell looks like, how it is parsed, the hours to add.
# `moment` reads them too; the patterns keep out what the parser would take beyond it (years of two digits, second 60).
# SA and CH are what Windows writes for AM and PM in Vietnamese.
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
    (rf"^{_DMY} {_HM}{_S} [SCAP][AHM]$", "%d/%m/%Y %I:%M:%S %p", 0),
    (rf"^{_DMY} {_HM} [SCAP][AHM]$", "%d/%m/%Y %I:%M %p", 0),
    (rf"^{_HM}{_S} {_DMY}$", "%H:%M:%S %d/%m/%Y", 0),
    (r"^\d{12}[0-5]\d$", "%Y%m%d%H%M%S", 0),
    (r"^\d{8}$", "%Y%m%d", 0),
)

# What programs write where there is no day: .NET's first day and its last one, the zero of Excel, Access, SQL Server,
# MySQL and Unix, and the "for ever" of whoever must write an end.
NO_DAY = datetime(1, 1, 1)
PLACEHOLDERS = (
    date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1970, 1, 1), date(2099, 12, 31),
    date(2999, 12, 31), date(9999, 12, 31), NO_DAY.date(),
)  # fmt: skip
USUAL = datetime(1970, 1, 2), datetime(2099, 12, 31)  # between them each day is a day, and none stands for none
NO_DAY_AT_ALL = re.compile(r"(?:00?/0?1/1900|0000-00-00)(?:[ t].*)?")


def moment(text: str) -> datetime | None:
    """What a moment or a day means, in local time; None if it cannot be read, NO_DAY if it stands for none.

    The day always comes before the month.

    >>> moment("05/3/2021"), moment("2021-03-14T17:30:00Z"), moment("12/31/2021")
    (datetime.datetime(2021, 3, 5, 0, 0), datetime.datetime(2021, 3, 15, 0, 30), None)
    """
    text = re.sub(f"[{DASHES}]", "-", clean(text).casefold())
    if match := DIGITS.fullmatch(text):
        year, month, day, *time = match.groups()
        return _moment(int(year), int(month), int(day), ":".join(time) if time[0] else None)
    if match := SERIAL.fullmatch(text):
        return _from_excel(int(match[1]), float(f"0.{match[2] or 0}"))
    if NO_DAY_AT_ALL.fullmatch(text):
        return NO_DAY
    text = BEFORE_A_DAY.sub(r"\1", WEEKDAY.sub("", text, count=1))
    for form in (*DAY_THEN_CLOCK, *CLOCK_THEN_DAY):
        if match := form.fullmatch(text):
            return _moment(int(match["year"]), int(match["month"]), int(match["day"]), match["clock"])
    return None


def _moment(year: int, month: int, day: int, clock: str | None) -> datetime | None:
    match = CLOCK.fullmatch(clock) if clock else None
    if clock and not match:
        return None
    hour, minute, second, fraction, half, zone = match.groups() if match else (0, 0, 0, None, None, None)
    hour = int(hour)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half in AFTERNOON else 0)
    elif half and half not in AFTERNOON:
        return None  # 14:30 in the morning
    try:
        read = datetime(year, month, day, hour, int(minute), int(second or 0), int((fraction or "0")[:6].ljust(6, "0")))
    except ValueError:
        return None
    if zone and year in YEARS:
        sign, offset = (-1 if zone[0] == "-" else 1), zone[1:].replace(":", "") or "0000"
        if int(offset) > 1800:
            return None
        there = timezone(sign * timedelta(hours=int(offset[:2]), minutes=int(offset[2:])))
        read = read.replace(tzinfo=there).astimezone(LOCAL).replace(tzinfo=None)
    if read.date() in PLACEHOLDERS:
        return NO_DAY
    return read if year in YEARS else None


def _from_excel(serial: int, fraction: float) -> datetime | None:
    if serial not in SERIALS:
        return None
    seconds = round(fraction * 86400)
    return datetime.combine(MONTH_ZERO, datetime.min.time()) + timedelta(days=serial, seconds=seconds)


def first_of_month(text: str) -> datetime | None:
    match = MONTH.fullmatch(clean(text).casefold())
    if not match:
        return None
    month, year, iso_year, iso_month, only_year = match.groups()
    year, month = int(year or iso_year or only_year), int(month or iso_month or 1)
    return datetime(year, month, 1) if year in YEARS and 1 <= month <= 12 else None


def moments_of(cells: pl.Series, read: Callable[[str], datetime | None]) -> tuple[pl.Series, pl.Series]:
    """The cells (cleaned where they were unusual) and what they mean; NO_DAY if they stand for none."""
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
        found = _parsed(cells.zip_with(fits, none), form) + timedelta(hours=hours)
        if not _are_usual(found):
            stands_for_none = found.dt.date().is_in(PLACEHOLDERS)
            found = found.set(~found.dt.year().is_between(YEARS[0], YEARS[-1]), None).set(stands_for_none, NO_DAY)
        moments = found.zip_with(fits, moments)
        left &= moments.is_null()
        if not left.any():
            break
    if left.any():
        cells = replaced(cells, left, cleaned)
        moments = moments.scatter(left.arg_true(), mapped(cells.filter(left), read, pl.Datetime("us")))
    return cells, moments.alias(cells.name)


def _parsed(cells: pl.Series, form: str) -> pl.Series:
    if form.endswith("%p"):
        cells = cells.str.replace("SA$", "AM").str.replace("CH$", "PM")
    return cells.str.to_datetime(form, strict=False, cache=False, time_unit="us")


def _are_usual(moments: pl.Series) -> bool:
    first_and_last = [one for one in (moments.min(), moments.max()) if isinstance(one, datetime)]
    return bool(first_and_last) and USUAL[0] < first_and_last[0] and first_and_last[-1] < USUAL[1]


def _spelling(sample: pl.Series) -> tuple[str, str, int] | None:
    for pattern, form, hours in COMMON:
        if _parsed(sample.filter(sample.str.contains(pattern)), form).count():
            return pattern, form, hours
    return None
