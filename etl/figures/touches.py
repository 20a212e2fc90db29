"""Which periods are older than their loads: the warehouse knows it by itself, whoever was told or not.

Every load that changed something leaves a touch on each period whose figures it may have changed, and so does who
confirms why dossiers were late; a period that was made keeps how many touches it had then. A count, not a clock: a load
that was not yet committed when the figures were made is not in it, however long ago it began.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, periods
from etl.catalogue import project_files
from etl.figures.counts import counts_of
from etl.figures.window import SNAPSHOT_DAYS
from etl.periods import Period
from etl.warehouse import core_tables


def record(connection: Connection) -> None:
    """Leave the touches of every load since the last time. The transaction is the caller's.

    A load that another transaction records at this moment is left to it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select file_id from landing.file where status in ('accepted', 'accepted_with_errors')"
            " and loaded_at is distinct from touched_for order by file_id for update skip locked"
        )
        loaded = [file_id for (file_id,) in cursor.fetchall()]
        if loaded:
            _touch(cursor, loaded)
            cursor.execute("update landing.file set touched_for = loaded_at where file_id = any(%s)", (loaded,))


def of_days(cursor: Cursor, days: Iterable[date]) -> list[str]:
    """Leave a touch on each period that counts what happened on one of these days; their codes."""
    touched = _codes(days)
    _leave(cursor, touched)
    return touched


def take_back(cursor: Cursor, file_ids: list[int]) -> None:
    """Leave the touches of loads that are about to be taken back: afterwards nobody can tell which days they held."""
    _touch(cursor, file_ids)


def _touch(cursor: Cursor, file_ids: list[int]) -> None:
    cursor.execute(
        "select file_id from landing.file where file_id = any(%s) and rows_loaded + rows_closed > 0", (file_ids,)
    )
    if changed := [file_id for (file_id,) in cursor.fetchall()]:
        _leave(cursor, touched_periods(cursor.connection, changed))


def _leave(cursor: Cursor, period_codes: list[str]) -> None:
    cursor.execute("insert into mart.touch (period_code) select unnest(%s::text[])", (period_codes,))


def stale_periods(connection: Connection) -> list[str]:
    """Codes of the periods that were touched since they were last made, in the order in which they close.

    A period is old if its calendar window is, or one of the windows that reports stated for themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(project_files.statement("mart/stale_periods"))
        found = [Period.parse(code) for (code,) in cursor.fetchall()]
    return [period.code for period in sorted(found, key=lambda period: (period.end, -period.start.toordinal()))]


def touched_periods(connection: Connection, file_ids: list[int]) -> list[str]:
    """The periods whose figures a load may have changed, in the order in which they close.

    Which days a row touches, its contract says; a state (pending, overdue, done) reaches on from the first of them.
    """
    days: set[date] = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select export, sender, delivered_on, array_agg(file_id) from landing.file where file_id = any(%s)"
            " and status in ('accepted', 'accepted_with_errors') group by export, sender, delivered_on",
            (file_ids,),
        )
        for name, sender, delivered_on, ids in cursor.fetchall():
            days |= _touched_days(cursor, catalogue.export(name), sender, delivered_on, ids)
    return _codes(days)


def _codes(days: Iterable[date]) -> list[str]:
    """The periods of these days; those before the first definition of an indicator have no figures."""
    return [period.code for period in periods.touched(days) if catalogue.indicators(period.last_day)]


def _touched_days(
    cursor: Cursor, export: catalogue.Export, sender: str, delivered_on: date, file_ids: list[int]
) -> set[date]:
    eve = delivered_on - timedelta(days=1)  # a nightly delivery tells how things stood the day before
    days: set[date] = set()
    for said in export.touches:
        if said == "delivery":
            days |= _reaching(
                delivered_on - timedelta(days=SNAPSHOT_DAYS), _told_until(cursor, export, sender, delivered_on) or eve
            )
        elif said == "state":
            cursor.execute(f"select exists (select from {core_tables.changes(export, file_ids)} as changed)")
            if cursor.fetchone()[0]:
                days |= _reaching(delivered_on - timedelta(days=SNAPSHOT_DAYS), delivered_on)
        elif said == "declared_period":
            cursor.execute(f"select distinct year, period from {core_tables.changes(export, file_ids)} as changed")
            days |= {periods.declared(year, name).last_day for year, name in cursor.fetchall()}
        elif said == "counts":
            for count in counts_of(export.thing):
                something = " or ".join(f"{c} <> 0" for c in count.counts)
                query = project_files.fill(count.query, changed=core_tables.changes(export, file_ids))
                cursor.execute(f"select distinct day from ({query}) as counted where {something}")
                days |= {day for (day,) in cursor.fetchall()}
        else:
            cursor.execute(f"select distinct {said} from {core_tables.changes(export, file_ids)} as changed")
            days |= {day for (day,) in cursor.fetchall() if day}
    if export.reaches_on:  # a day that is still to come changes no state yet
        days = {day for day in days if day <= delivered_on}
        days |= _reaching(min(days, default=None), eve)
    return days


def _told_until(cursor: Cursor, export: catalogue.Export, sender: str, delivered_on: date) -> date | None:
    """The last day before the sender's next list, which tells how things stood from then on."""
    cursor.execute(
        "select min(delivered_on) - 1 from landing.file where export = %s and sender = %s and delivered_on > %s"
        " and status in ('accepted', 'accepted_with_errors')",
        (export.name, sender, delivered_on),
    )
    return cursor.fetchone()[0]


def _reaching(first: date | None, last: date) -> set[date]:
    return set() if first is None else {first + timedelta(days=n) for n in range((last - first).days + 1)}
