"""Count and figure: facts are counted per unit and day; the figures of a period are sums of those counts, up the tree.

Counts are kept by folding what a load changed into them, with a sign; counted again from the facts they are the same.
What a figure means stands in `sql/indicators/<code>.sql`; what its query may read (`window_…`) stands in `sql/window/`.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, periods, printed
from etl.catalogue import project_files
from etl.errors import CatalogueError, SetupError, UsageError
from etl.periods import Period
from etl.warehouse import core_tables, locks

STATUSES = ("observed", "not_applicable", "not_reported", "undefined")

# Rows beyond which the planner has to learn what a table now holds.
MANY = 10_000
# A snapshot delivered this many days after a cut-off still tells how things stood then.
SNAPSHOT_DAYS = 31


# --- counts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """One table of counts per unit and day, as its file in `sql/counts/` defines it."""

    path: Path
    thing: str
    table: str
    key: tuple[str, ...]
    counts: tuple[str, ...]
    follows: tuple[str, ...]  # things by which a fact is counted: what they change is counted again
    query: str

    @property
    def version(self) -> str:
        """Changes whenever the same facts may be counted otherwise: with the query, and what it asks beside them."""
        rests_on = [self.query, *self.key, *self.counts]
        if "core." in self.query:
            rests_on += [path.read_text("utf-8") for path in project_files.sql_files("core")]
            rests_on += [path.read_text("utf-8") for path in sorted(project_files.REFERENCE.iterdir())]
        return hashlib.sha256("\n".join(rests_on).encode()).hexdigest()


def counts() -> tuple[Count, ...]:
    """Every table of counts. Raises: CatalogueError if a file does not define one."""
    return _counts(project_files.sql_files("counts"))


@cache
def _counts(paths: tuple[Path, ...]) -> tuple[Count, ...]:
    found = []
    for path in paths:
        header, query = project_files.read_sql(path)
        try:
            count = Count(
                path,
                header["thing"],
                header["table"],
                tuple(header["key"]),
                tuple(header["counts"]),
                tuple(header.get("follows", ())),
                query,
            )
        except KeyError as missing:
            raise CatalogueError(f"{path}: the header lacks {missing}; it has thing, table, key and counts.") from None
        found.append(count)
    return tuple(found)


def fold(cursor: Cursor, thing: str, changed: str) -> list[str]:
    """Bring the counts of a thing up to date with what a load changed.

    Input:  `changed`: a relation in SQL: the columns of core.<thing> and `sign`, +1 for a version that holds now and -1
            for one that held before.
    Raises: SetupError if the counts were made by another query than this process knows.
    Output: tables that changed so much that they are to be analysed, once the transaction is over: ANALYZE keeps others
            of its kind out until then, and they belong to other loads.
    """
    for count in _counts_of(thing):
        _be_counted_alike(cursor, count)
    grown = [count.table for count in _counts_of(thing) if _add(cursor, count, changed) > MANY]
    following = [count for count in counts() if thing in count.follows]
    if following:
        _recount_reused(cursor, following, changed)
    return grown


def _be_counted_alike(cursor: Cursor, count: Count) -> None:
    """A process that was started before an upgrade must not add its way of counting to what is counted anew."""
    cursor.execute("select version from mart.count_version where table_name = %s", (count.table,))
    if (known := cursor.fetchone()) and known[0] != count.version:
        raise SetupError(
            f"{count.table} is counted by another version of {count.path.name} than this process has: the program was"
            " changed while it ran. Run the same command again."
        )


def recount(cursor: Cursor, thing: str) -> None:
    """Count a thing again from its facts."""
    for count in _counts_of(thing):
        _recount(cursor, count)


def recount_outdated(cursor: Cursor, things: set[str]) -> list[str]:
    """Count again what was counted by another query than today's, and what counts these things.

    What changes is folded into counts by today's query: it must not meet what yesterday's has counted.
    Output: tables that are to be analysed, once the transaction is over.
    Raises: CatalogueError if a query fails.
    """
    cursor.execute("select table_name, version from mart.count_version")
    known = dict(cursor.fetchall())
    grown = []
    for count in counts():
        if known.get(count.table) != count.version or count.thing in things:
            # loads that are under way have counted already, or wait until this is committed
            cursor.execute(f"lock table {count.table} in share row exclusive mode")
            try:
                if _recount(cursor, count) > MANY:
                    grown.append(count.table)
            except psycopg2.ProgrammingError as error:
                said = str(error).strip()
                raise CatalogueError(f"{count.path}: {said}. Mend the query, or its contract.") from error
    return grown


def _recount(cursor: Cursor, count: Count) -> int:
    cursor.execute(f"delete from {count.table}")
    written = _add(cursor, count, _facts(count.thing))
    cursor.execute(
        "insert into mart.count_version values (%s, %s)"
        " on conflict (table_name) do update set version = excluded.version",
        (count.table, count.version),
    )
    return written


def _counts_of(thing: str) -> list[Count]:
    return [count for count in counts() if count.thing == thing]


def _facts(thing: str, where: str = "true") -> str:
    return f"(select *, 1 as sign from core.{thing} where {where})"


def _add(cursor: Cursor, count: Count, changed: str) -> int:
    """Add what a change counts to the table of counts; how many rows that concerns.

    Raises: UniqueViolation if a load at the same moment has counted the same for the first time.
    """
    columns, key = ", ".join((*count.key, *count.counts)), ", ".join(count.key)
    # the province comes last in the sort: it is nearly always the same, and comparing it first takes half as long again
    order = ", ".join((*count.key[1:], count.key[0]))
    sums = ", ".join(f"{c} = stored.{c} + excluded.{c}" for c in count.counts)
    something = " or ".join(f"{c} <> 0" for c in count.counts)
    nothing = " and ".join(f"{c} = 0" for c in count.counts)
    is_there = f"exists (select from {count.table} as stored where {core_tables.same('stored', 'change', count.key)})"
    query = count.query.replace("{changed}", changed)
    # a table of its own: only so may PostgreSQL count in parallel; and in memory, if it is a million rows
    cursor.execute("set local work_mem = '256MB'")
    cursor.execute(f"create temp table change as select {columns} from ({query}) as change where {something}")
    written = cursor.rowcount
    cursor.execute("analyze change")
    # in one order: loads side by side cannot wait for each other in a circle, and the index grows at its end
    cursor.execute(
        f"insert into {count.table} as stored ({columns}) select {columns} from change where {is_there}"
        f" order by {order} on conflict ({key}) do update set {sums}"
    )
    if cursor.rowcount < written:  # without looking for a conflict, which costs as much again
        cursor.execute(
            f"insert into {count.table} ({columns}) select {columns} from change where not {is_there} order by {order}"
        )
    cursor.execute(f"select exists (select from {changed} as changed where sign < 0)")
    if cursor.fetchone()[0]:
        cursor.execute(f"delete from {count.table} where {nothing}")
    cursor.execute("drop table change; set local work_mem to default")
    return written


def _recount_reused(cursor: Cursor, following: list[Count], changed: str) -> None:
    """Dossiers keep the unit that their code named on the day of receipt: look again where a code had several.

    At all of them: a unit that lived on gets a second meaning when its old parent ends; only the parent has changed.
    """
    cursor.execute(
        f"select array_agg(org_code) from (select org_code from core.unit_period group by province_code, org_code"
        f" having count(*) > 1) as reused where exists (select from {changed} as changed)"
    )
    reused = cursor.fetchone()[0]
    for count in following if reused else ():
        cursor.execute(f"delete from {count.table} where org_code = any(%s)", (reused,))
        _add(cursor, count, _facts(count.thing, cursor.mogrify("org_code = any(%s)", (reused,)).decode()))


# --- figures ----------------------------------------------------------------------------------------------------------


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
        cursor.execute(_text("mart/store_flow.sql"), bound)
        cursor.execute(_text("mart/store_figures.sql"), bound)
        figures, changed = cursor.fetchone()
        cursor.execute(
            "insert into mart.materialisation (period_code, period_start, period_end, as_of, is_explicit, figures,"
            " figures_changed, touches) select %(calendar_code)s, %(period_start)s, %(last_day)s, %(as_of)s,"
            " %(is_explicit)s, %(figures)s, %(changed)s, count(*) from mart.touch"
            " where period_code = %(calendar_code)s",
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
    make(cursor, project_files.SQL / "mart" / "figure.sql", bound)


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
            _tell(cursor, export, bound)
    for path in windows():
        header = make(cursor, path, bound)
        if "then" in header:
            THEN[header["then"]](cursor, period)


def windows() -> tuple[Path, ...]:
    """The files of `sql/window/` in the order in which they are run: each after those whose tables it reads.

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
        reads[path] = set(re.findall(r"\bwindow_\w+", re.sub(r"--.*", "", statement)))
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


