"""Days of the demo: the window of the printed report, the day of delivery, and the days on which offices work."""

import functools
from datetime import date, timedelta

import holidays

WINDOW_START = date(2020, 12, 15)
WINDOW_END = date(2021, 11, 15)  # inclusive; the printed annual report closes a month early
DELIVERY = date(2021, 12, 15)

FIRST = date(2020, 10, 1)  # nothing in the demo is older than this, save decisions
LAST = date(2022, 4, 30)


@functools.cache
def working_days() -> tuple[date, ...]:
    """Every working day from FIRST to LAST, in order."""
    closed = holidays.country_holidays("VN", years=range(FIRST.year, LAST.year + 1))
    every = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return tuple(day for day in every if day.weekday() < 5 and day not in closed)


def position(day: date) -> int:
    """Index in `working_days()` of the first working day on or after `day`."""
    return next(i for i, working in enumerate(working_days()) if working >= day)


def vietnamese(day: date | None) -> str:
    """
    >>> vietnamese(date(2021, 11, 5))
    '05/11/2021'
    """
    return f"{day:%d/%m/%Y}" if day else ""
