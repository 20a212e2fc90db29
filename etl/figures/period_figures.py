"""The figures of a period, for every unit of its window: computed, compared with what is stored, kept."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError, UsageError
from etl.figures import printed
from etl.figures.window import bindings, make, open_window
from etl.periods import Period
from etl.warehouse import locks

# Rows beyond which the planner has to learn what a table now holds.
MANY = 10_000


def materialise(connection: Connection, period: Period, *, as_of: date | None = None) -> int:
    """Make the figures of a period for every unit of its window, and the flow of dossiers; what is the same stays.

    Input:  `as_of`: the day whose state "pending" and "overdue" tell, by default the last of the window.
            The transaction is the caller's, and so are `hold` and `fill_form` before it and `analyse` after it.
    Output: how many figures were written or taken away; 0 if the same data gave the same figures.
    Raises: UsageError if no unit is known in the window; CatalogueError if an indicator's query fails.
    """
    period = period.with_state_on(as_of)
    bound = bindings(period)
    is_explicit = period.is_explicit or bound["as_of"] != period.last_day
    with connection.cursor() as cursor:
        compute(cursor, period, _indicators(period))
        cursor.execute(project_files.statement("mart/store_units"), bound)
        cursor.execute(project_files.statement("mart/store_flow"), bound)
        cursor.execute(project_files.statement("mart/store_late_outside"), bound)
        cursor.execute(project_files.statement("mart/store_figures"), bound)
        figures, changed = cursor.fetchone()
        cursor.execute(
            project_files.statement("mart/store_materialisation"),
            bound
            | {"calendar_code": period.calendar_code, "is_explicit": is_explicit}
            | {"figures": figures, "changed": changed},
        )
    return changed


def analyse(connection: Connection, period: Period, changed: int) -> None:
    """Let the planner learn what a table now holds, once that is committed: ANALYZE keeps others of its kind out."""
    if changed > MANY:
        with connection.cursor() as cursor:
            cursor.execute(f"analyze mart.indicator_{period.cadence}, mart.dossier_flow")


def hold(connection: Connection, period: Period) -> None:
    """Wait until nobody else makes this period; nobody will until the connection closes."""
    with connection.cursor() as cursor:
        locks.figures(cursor, period.code)


def last_made(cursor: Cursor, period: Period) -> Period:
    """The window of a period that was made last; the period itself if it states a window, or none was made.

    >>> last_made(None, Period.parse("2021-N[2020-12-15..2021-11-15]")).code
    '2021-N[2020-12-15..2021-11-15]'
    """
    if period.code != period.calendar_code:
        return period
    cursor.execute(
        "select period_start, period_end, as_of from mart.materialisation where period_code = %s"
        " order by materialisation_id desc limit 1",
        (period.code,),
    )
    if not (row := cursor.fetchone()):
        return period
    first, last, as_of = row
    return period.with_window(first, last).with_state_on(as_of)


def windows_made(cursor: Cursor, period: Period) -> list[str]:
    """The codes of all windows of a period that figures are kept of."""
    cursor.execute(
        "select distinct period_code from mart.indicator where cadence = %s and split_part(period_code, '[', 1) = %s"
        " order by 1",
        (period.cadence, period.calendar_code),
    )
    return [code for (code,) in cursor.fetchall()]


def compute(cursor: Cursor, period: Period, indicators: list[catalogue.Indicator]) -> None:
    """Compute some indicators of a period for every unit of its window.

    Output: temporary table window_figure, gone with the transaction.
    """
    bound = bindings(period)
    open_window(cursor, period)
    _results(cursor, period, indicators, bound)
    _gaps(cursor, indicators, bound)
    make(cursor, project_files.SQL / "mart" / "figure.sql", bound)


def _indicators(period: Period) -> list[catalogue.Indicator]:
    """The rows that a report of this window has, by the definitions in force on its last day."""
    found = [i for i in catalogue.reported(period.last_day).values() if period.cadence in i.cadence]
    if not any(i.levels for i in found):
        raise UsageError(
            f"no indicator is defined on {period.last_day}: sql/indicators begins later. Make a later period."
        )
    return found


def _results(cursor: Cursor, period: Period, indicators: list[catalogue.Indicator], bound: dict[str, Any]) -> None:
    """Fill window_indicator (the definitions) and window_result (numerator and denominator per unit)."""
    cursor.execute(
        "drop table if exists pg_temp.window_indicator, pg_temp.window_result;"
        "create temp table window_indicator (code text, levels text[], is_computed boolean, is_share boolean,"
        " decimals int, version text, is_known boolean, file_id int) on commit drop;"
        "create temp table window_result (indicator_code text, unit_code text, numerator numeric, denominator numeric)"
        " on commit drop"
    )
    loads = _loads(cursor)
    execute_values(
        cursor,
        "insert into window_indicator values %s",
        [
            (
                i.code,
                list(i.levels_on(period.last_day)),
                i.is_computed,
                i.is_share,
                i.decimals,
                i.version,
                any(export in loads for export in i.source),
                max((file_id for export in i.source if (file_id := loads.get(export))), default=None),
            )
            for i in indicators
        ],
    )
    for indicator in indicators:
        if indicator.is_computed and indicator.levels:
            try:
                cursor.execute(
                    "insert into window_result"
                    " select %(code)s, r.unit_code, r.numerator::numeric, r.denominator::numeric"
                    f" from ({indicator.query}) as r",
                    bound | {"code": indicator.code},
                )
            except psycopg2.ProgrammingError as error:
                said = str(error).strip()
                raise CatalogueError(f"sql/indicators/{indicator.code}.sql: {said}. Mend the query.") from error
    _declared(cursor, period, indicators)
    cursor.execute("create index on window_result (indicator_code, unit_code); analyze window_result")


def _gaps(cursor: Cursor, indicators: list[catalogue.Indicator], bound: dict[str, Any]) -> None:
    """Fill window_gap: which figures would have to count what nobody can tell."""
    cursor.execute(
        "drop table if exists pg_temp.window_gap;"
        "create temp table window_gap (indicator_code text, unit_code text, needs text, sender text) on commit drop;"
        "select exists (select from window_unknown)"
    )
    for indicator in indicators if cursor.fetchone()[0] else ():
        if indicator.is_computed and indicator.levels:
            statement = project_files.statement("mart/gaps", among=indicator.among)
            try:
                cursor.execute(statement, bound | {"code": indicator.code, "needs": list(indicator.roles)})
            except psycopg2.ProgrammingError as error:
                said = str(error).strip()
                raise CatalogueError(f"sql/indicators/{indicator.code}.sql: among: {said}. Mend the header.") from error


def _loads(cursor: Cursor) -> dict[str, int | None]:
    """The exports that were ever loaded, with the newest file of each."""
    cursor.execute(
        "select export, max(file_id) from landing.file where status in ('accepted', 'accepted_with_errors') group by 1"
    )
    found: dict[str, int | None] = dict(cursor.fetchall())
    for export in catalogue.exports().values():
        if export.name not in found:
            cursor.execute(f"select exists (select from core.{export.thing})")
            if cursor.fetchone()[0]:
                found[export.name] = None
    return found


def _declared(cursor: Cursor, period: Period, indicators: list[catalogue.Indicator]) -> None:
    """What the units themselves declared for this period."""
    read = [(code, unit, value) for code, unit, value, *_ in declared(cursor, period, indicators)]
    execute_values(cursor, "insert into window_result (indicator_code, unit_code, numerator) values %s", read)


def declared(
    cursor: Cursor, period: Period, indicators: Iterable[catalogue.Indicator]
) -> Iterator[tuple[str, str, Decimal, int, int]]:
    """What the units of the window declared for a period: code, unit, value, file and line.

    A value that is no number of its unit is as good as none.
    """
    units_of_measure = {i.code: i.unit for i in indicators if not i.is_computed}
    if period.declared_name is None:
        return
    cursor.execute(
        project_files.statement("mart/declared"),
        {"year": period.year, "name": period.declared_name, "codes": list(units_of_measure)},
    )
    for code, unit, text, file_id, line in cursor.fetchall():
        try:
            value = printed.read(text, units_of_measure[code])
        except ValueError:
            continue
        if value is not None:
            yield code, unit, value, file_id, line
