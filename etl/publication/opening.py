"""The window of one unit by record: what its indicators read, with a record in place of the unit.

The files of `sql/counts/` and `sql/window/` name the record beside the unit where they have a place for it ({record}).
Nothing stands there when figures are made; here they are run once more, over the facts of one unit and its subtree.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.figures import counts
from etl.figures.window import bindings, complete, make, needed, read_by, tell
from etl.periods import Period

LINES = 31  # bits of a record that hold its line; those above hold its file
RECORD = f", file_id::bigint << {LINES} | line as record"
# Facts that no window counts are left out where there are many of them: they are found by the days of the rest.
DAYS = {
    # some are finished before they are received, as their days say
    "dossier": "least(received_on, finished_on, returned_on) < greatest(%(period_end)s, %(as_of)s + 1)"
    " and greatest(received_on, coalesce(finished_on, 'infinity'), returned_on) >= %(period_start)s",
    "document": "issued_on >= %(period_start)s and issued_on < %(period_end)s",
}


@dataclass(frozen=True)
class Table:
    """A table of the window with a record in place of the unit."""

    name: str
    kept: tuple[str, ...]  # columns that tell its rows apart, beside unit and record
    sums: tuple[str, ...]  # columns that are sums of counts; none: it has a row for each record
    together: tuple[str, ...]  # columns that name what is counted together: of rows, as the header of their file says


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
    asked = tables_of(indicators)
    narrow = project_files.statement("explaining/only_one_unit")
    headers = make_by_record(cursor, period, asked, narrow, {"code": code, "valid_from": valid_from})
    cursor.execute("select unit_code from window_unit where is_in_window")
    unit = cursor.fetchone()[0]
    return name_records(cursor, unit, {name: headers[name] for name in asked & headers.keys()})


def tables_of(indicators: Iterable[catalogue.Indicator]) -> set[str]:
    """The tables of the window that the queries of these indicators read."""
    return {name for indicator in indicators for name in read_by(indicator.query)}


def make_by_record(
    cursor: Cursor, period: Period, tables: set[str], narrow: str, values: dict[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Make tables of the window, and whatever they read, with the record of each row where files have a place for it.

    Input:  `narrow`: a statement, with its values, that leaves in window_subtree what is asked; lists that are a unit's
            own, and no sum of those below it, are made before (`rolls_up: false`).
    Output: the header of the file that made it, by table that may name records.
    """
    bound = bindings(period)
    files = {path: project_files.read_sql(path) for path in needed({"window_subtree", "window_holder"} | tables)}
    cursor.execute("set local work_mem = '128MB'; set local hash_mem_multiplier = 16")
    texts = "\n".join(text for _, text in files.values())
    for export in catalogue.exports().values():
        if re.search(rf"\btold_{export.thing}\b", texts):
            tell(cursor, export, bound, record=RECORD)
    by_record = [path for path, (_, text) in files.items() if "{record}" in text]
    for path in (path for path in files if path not in by_record):
        complete(cursor, make(cursor, path, bound), period)
    own = [path for path in by_record if not files[path][0].get("rolls_up", True)]
    if values:  # one unit: nobody else's list is asked
        cursor.execute(narrow, values)
    for path in own:
        complete(cursor, make(cursor, path, bound, _of_records), period)
    if not values:
        cursor.execute(narrow)
    _facts(cursor, bound, texts)
    for path in (path for path in by_record if path not in own):
        complete(cursor, make(cursor, path, bound, _of_records), period)
    return {name: files[path][0] for path in by_record for name in files[path][0]["creates"]}


def name_records(cursor: Cursor, unit: str, headers: dict[str, dict[str, Any]]) -> Opened:
    """Of what these tables say of a unit, put the record in its place; and of its subtree, the part."""
    named = {name: _name_records(cursor, name, headers[name], unit) for name in sorted(headers)}
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
    naming = {thing: {"org_code"} for thing in _with_units()}  # columns that name a unit at which a thing is counted
    for count in counted:
        naming[count.thing].update(count.units)
    of_counts = {count.thing for count in counted}
    cursor.execute(project_files.statement("explaining/codes"))
    codes = cursor.fetchone()[0]
    for thing, units in naming.items():
        if thing in of_counts or re.search(rf"\bcore\.{thing}\b", texts):
            concerned = " or ".join(f"{unit} = any(%(codes)s)" for unit in sorted(units))
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
    kept = tuple(name for name in own if name not in sums)
    # a query sees one row of all that are added up
    return Table(table, kept, sums, tuple(header.get("together", kept if sums else ())))
