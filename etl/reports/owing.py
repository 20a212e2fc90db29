"""Who owes a delivery: what each office does as ever is not late."""

import statistics
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.periods import LOCAL


@dataclass(frozen=True)
class Delivered:
    """That a sender delivered an export: for which day, and on which day it lay here."""

    export: str
    sender: str
    delivered_on: date
    landed_on: date


def delivered(cursor: Cursor, now: datetime) -> list[Delivered]:
    """What was delivered until a moment, and for which days."""
    cursor.execute(statement("night/delivered"), {"now": now, "exports": list(catalogue.exports())})
    return [
        Delivered(export, sender, day, landed_at.astimezone(LOCAL).date())
        for export, sender, day, landed_at in cursor.fetchall()
    ]


def who_owes(deliveries: Iterable[Delivered], today: date) -> list[str]:
    """A line for each sender that delivered in its last two intervals and has not in this one, though it usually had.

    An interval is a working day with the days off behind it, a month or a year, as the contract says. What an office
    does as ever is not late: who delivers on the 5th is not asked for it on the 2nd, and who delivers in the evening,
    so that the night finds it a day later, is judged a day later.
    """
    key = lambda delivered: (delivered.export, delivered.sender)  # noqa: E731
    lines = []
    for (name, sender), group in groupby(sorted(deliveries, key=key), key):
        export = catalogue.exports().get(name)
        if export is None or export.delivers is None:
            continue
        days = sorted(group, key=lambda delivered: delivered.delivered_on)
        if _owes(export.delivers, days, today):
            title, last = export.short_title, days[-1].delivered_on
            lines.append(f"{title} · {sender}: lần giao gần nhất {last:%d/%m/%Y}")
    return lines


def _owes(rhythm: str, days: list[Delivered], today: date) -> bool:
    lag = statistics.median_low(max((d.landed_on - d.delivered_on).days, 0) for d in days[-5:])
    today -= timedelta(days=lag)
    current = _begin(rhythm, today)
    if days[-1].delivered_on >= current:
        return False
    one = _begin(rhythm, current - timedelta(days=1))
    two = _begin(rhythm, one - timedelta(days=1))
    first: dict[date, date] = {}  # of each interval: the day on which it was delivered
    for day in (d.delivered_on for d in days if d.delivered_on >= two):
        first.setdefault(one if day >= one else two, day)
    return bool(first) and today >= max(_same_day(rhythm, begin, day, current) for begin, day in first.items())


def _same_day(rhythm: str, begin: date, day: date, current: date) -> date:
    """What the day of one interval is in the current one, which may be shorter: 31 January is 28 February."""
    if rhythm == "yearly":
        return date(current.year, day.month, min(day.day, monthrange(current.year, day.month)[1]))
    if rhythm == "monthly":
        return current.replace(day=min(day.day, monthrange(current.year, current.month)[1]))
    while begin < day and _begin(rhythm, current + timedelta(days=1)) == _begin(rhythm, current):
        begin, current = begin + timedelta(days=1), current + timedelta(days=1)
    return current


def _begin(rhythm: str, day: date) -> date:
    """The first day of the interval that holds a day."""
    if rhythm == "yearly":
        return day.replace(month=1, day=1)
    if rhythm == "monthly":
        return day.replace(day=1)
    while not _is_working(day):
        day -= timedelta(days=1)
    return day


def _is_working(day: date) -> bool:
    from etl.rules import lookups  # Polars comes with it: the DAG of the notice is parsed without

    return day in lookups.make_up_days() or (day.weekday() < 5 and day not in lookups.holidays())
