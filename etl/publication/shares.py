"""What each record adds to a figure of a unit: the figure's own query, run once for every record.

The files of `sql/counts/` and `sql/window/` name the record beside the unit where they have a place for it ({record}).
What they make so has the record in place of the unit, and an indicator's query, which groups by `unit_code`, counts for
each record what it counts for the unit: no indicator is defined a second time.

Not every figure is the sum of what its records are by themselves. A person with two decisions is one person; a dossier
on paper counts beside an online one of its procedure. So the query is run once more for what is counted together
(`together:` in the header of a file of `sql/window/`), and what is over or missing there is shared out: what is missing
in equal parts among the records that count nothing by themselves, what is over is taken from the last ones.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.figures import counts
from etl.figures.window import bindings, complete, make, needed, read_by, tell
from etl.periods import Period

LINES = 31  # bits of a record that hold its line; those above hold its file
RECORD = f", file_id::bigint << {LINES} | line as record"
# Facts that no window counts are left out where there are many of them: they are found by the days of the rest.
DAYS = {
    "dossier": "received_on < greatest(%(period_end)s, %(as_of)s + 1)"
    " and (received_on >= %(period_start)s or coalesce(finished_on, 'infinity') >= %(period_start)s)",
    "document": "issued_on >= %(period_start)s and issued_on < %(period_end)s",
}
Parts = tuple[Decimal, Decimal]
NOTHING: Parts = (Decimal(0), Decimal(0))


@dataclass(frozen=True)
class Share:
    """How much a record adds to the numerator and the denominator of a figure."""

    record: int
    in_numerator: Decimal
    in_denominator: Decimal

    @property
    def file_id(self) -> int:
        return self.record >> LINES

    @property
    def line(self) -> int:
        return self.record & (1 << LINES) - 1


@dataclass(frozen=True)
class Table:
    """A table of the window with a record in place of the unit."""

    name: str
    kept: tuple[str, ...]  # columns that tell its rows apart, beside unit and record
    sums: tuple[str, ...]  # columns that are sums of counts; none: it has a row for each record
    together: tuple[str, ...]  # columns that name what is counted together, as the header of its file says


@dataclass(frozen=True)
class Opened:
    """The window of one unit, opened by record."""

    unit: str  # as `unit_code` names it
    tables: dict[str, Table]


def open_records(
    cursor: Cursor, period: Period, code: str, valid_from: str, indicators: Iterable[catalogue.Indicator]
) -> Opened:
    """Make what the queries of these indicators read, of one unit and its subtree, a record in place of the unit.

    Output: temporary tables `window_…`, gone with the transaction, and those of them that name records.
    Raises: CatalogueError if a file of `sql/window/` or `sql/counts/` fails.
    """
    bound = bindings(period)
    asked = {name for indicator in indicators for name in read_by(indicator.query)}
    files = [(path, project_files.read_sql(path)[1]) for path in needed({"window_subtree", "window_holder"} | asked)]
    cursor.execute("set local work_mem = '128MB'; set local hash_mem_multiplier = 16")
    texts = "\n".join([text for _, text in files])
    for export in catalogue.exports().values():
        if re.search(rf"\btold_{export.thing}\b", texts):
            tell(cursor, export, bound, record=RECORD)
    headers: dict[str, dict[str, Any]] = {}
    of_units = [path for path, text in files if "{record}" not in text]
    for path in of_units:
        header = make(cursor, path, bound)
        complete(cursor, header, period)
        if "window_subtree" in header["creates"]:
            cursor.execute(
                project_files.statement("explaining/only_one_unit"), {"code": code, "valid_from": valid_from}
            )
    _facts(cursor, bound, texts)
    for path in [path for path, _ in files if path not in of_units]:
        header = make(cursor, path, bound, _of_records)
        complete(cursor, header, period)
        headers |= dict.fromkeys(header["creates"], header)
    cursor.execute("select unit_code from window_unit where is_in_window")
    unit = cursor.fetchone()[0]
    named = {name: _name_records(cursor, name, headers[name], unit) for name in sorted(asked & headers.keys())}
    cursor.execute(project_files.statement("explaining/units_as_records"), {"unit": unit})
    return Opened(unit, {name: table for name, table in named.items() if table})


def _with_units() -> dict[str, catalogue.Export]:
    """The exports whose rows name a unit, by thing."""
    return {e.thing: e for e in catalogue.exports().values() if "org_code" in {column.name for column in e.columns}}


def _of_records(statement: str) -> str:
    """A statement of `sql/window/` that reads facts and counts of records, and names the record."""
    known = {f"core.{thing}": f"pg_temp.fact_{thing}" for thing in _with_units()}
    known |= {count.table: f"pg_temp.{count.table.partition('.')[2]}" for count in counts.declared()}
    told = re.sub(r"\b(?:core|mart)\.\w+", lambda found: known.get(found[0], found[0]), statement)
    return project_files.fill(told, record=", record", person=", staff.staff_code")


def _facts(cursor: Cursor, bound: dict[str, Any], texts: str) -> None:
    """Make the facts and the counts that these texts read, with the record of each: pg_temp.fact_<thing>, <thing>_…"""
    counted = [count for count in counts.declared() if re.search(rf"\b{count.table}\b", texts)]
    of_counts = {count.thing: count.units for count in counted}
    cursor.execute(project_files.statement("explaining/codes"))
    codes = cursor.fetchone()[0]
    for thing in _with_units():
        if thing in of_counts or re.search(rf"\bcore\.{thing}\b", texts):
            concerned = " or ".join(f"{unit} = any(%(codes)s)" for unit in of_counts.get(thing, ("org_code",)))
            days = DAYS.get(thing, "true")
            cursor.execute(f"drop table if exists pg_temp.fact_{thing}")
            cursor.execute(
                project_files.statement("explaining/facts", thing=thing, units=concerned, days=days),
                bound | {"codes": codes},
            )
            cursor.execute(f"analyze pg_temp.fact_{thing}")
    for count in counted:
        table = f"pg_temp.{count.table.partition('.')[2]}"
        cursor.execute(f"drop table if exists {table}")
        if count.by_record == count.query:  # nothing that explains a figure
            query = f"select *, null::bigint as record from {count.table} limit 0"
        else:
            changed = f"(select *, 1 as sign from pg_temp.fact_{count.thing})"
            query = project_files.fill(count.by_record, changed=changed, record=", record")
        cursor.execute(f"create temp table {table.partition('.')[2]} on commit drop as {query}")
        cursor.execute(f"analyze {table}")


def _name_records(cursor: Cursor, table: str, header: dict[str, Any], unit: str) -> Table | None:
    """Of what a table says of a unit, put the record in its place, if it names one.

    Input:  `header` of its file; `share:` has expressions for columns of which a record's part is not what is counted
            of it alone.
    """
    cursor.execute(
        "select attname, atttypid in ('bigint'::regtype, 'numeric'::regtype) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (f"pg_temp.{table}",),
    )
    columns = dict(cursor.fetchall())
    if not {"unit_code", "record"} <= columns.keys():
        return None
    share, own = header.get("share", {}), [name for name in columns if name not in ("unit_code", "record")]
    selected = ", ".join(f"{share[name]} as {name}" if name in share else name for name in own)
    cursor.execute(
        f"create temp table of_records on commit drop as select record::text as unit_code, record, {selected}"
        f" from {table} where unit_code = %s;"
        f"drop table {table}; alter table of_records rename to {table}; analyze pg_temp.{table}",
        (unit,),
    )
    sums = tuple(name for name in own if columns[name])
    return Table(table, tuple(name for name in own if name not in sums), sums, tuple(header.get("together", ())))


def of_figure(cursor: Cursor, period: Period, indicator: catalogue.Indicator, opened: Opened) -> list[Share]:
    """What each record adds to a figure of the unit, by file and line; those that add nothing are left out.

    Output: shares that add up exactly to what the indicator's query counts for the unit; see `figure`.
    """
    bound = bindings(period)
    found = _run(cursor, indicator, bound)
    whole = figure(cursor, period, indicator, opened)
    if _sum(found.values()) != whole:
        read = [opened.tables[name] for name in sorted(read_by(indicator.query) & opened.tables.keys())]
        members = _together(cursor, read)
        if members:
            keys = {table.name: _key(table) for table in read if table.together}
            of_together = _run_as(cursor, indicator, bound, read, keys)
            for key, records in members.items():
                _share_out(found, records, of_together.get(key, NOTHING))
        if _sum(found.values()) != whole:
            counted = {record for records in members.values() for record in records}
            _share_out(found, sorted(counted | found.keys()), whole)
    units = _records_of_units(cursor) if "window_subtree" in read_by(indicator.query) else {}
    shares = [
        Share(units[key] if key in units else int(key), *parts) for key, parts in found.items() if parts != NOTHING
    ]
    return sorted(shares, key=lambda share: share.record)


def figure(cursor: Cursor, period: Period, indicator: catalogue.Indicator, opened: Opened) -> Parts:
    """Numerator and denominator that the indicator's query counts for the unit now; 0 where there is none."""
    read = [opened.tables[name] for name in sorted(read_by(indicator.query) & opened.tables.keys())]
    keys = {table.name: f"'{opened.unit}'::text" for table in read}
    counted = _run_as(cursor, indicator, bindings(period), read, keys, subtree="known_subtree")
    return counted.get(opened.unit, NOTHING)


