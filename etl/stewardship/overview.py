"""Today: what arrived, what is missing, what is open, and what stands before the next report."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.landing import owners
from etl.periods import LOCAL, Period, next_report
from etl.reports import owing, quality
from etl.reports.quality import Delivery
from etl.stewardship import issues

DAYS = 14  # of the trend
ARRIVED = 20  # deliveries that are named
MOST = 8  # rules and units that are named
ALL = 100_000  # issues: more than there are rules and units


@dataclass(frozen=True)
class Day:
    """What was delivered on one day; zeros where nothing was."""

    day: date
    accepted: int = 0
    with_errors: int = 0
    refused: int = 0  # sent back, or held until somebody confirms
    waiting: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0


@dataclass(frozen=True)
class Group:
    """The open issues of one rule, or of one unit."""

    code: str  # rule_id or unit_code
    title: str
    issues: int
    rows: int


@dataclass(frozen=True)
class Report:
    """The next official report, and what stands before it."""

    period: Period
    days_left: int  # to the last day of its window
    rows: int  # with errors: they are in no figure until somebody mends them
    files: int  # held or sent back
    owing: int  # senders that have not delivered


@dataclass(frozen=True)
class Today:
    """What somebody sees who opens the pages in the morning."""

    now: datetime
    since: datetime  # what arrived since then: yesterday morning
    arrived: list[Delivery]
    owing: list[str]
    days: list[Day]  # the last of them is today
    issues: int
    rows: int
    by_rule: list[Group]
    by_unit: list[Group]
    report: Report

    @property
    def yesterday_and_today(self) -> Day:
        """What arrived since yesterday morning, added up."""
        days = self.days[-2:]
        counts = {name: sum(getattr(d, name) for d in days) for name in Day.__dataclass_fields__ if name != "day"}
        return Day(days[-1].day, **counts)


def today(cursor: Cursor, *, units: Collection[str] | None, now: datetime | None = None) -> Today:
    """The state of a morning, of the units that somebody may see (None: all)."""
    now = (now or datetime.now(LOCAL)).astimezone(LOCAL)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=1)
    senders = owners.senders_of(cursor, units)
    delivered = [one for one in owing.delivered(cursor, now) if senders is None or one.sender in senders]
    owed = owing.who_owes(delivered, now.date())
    listed = issues.listed(cursor, units=units, limit=ALL)
    return Today(
        now,
        since,
        quality.newest(cursor, senders=senders, since=since, limit=ARRIVED),
        owed,
        _days(cursor, senders, midnight.date()),
        listed.total,
        listed.rows,
        _groups(listed.issues, lambda one: (one.key.rule_id, one.title)),
        _groups(listed.issues, lambda one: (one.key.unit_code, one.unit_name or one.key.unit_code)),
        _report(listed.issues, len(owed), now.date()),
    )


def _days(cursor: Cursor, senders: list[str] | None, last: date) -> list[Day]:
    first = last - timedelta(days=DAYS - 1)
    cursor.execute(statement("quality/days"), {"since": first, "senders": senders})
    found = {row[0]: Day(*row) for row in cursor.fetchall()}
    return [found.get(day, Day(day)) for day in (first + timedelta(days=i) for i in range(DAYS))]


def _groups(found: list[issues.Issue], of: Callable[[issues.Issue], tuple[str, str]]) -> list[Group]:
    """What is open of each rule or unit, the most rows first."""
    groups: dict[str, Group] = {}
    for one in found:
        code, title = of(one)
        so_far = groups.get(code, Group(code, title, 0, 0))
        groups[code] = Group(code, so_far.title, so_far.issues + 1, so_far.rows + one.rows)
    return sorted(groups.values(), key=lambda group: (-group.rows, group.code))[:MOST]


def _report(found: list[issues.Issue], owing: int, on: date) -> Report:
    period = next_report(on)
    return Report(
        period,
        (period.last_day - on).days,
        rows=sum(one.rows for one in found if one.severity == "error"),
        files=sum(one.rows for one in found if one.severity == "fatal"),
        owing=owing,
    )
