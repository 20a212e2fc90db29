"""Counts per unit and day: what changed is added, and all is counted again where a query changed."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg2
from psycopg2.extensions import cursor as Cursor

from etl.catalogue import project_files
from etl.errors import CatalogueError, SetupError
from etl.figures.period_figures import MANY
from etl.warehouse import core_tables


@dataclass(frozen=True)
class Count:
    """One table of counts per unit and day, as its file in `sql/counts/` defines it."""

    path: Path
    thing: str
    table: str
    key: tuple[str, ...]
    counts: tuple[str, ...]
    units: tuple[str, ...]  # columns of the thing that name a unit at which it is counted
    follows: tuple[str, ...]  # things by which a fact is counted: what they change is counted again
    query: str
    by_record: str  # the same, with a place for the record: {record} in what it selects and groups by; else as `query`

    @property
    def version(self) -> str:
        """Changes whenever the same facts may be counted otherwise: with the query, and what it asks beside them."""
        rests_on = [self.query, *self.key, *self.counts]
        if "core." in self.query:
            rests_on += [path.read_text("utf-8") for path in project_files.sql_files("core")]
            rests_on += [path.read_text("utf-8") for path in sorted(project_files.REFERENCE.iterdir())]
        return hashlib.sha256("\n".join(rests_on).encode()).hexdigest()


def declared() -> tuple[Count, ...]:
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
                tuple(header.get("units", ("org_code",))),
                tuple(header.get("follows", ())),
                project_files.fill(query, record=""),
                query,
            )
        except KeyError as missing:
            raise CatalogueError(f"{path}: the header lacks {missing}; it has thing, table, key and counts.") from None
        found.append(count)
    return tuple(found)


def add_changes(cursor: Cursor, thing: str, changed: str) -> list[str]:
    """Bring the counts of a thing up to date with what a load changed.

    Input:  `changed`: a relation in SQL: the columns of core.<thing> and `sign`, +1 for a version that holds now and -1
            for one that held before.
    Raises: SetupError if the counts were made by another query than this process knows.
    Output: tables that changed so much that they are to be analysed, once the transaction is over: ANALYZE keeps others
            of its kind out until then, and they belong to other loads.
    """
    for count in counts_of(thing):
        _be_counted_alike(cursor, count)
    grown = [count.table for count in counts_of(thing) if _add(cursor, count, changed) > MANY]
    following = [count for count in declared() if thing in count.follows]
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
    for count in counts_of(thing):
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
    for count in declared():
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


def counts_of(thing: str) -> list[Count]:
    return [count for count in declared() if count.thing == thing]


def _facts(thing: str, where: str = "true") -> str:
    return f"(select *, 1 as sign from core.{thing} where {where})"


def _add(cursor: Cursor, count: Count, changed: str, *, of_units: str = "true") -> int:
    """Add what a change counts to the table of counts; how many rows that concerns.

    Input:  `of_units`: a condition on the units whose counts are meant; by default those of all.
    Raises: UniqueViolation if a load at the same moment has counted the same for the first time.
    """
    columns, key = ", ".join((*count.key, *count.counts)), ", ".join(count.key)
    # the province comes last in the sort: it is nearly always the same, and comparing it first takes half as long again
    order = ", ".join((*count.key[1:], count.key[0]))
    sums = ", ".join(f"{c} = stored.{c} + excluded.{c}" for c in count.counts)
    something = " or ".join(f"{c} <> 0" for c in count.counts)
    nothing = " and ".join(f"{c} = 0" for c in count.counts)
    same_key = core_tables.same("stored", "change", count.key)
    query = project_files.fill(count.query, changed=changed)
    cursor.execute("set local work_mem = '256MB'")  # in memory, if it is a million rows
    something = f"({something}) and {of_units}"
    cursor.execute(project_files.statement("mart/count_changes", columns=columns, query=query, something=something))
    written = cursor.rowcount
    cursor.execute("analyze change")
    filled = {"counts": count.table, "columns": columns, "same_key": same_key, "sorting": order}
    cursor.execute(project_files.statement("mart/add_to_counts", key=key, sums=sums, **filled))
    if cursor.rowcount < written:
        cursor.execute(project_files.statement("mart/new_counts", **filled))
    if written:
        cursor.execute(f"select exists (select from {changed} as changed where sign < 0)")
    if written and cursor.fetchone()[0]:
        cursor.execute(f"delete from {count.table} where {nothing}")
    cursor.execute("drop table change; set local work_mem to default")
    return written


def _recount_reused(cursor: Cursor, following: list[Count], changed: str) -> None:
    """Dossiers keep the unit that their code named on the day of receipt: look again where a code had several.

    At all of them: a unit that lived on gets a second meaning when its old parent ends; only the parent has changed.
    """
    cursor.execute(project_files.statement("mart/codes_reused", changed=changed))
    reused = cursor.fetchone()[0]
    for count in following if reused else ():
        cursor.execute(f"delete from {count.table} where org_code = any(%s)", (reused,))
        concerned = " or ".join(f"{unit} = any(%(reused)s)" for unit in count.units)
        facts = cursor.mogrify(_facts(count.thing, concerned), {"reused": reused}).decode()
        _add(cursor, count, facts, of_units=cursor.mogrify("org_code = any(%s)", (reused,)).decode())
