"""The window of a period: the units and what happened there, in temporary tables that indicators read."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, periods
from etl.catalogue import project_files
from etl.errors import CatalogueError, UsageError
from etl.periods import Period
from etl.warehouse import core_tables

# A snapshot delivered this many days after a cut-off still tells how things stood then.
SNAPSHOT_DAYS = 31


def open_window(cursor: Cursor, period: Period) -> None:
    """Make what the indicators of a period read: the units of its window, and what happened there, up their tree.

    Output: temporary tables `window_…`, gone with the transaction.
    Raises: UsageError if no unit is known in the window.
    """
    bound = bindings(period)
    # a million counts are added up in memory; their groups are few, but the planner does not know and would sort
    cursor.execute("set local work_mem = '128MB'; set local hash_mem_multiplier = 16")
    for export in catalogue.exports().values():
        if export.delivery == "snapshot":
            tell(cursor, export, bound)
    _name_columns(cursor)
    for path in windows():
        complete(cursor, make(cursor, path, bound), period)


def complete(cursor: Cursor, header: dict[str, Any], period: Period) -> None:
    """Do what the header of a file of `sql/window/` says is done once its tables are there."""
    if "then" in header:
        THEN[header["then"]](cursor, period)


def read_by(statement: str) -> set[str]:
    """The tables of the window that a statement reads, its comments left out."""
    return set(re.findall(r"\bwindow_\w+", re.sub(r"--.*", "", statement)))


def needed(tables: set[str]) -> tuple[Path, ...]:
    """The files of `sql/window/` that make these tables and whatever they read, in the order in which they are run."""
    wanted, found = set(tables), []
    for path in reversed(windows()):
        header, statement = project_files.read_sql(path)
        if wanted & set(header["creates"]):
            wanted |= read_by(statement)
            found.append(path)
    return tuple(reversed(found))


def windows() -> tuple[Path, ...]:
    """The files of `sql/window/` in the order in which they are run: each after those whose tables it reads.

    A header says `creates:` and perhaps `then:`; the rest is for who explains figures row by row (etl/publication).
    There a row names its record where the statement has `{record}`: a file, and a line of it. `together:` are columns
    of what counts once, however many rows tell it; `share:` is what of a column is a record's own, where it is not
    what is counted of it alone; `own:` are columns that are true of a unit's own rows and of none below it;
    `rolls_up: false` says that a unit's rows are not those of the units below it.

    Raises: CatalogueError if a file creates nothing, or files read each other's tables.
    """
    return _windows(project_files.sql_files("window"))


@cache
def _windows(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    creates: dict[str, Path] = {}
    reads: dict[Path, set[str]] = {}
    for path in paths:
        header, statement = project_files.read_sql(path)
        if not header.get("creates") or header.get("then", next(iter(THEN))) not in THEN:
            raise CatalogueError(
                f"{path}: the header has `creates: [window_…]`, the tables that it makes, and perhaps `then:`, which is"
                f" one of {', '.join(THEN)}."
            )
        creates |= dict.fromkeys(header["creates"], path)
        reads[path] = read_by(statement)
    after = {path: sorted({creates[n] for n in names if n in creates} - {path}) for path, names in reads.items()}
    try:
        return tuple(TopologicalSorter(after).static_order())
    except CycleError as error:
        circle = " -> ".join(path.name for path in error.args[1])
        raise CatalogueError(f"files of sql/window read each other's tables in a circle: {circle}.") from None


def bindings(period: Period) -> dict[str, Any]:
    """What the queries of a period are given."""
    return {
        "period_code": period.code,
        "cadence": period.cadence,
        "year": period.year,
        "period_start": period.start,
        "period_end": period.end,
        "last_day": period.last_day,
        "year_start": period.year_start,
        "as_of": period.state_on or period.last_day,
        "two_tiers_from": periods.TWO_TIERS_FROM,
        "listed_until": period.last_day + timedelta(days=SNAPSHOT_DAYS),
        "told_until": (period.state_on or period.last_day) + timedelta(days=SNAPSHOT_DAYS),
    }


def of_units(statement: str) -> str:
    """A statement of `sql/window/` as figures are made: nothing stands where a record would be named.

    >>> of_units("select unit_code, sum(sent) as sent{record} from daily group by 1{record}")
    'select unit_code, sum(sent) as sent from daily group by 1'
    """
    return project_files.fill(statement, record="", person="")


def make(cursor: Cursor, path: Path, bound: dict[str, Any], filled: Callable[[str], str] = of_units) -> dict[str, Any]:
    """Run a file that creates temporary tables, in place of those that this transaction has already; its header.

    Input:  `filled`: what is made of its statement before it is run.
    Raises: CatalogueError if the database refuses it.
    """
    header, statement = project_files.read_sql(path)
    tables = ", ".join(f"pg_temp.{name}" for name in header["creates"])
    cursor.execute(f"set local client_min_messages = warning; drop table if exists {tables}")
    try:
        cursor.execute(filled(statement), bound)
        cursor.execute("; ".join(f"analyze pg_temp.{name}" for name in header["creates"]))
    except psycopg2.ProgrammingError as error:
        raise CatalogueError(f"{path}: {str(error).strip()}. Mend the statement.") from error
    return header


def _units_are_known(cursor: Cursor, period: Period) -> None:
    cursor.execute("select exists (select from window_unit where is_in_window)")
    if not cursor.fetchone()[0]:
        window = f"{period.start} – {period.last_day}"
        raise UsageError(f"no unit is known in {window}: load hr/units first, then make {period.code}.")


def _name_columns(cursor: Cursor) -> None:
    """How columns are headed in the contracts: window_header, for sentences that say which one was not delivered."""
    cursor.execute(
        "set local client_min_messages = warning; drop table if exists pg_temp.window_header;"
        "create temp table window_header (needs text primary key, header text not null) on commit drop"
    )
    headers = [(f"{e.name}.{c.name}", c.header) for e in catalogue.exports().values() for c in e.columns]
    execute_values(cursor, "insert into window_header values %s", headers, page_size=len(headers))


def tell(cursor: Cursor, export: catalogue.Export, bound: dict[str, Any], *, record: str = "") -> None:
    """Make the list of an export as it was told up to a month after the window: temporary table told_<thing>.

    Input:  `record`: one more column, as SQL after a comma.
    """
    columns, key = core_tables.core_columns(export), core_tables.core_key(export)
    statement = project_files.statement(
        "mart/told",
        thing=export.thing,
        columns=", ".join(columns) + record,
        key=", ".join(key),
        latest=", ".join(f"{c} as latest_{c}" for c in core_tables.business_columns(export) if c not in key),
    )
    table = f"told_{export.thing}"
    cursor.execute(f"set local client_min_messages = warning; drop table if exists pg_temp.{table}")
    cursor.execute(statement, bound)
    cursor.execute(f"analyze pg_temp.{table}")


def totals_beside_parts(
    quotas: dict[tuple[str, str, int], int], parents: dict[str, str | None]
) -> set[tuple[str, str, int]]:
    """Which quotas are the sum of those below them: a total that was delivered beside its parts.

    Input:  (unit, kind, year) -> posts; each unit's parent.

    >>> tree = {"province": None, "district": "province", "a": "district", "b": "district"}
    >>> posts = {("district", "Hành chính", 2021): 79, ("a", "Hành chính", 2021): 40, ("b", "Hành chính", 2021): 39}
    >>> totals_beside_parts(posts, tree)
    {('district', 'Hành chính', 2021)}
    """

    def depth(unit: str) -> int:
        above = parents.get(unit)
        return 0 if above is None else 1 + depth(above)

    totals = set()
    below: dict[tuple[str, str, int], int] = {}
    for unit in sorted({*parents, *(unit for unit, _, _ in quotas)}, key=depth, reverse=True):
        for kind, year in {(k, y) for _, k, y in quotas}:
            own, parts = quotas.get((unit, kind, year)), below.get((unit, kind, year))
            if own is not None and own == parts:
                totals.add((unit, kind, year))
                own = None
            above = parents.get(unit)
            if above is not None and (own is not None or parts is not None):
                below[above, kind, year] = below.get((above, kind, year), 0) + (own or 0) + (parts or 0)
    return totals


def _drop_totals(cursor: Cursor, period: Period) -> None:
    """A total stays one if a part is adjusted afterwards: it is looked for on every day of a decision."""
    cursor.execute("select unit_code, parent_unit from window_unit")
    parents = dict(cursor.fetchall())
    cursor.execute(
        "select decided_on, array_agg(unit_code), array_agg(quota_kind), array_agg(year), array_agg(assigned)"
        " from window_quota_decision group by 1 order by 1"
    )
    quotas: dict[tuple[str, str, int], int] = {}
    totals: set[tuple[str, str, int]] = set()
    for _, *decided in cursor.fetchall():
        decisions = {(unit, kind, year): assigned for unit, kind, year, assigned in zip(*decided, strict=True)}
        quotas |= decisions
        totals = (totals - decisions.keys()) | totals_beside_parts(quotas, parents)
    if totals:
        execute_values(
            cursor,
            "delete from window_quota_part as part using (values %s) as total (unit_code, quota_kind, year)"
            " where part.unit_code = total.unit_code and part.quota_kind = total.quota_kind and part.year = total.year",
            sorted(totals),
        )


# What `then:` in the header of a file of `sql/window/` names: done when its tables are there.
THEN: dict[str, Callable[[Cursor, Period], None]] = {
    "units are known": _units_are_known,
    "totals beside their parts are dropped": _drop_totals,
}