@cache
def _text(name: str) -> str:
    return (project_files.SQL / name).read_text("utf-8")


def make(cursor: Cursor, path: Path, bound: dict[str, Any]) -> dict[str, Any]:
    """Run a file that creates temporary tables, in place of those that this transaction has already; its header.

    Raises: CatalogueError if the database refuses it.
    """
    header, statement = project_files.read_sql(path)
    tables = ", ".join(f"pg_temp.{name}" for name in header["creates"])
    cursor.execute(f"set local client_min_messages = warning; drop table if exists {tables}")
    try:
        cursor.execute(statement, bound)
        cursor.execute("; ".join(f"analyze pg_temp.{name}" for name in header["creates"]))
    except psycopg2.ProgrammingError as error:
        raise CatalogueError(f"{path}: {str(error).strip()}. Mend the statement.") from error
    return header


def _units_are_known(cursor: Cursor, period: Period) -> None:
    cursor.execute("select exists (select from window_unit where is_in_window)")
    if not cursor.fetchone()[0]:
        window = f"{period.start} – {period.last_day}"
        raise UsageError(f"no unit is known in {window}: load hr/units first, then make {period.code}.")


def _tell(cursor: Cursor, export: catalogue.Export, bound: dict[str, Any]) -> None:
    """Make the list of an export as it was told up to a month after the window: temporary table told_<thing>."""
    columns, key = core_tables.core_columns(export), core_tables.core_key(export)
    described = {
        "{thing}": export.thing,
        "{columns}": ", ".join(columns),
        "{key}": ", ".join(key),
        "{latest}": ", ".join(f"{c} as latest_{c}" for c in core_tables.business_columns(export) if c not in key),
    }
    statement = _text("mart/told.sql")
    for name, text in described.items():
        statement = statement.replace(name, text)
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
                max((loads[export] for export in i.source if loads.get(export)), default=None),
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
    """What the units themselves declared for this period. A value that is no number of its unit is as good as none."""
    units_of_measure = {i.code: i.unit for i in indicators if not i.is_computed}
    if period.declared_name is None:
        return
    cursor.execute(
        # for a code that changed its meaning in the window, the unit speaks that it means at the end
        "select distinct on (declaration.province_code, declaration.indicator_code, declaration.org_code)"
        " declaration.indicator_code, unit.unit_code, declaration.value"
        " from core.declaration inner join window_unit as unit on unit.province_code = declaration.province_code"
        " and unit.code = declaration.org_code and unit.is_in_window"
        " where declaration.year = %(year)s and declaration.period = %(name)s"
        " and declaration.indicator_code = any(%(codes)s)"
        " order by declaration.province_code, declaration.indicator_code, declaration.org_code, unit.valid_from desc",
        {"year": period.year, "name": period.declared_name, "codes": list(units_of_measure)},
    )
    read = []
    for code, unit, text in cursor.fetchall():
        try:
            value = printed.read(text, units_of_measure[code])
        except ValueError:
            continue
        if value is not None:
            read.append((code, unit, value))
    execute_values(cursor, "insert into window_result (indicator_code, unit_code, numerator) values %s", read)