def _run(cursor: Cursor, indicator: catalogue.Indicator, bound: dict[str, Any]) -> dict[str, Parts]:
    """What the query of an indicator counts for each `unit_code` of the tables that are there."""
    try:
        cursor.execute(
            "select r.unit_code, coalesce(sum(r.numerator::numeric), 0), coalesce(sum(r.denominator::numeric), 0)"
            f" from ({indicator.query}) as r group by r.unit_code",
            bound,
        )
    except psycopg2.ProgrammingError as error:
        raise CatalogueError(
            f"sql/indicators/{indicator.code}.sql: {str(error).strip()}. It cannot be explained; mend the query."
        ) from error
    return {key: (over, under) for key, over, under in cursor.fetchall()}


def _sum(parts: Iterable[Parts]) -> Parts:
    over, under = NOTHING
    for one, other in parts:
        over, under = over + one, under + other
    return over, under


def _key(table: Table) -> str:
    return f"concat_ws(' | ', {', '.join(f'{column}::text' for column in table.together)})"


def _together(cursor: Cursor, tables: Sequence[Table]) -> dict[str, list[str]]:
    """The records that are counted together, by what they have in common."""
    members: dict[str, list[str]] = defaultdict(list)
    for table in tables:
        if table.together:
            cursor.execute(f"select distinct {_key(table)}, record, unit_code from {table.name} order by record")
            for key, _, record in cursor.fetchall():
                members[key].append(record)
    return members


