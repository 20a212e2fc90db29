"""Reporting periods: what "2021-Q3" means in days. Windows close on the 14th, are half-open, and are local to Việt Nam.

Source: Nghị định 09/2019/NĐ-CP, Điều 12; the reports of the reform (CCHC) are Quý I, 6 tháng, Quý III and Năm.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from etl.errors import UsageError

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

# kind -> (months after December of the year before at which the window opens, at which it closes)
KINDS = {"Q1": (0, 3), "Q2": (3, 6), "Q3": (6, 9), "Q4": (9, 12), "6T": (0, 6), "9T": (0, 9), "N": (0, 12)}
DECLARED = {"Quý I": "Q1", "6 tháng": "6T", "Quý III": "Q3", "Năm": "N"}

FIRST_YEAR, LAST_YEAR = 1990, 2100
# From this day on there are no districts: province and commune are the two tiers.
# Source: Nghị quyết 202/2025/QH15; Nghị định 150/2025/NĐ-CP.
TWO_TIERS_FROM = date(2025, 7, 1)

_DAY = r"(\d{4}-\d\d-\d\d)"
_CODE = re.compile(rf"(\d{{4}})-(Q[1-4]|6T|9T|N)(?:\[{_DAY}\.\.{_DAY}(?:@{_DAY})?\])?")
_HOW = "write 2021-Q3, 2021-6T, 2021-9T or 2021-N"


@dataclass(frozen=True)
class Period:
    """One reporting period and its window of days [start, end)."""

    code: str  # 2021-N; with a window or an as-of day that the calendar does not give, it says them: see window_code
    kind: str
    year: int
    start: date
    end: date  # exclusive
    year_start: date  # where what is counted "in the year" begins
    is_explicit: bool = False  # the report states its own window
    state_on: date | None = None  # whose state "pending" and "overdue" tell, if it is not the last day's

    @classmethod
    def parse(cls, code: str) -> "Period":
        """The period of a code, which may say a window and an as-of day of its own.

        Raises: UsageError if the code is none.
        Source: Nghị định 09/2019/NĐ-CP, Điều 12.

        >>> Period.parse("2021-Q3").start, Period.parse("2021-Q3").last_day
        (datetime.date(2021, 6, 15), datetime.date(2021, 9, 14))
        >>> Period.parse("2021-N").start, Period.parse("2021-N").end
        (datetime.date(2020, 12, 15), datetime.date(2021, 12, 15))
        >>> Period.parse("2021-N[2020-12-15..2021-11-15]").end
        datetime.date(2021, 11, 16)
        """
        found = _CODE.fullmatch(str(code).strip().upper())
        if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise UsageError(f"no period {code!r}; {_HOW}.")
        year, kind = int(found[1]), found[2]
        opens, closes = (_fifteenth(year, months) for months in KINDS[kind])
        period = cls(f"{year}-{kind}", kind, year, opens, closes, year_start=_fifteenth(year, 0))
        if not found[3]:
            return period
        try:
            first, last, state_on = (date.fromisoformat(day) if day else None for day in found.groups()[2:])
        except ValueError:
            raise UsageError(f"no period {code!r}: one of its days does not exist; {_HOW}.") from None
        return period.with_window(first, last).with_state_on(state_on)

    @property
    def calendar_code(self) -> str:
        """The code of the period whose report this is, whatever window it states.

        >>> Period.parse("2021-N[2020-12-15..2021-11-15]").calendar_code
        '2021-N'
        """
        return self.code.partition("[")[0]

    @property
    def last_day(self) -> date:
        """The last day of the window, inclusive: what a report prints."""
        return self.end - timedelta(days=1)

    @property
    def cadence(self) -> str:
        """quarterly, half_yearly, nine_monthly or annual.

        >>> Period.parse("2021-6T").cadence
        'half_yearly'
        """
        return {"6": "half_yearly", "9": "nine_monthly", "N": "annual"}.get(self.kind[0], "quarterly")

    @property
    def before(self) -> "Period":
        """The period of the same kind before, over the window of the calendar.

        >>> [Period.parse(code).before.code for code in ("2021-Q3", "2021-Q1", "2021-6T")]
        ['2021-Q2', '2020-Q4', '2020-6T']
        """
        if self.kind[0] == "Q" and self.kind != "Q1":
            return Period.parse(f"{self.year}-Q{int(self.kind[1]) - 1}")
        return Period.parse(f"{self.year - 1}-{'Q4' if self.kind == 'Q1' else self.kind}")

    @property
    def title_vi(self) -> str:
        """How a report names it.

        >>> Period.parse("2021-Q3").title_vi
        'Quý III năm 2021'
        """
        named = {
            "Q1": "Quý I",
            "Q2": "Quý II",
            "Q3": "Quý III",
            "Q4": "Quý IV",
            "6T": "6 tháng đầu",
            "9T": "9 tháng đầu",
        }
        return f"Năm {self.year}" if self.kind == "N" else f"{named[self.kind]} năm {self.year}"

    @property
    def declared_name(self) -> str | None:
        """What a declaration calls it; None where no report is due (Quý II, Quý IV, 9 tháng)."""
        return next((name for name, kind in DECLARED.items() if kind == self.kind), None)

    def with_window(self, first: date | None, last: date | None) -> "Period":
        """The same period over the window that a report states for itself, inclusive days; None leaves a side as it is.

        Raises: UsageError if the last day is before the first.

        >>> Period.parse("2021-N").with_window(None, date(2021, 11, 15)).end
        datetime.date(2021, 11, 16)
        """
        for day in (first, last):
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                raise UsageError(f"{day} is no day of a report: give one between {FIRST_YEAR} and {LAST_YEAR}.")
        start = first or self.start
        end = last + timedelta(days=1) if last else self.end
        if start >= end:
            raise UsageError(
                f"the window of {self.code} ends on {end - timedelta(days=1)}, before it begins on {start}."
            )
        year_start = start if self.kind == "N" else min(start, self.year_start)
        explicit = (start, end) != (self.start, self.end) or self.is_explicit
        code = window_code(self.calendar_code, start, end - timedelta(days=1), self.state_on)
        return replace(self, code=code, start=start, end=end, year_start=year_start, is_explicit=explicit)

    def with_state_on(self, day: date | None) -> "Period":
        """The same window with the state of a day, which its code then says; None leaves it as it is.

        Raises: UsageError if the day lies before the window.

        >>> Period.parse("2021-N").with_state_on(date(2021, 12, 31)).code
        '2021-N[2020-12-15..2021-12-14@2021-12-31]'
        """
        if day is None:
            return self
        if day < self.start:
            raise UsageError(
                f"--as-of {day} lies before {self.code} begins ({self.start}); give a day of the window or later."
            )
        code = window_code(self.calendar_code, self.start, self.last_day, day)
        return replace(self, code=code, state_on=None if day == self.last_day else day)

    def __contains__(self, day: date) -> bool:
        """
        >>> date(2020, 12, 14) in Period.parse("2021-N"), date(2020, 12, 15) in Period.parse("2021-N")
        (False, True)
        """
        return self.start <= day < self.end

    def __str__(self) -> str:
        return self.code


def window_code(calendar_code: str, first: date, last: date, state_on: date | None = None) -> str:
    """What figures are kept and reported under: the period's code, and the window and as-of day where they are its own.

    So figures of a stated window stand beside those of the calendar, never over them.

    >>> window_code("2021-N", date(2020, 12, 15), date(2021, 12, 14))
    '2021-N'
    >>> window_code("2021-N", date(2020, 12, 15), date(2021, 11, 15), date(2021, 11, 30))
    '2021-N[2020-12-15..2021-11-15@2021-11-30]'
    """
    usual = Period.parse(calendar_code)
    state = "" if state_on in (None, last) else f"@{state_on}"
    if (first, last, state) == (usual.start, usual.last_day, ""):
        return usual.code
    return f"{usual.code}[{first}..{last}{state}]"


def _fifteenth(year: int, months: int) -> date:
    """The 15th of the month that many months after December of the year before."""
    return date(year - 1, 12, 15) if months == 0 else date(year, months, 15)


def declared(year: int, name: str) -> Period:
    """The period that a declaration names.

    Raises: UsageError if no report has this name.

    >>> declared(2021, "Quý III").code
    '2021-Q3'
    """
    kind = DECLARED.get(" ".join(name.split()))
    if kind is None:
        raise UsageError(f"no reporting period {name!r}; known are {', '.join(DECLARED)}.")
    return Period.parse(f"{year}-{kind}")


def local_day(moment: datetime) -> date:
    """The calendar day of a moment in Việt Nam.

    Raises: UsageError on a moment without a time zone: it could be any day.

    >>> from datetime import UTC
    >>> local_day(datetime(2021, 3, 14, 17, 30, tzinfo=UTC))
    datetime.date(2021, 3, 15)
    """
    if moment.tzinfo is None:
        raise UsageError(f"{moment} has no time zone; say which one, e.g. +07:00.")
    return moment.astimezone(LOCAL).date()


def of_day(day: date) -> list[Period]:
    """Every period whose window holds a day, the shortest first.

    >>> [period.code for period in of_day(date(2021, 6, 15))]
    ['2021-Q3', '2021-9T', '2021-N']
    """
    year = day.year + (day >= date(day.year, 12, 15))
    return [period for period in (Period.parse(f"{year}-{kind}") for kind in KINDS) if day in period]


def next_report(today: date) -> Period:
    """The official report whose window closes next.

    >>> next_report(date(2021, 6, 14)).code, next_report(date(2021, 6, 15)).code, next_report(date(2021, 12, 15)).code
    ('2021-6T', '2021-Q3', '2022-Q1')
    """
    return min((period for period in of_day(today) if period.declared_name), key=lambda period: period.end)


def touched(days: Iterable[date]) -> list[Period]:
    """The periods whose windows hold any of the days, in the order in which they close.

    >>> [period.code for period in touched([date(2021, 12, 14), date(2021, 12, 15)])]
    ['2021-Q4', '2021-N', '2022-Q1', '2022-6T', '2022-9T', '2022-N']
    """
    found = {period for day in set(days) for period in of_day(day)}
    return sorted(found, key=lambda period: (period.end, -period.start.toordinal()))