# --- which periods ----------------------------------------------------------------------------------------------------


def touched_periods(connection: Connection, file_ids: list[int]) -> list[str]:
    """The periods whose figures a load may have changed, in the order in which they close.

    Which days a row touches, its contract says; a state (pending, overdue, done) reaches on from the first of them.
    Periods before the first definition of an indicator have no figures.
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
            cursor.execute(f"select exists (select from {_changed(cursor, export, file_ids)} as changed)")
            if cursor.fetchone()[0]:
                days |= _reaching(delivered_on - timedelta(days=SNAPSHOT_DAYS), delivered_on)
        elif said == "declared_period":
            cursor.execute(f"select distinct year, period from {_changed(cursor, export, file_ids)} as changed")
            days |= {periods.declared(year, name).last_day for year, name in cursor.fetchall()}
        elif said == "counts":
            for count in _counts_of(export.thing):
                something = " or ".join(f"{c} <> 0" for c in count.counts)
                query = count.query.replace("{changed}", _changed(cursor, export, file_ids))
                cursor.execute(f"select distinct day from ({query}) as counted where {something}")
                days |= {day for (day,) in cursor.fetchall()}
        else:
            cursor.execute(f"select distinct {said} from {_changed(cursor, export, file_ids)} as changed")
            days |= {day for (day,) in cursor.fetchall() if day}
    if export.reaches_on:  # a day that is still to come changes no state yet
        days = {day for day in days if day <= delivered_on}
        days |= _reaching(min(days, default=None), eve)
    return days


def _changed(cursor: Cursor, export: catalogue.Export, file_ids: list[int]) -> str:
    """The rows that these loads put in (sign +1) and took out (sign -1), as a relation."""
    columns = ", ".join(core_tables.core_columns(export))
    return cursor.mogrify(
        f"(select {columns}, 1 as sign from core.{export.thing} where file_id = any(%(files)s)"
        f" union all select {columns}, -1 from core.{export.thing}_history"
        " where superseded_by = any(%(files)s) and file_id <> all(%(files)s))",
        {"files": file_ids},
    ).decode()


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