def _run_as(
    cursor: Cursor,
    indicator: catalogue.Indicator,
    bound: dict[str, Any],
    tables: Sequence[Table],
    keys: dict[str, str],
    *,
    subtree: str = "window_subtree",
) -> dict[str, Parts]:
    """What the query counts with other units than records.

    Input:  `keys`: the unit in some of these tables, as SQL; `subtree`: the table that is the subtree.
    """
    cursor.execute("savepoint other_units")
    for table in tables:
        if key := keys.get(table.name):
            columns = [f"{key} as unit_code", *table.kept, *(f"sum({name}) as {name}" for name in table.sums)]
            grouped = f" group by {', '.join(['1', *table.kept])}" if table.sums else ""
            cursor.execute(
                f"create temp table of_others on commit drop as select {', '.join(columns)} from {table.name}{grouped};"
                f"drop table {table.name}; alter table of_others rename to {table.name}"
            )
    if subtree != "window_subtree":
        cursor.execute(f"drop table window_subtree; alter table {subtree} rename to window_subtree")
    found = _run(cursor, indicator, bound)
    cursor.execute("rollback to savepoint other_units; release savepoint other_units")
    return found


def _share_out(found: dict[str, Parts], records: Sequence[str], whole: Parts) -> None:
    """Make what these records add the whole; `found` is changed."""
    own = [found.get(record, NOTHING) for record in records]
    alone = [index for index, parts in enumerate(own) if parts == NOTHING]
    shared = [_shared([parts[side] for parts in own], alone, whole[side]) for side in range(2)]
    for record, over, under in zip(records, *shared, strict=True):
        found[record] = (over, under)


def _shared(own: list[Decimal], alone: list[int], whole: Decimal) -> list[Decimal]:
    """The parts with what is missing given to those that are nothing by themselves, or what is over taken from the last.

    >>> [str(n) for n in _shared([Decimal(1), Decimal(0), Decimal(0)], [1, 2], Decimal(3))]
    ['1', '1', '1']
    >>> [str(n) for n in _shared([Decimal(1), Decimal(1), Decimal(1)], [], Decimal(1))]
    ['1', '0', '0']
    """
    parts, rest = list(own), whole - sum(own)
    if rest > 0:
        takers = alone or list(range(len(parts)))
        each, left = divmod(rest, len(takers)) if takers else (Decimal(0), Decimal(0))
        for place, index in enumerate(takers):
            parts[index] += each + (left if place == 0 else 0)
    for index in reversed(range(len(parts))):
        if rest < 0 and parts[index] > 0:
            taken = min(parts[index], -rest)
            parts[index] -= taken
            rest += taken
    if rest < 0 and parts:  # a figure below nothing
        parts[0] += rest
    return parts


def _records_of_units(cursor: Cursor) -> dict[str, int]:
    cursor.execute(project_files.statement("explaining/records_of_units"))
    return dict(cursor.fetchall())
