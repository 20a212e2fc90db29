"""What each record adds to a figure of a unit: the figure's own query, run once for every record.

In the window that `opening` makes, a record stands in place of the unit. An indicator's query, which groups by
`unit_code`, so counts for each record what it counts for the unit: no indicator is defined a second time.

Not every figure is the sum of what its records are by themselves. A person with two decisions is one person; a dossier
on paper counts beside an online one of its procedure. So the query is run once more for what is counted together: what
makes one row of the unit, or what the header of a file of `sql/window/` names (`together:`). What is missing there is
given in equal parts to the records that count nothing by themselves; what is over is taken from the last ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.figures import period_figures
from etl.figures.window import bindings, read_by
from etl.periods import Period
from etl.publication.opening import LINES, Opened, Table

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


def figures(
    cursor: Cursor, period: Period, indicators: Iterable[catalogue.Indicator], opened: Opened
) -> dict[str, Parts]:
    """Numerator and denominator that each indicator's query counts for the unit now, by code; 0 where there is none."""
    found, computed = {}, []
    for indicator in indicators:
        if indicator.is_computed:
            computed.append(indicator)
        else:
            declared = _declared(cursor, period, indicator, opened)
            found[indicator.code] = _sum((share.in_numerator, share.in_denominator) for share in declared)
    whole = {table.name: f"'{opened.unit}'::text" for table in opened.tables.values()}
    with _other_units(cursor, opened.tables.values(), whole, subtree="known_subtree"):
        for indicator in computed:
            counted = run(cursor, indicator, bindings(period))
            found[indicator.code] = counted.get(opened.unit, NOTHING)
    return found


def of_figure(
    cursor: Cursor, period: Period, indicator: catalogue.Indicator, opened: Opened, whole: Parts
) -> list[Share]:
    """What each record adds to a figure of the unit, by file and line; those that add nothing are left out.

    Input:  `whole`: what the query counts for the unit, as `figures` says it.
    Output: shares that add up to it exactly, if any record is counted. Of what the unit declared itself, its
            declaration.
    """
    if not indicator.is_computed:
        return _declared(cursor, period, indicator, opened)
    found = run(cursor, indicator, bindings(period))
    if _sum(found.values()) != whole:
        _share_out_together(cursor, period, indicator, opened, found, whole)
    units = _records_of_units(cursor) if "window_subtree" in read_by(indicator.query) else {}
    adding = {key: parts for key, parts in found.items() if parts != NOTHING}
    if any(not key.isdecimal() and key not in units for key in adding):
        raise CatalogueError(
            f"sql/indicators/{indicator.code}.sql: it reads a table of sql/window that names no record, so its figure"
            " cannot be explained row by row. Give that file a place for it, {record}, beside unit_code."
        )
    shares = [Share(units[key] if key in units else int(key), *parts) for key, parts in adding.items()]
    return sorted(shares, key=lambda share: share.record)


def _share_out_together(
    cursor: Cursor,
    period: Period,
    indicator: catalogue.Indicator,
    opened: Opened,
    found: dict[str, Parts],
    whole: Parts,
) -> None:
    """Make what records add the whole, first among those that are counted together; `found` is changed."""
    read = [opened.tables[name] for name in sorted(read_by(indicator.query) & opened.tables.keys())]
    members = _together(cursor, read)
    if members:
        keys = {table.name: _key(table) for table in read if table.together}
        with _other_units(cursor, read, keys):
            of_together = run(cursor, indicator, bindings(period))
        for key, records in members.items():
            _share_out(found, records, of_together.get(key, NOTHING))
    if _sum(found.values()) != whole:
        counted = {record for records in members.values() for record in records}
        for table in read if not counted and not found else ():
            cursor.execute(f"select unit_code from {table.name}")
            counted |= {record for (record,) in cursor.fetchall()}
        _share_out(found, sorted(counted | found.keys()), whole)


def added_up(shares: Iterable[Share]) -> Parts:
    """Numerator and denominator that shares make together."""
    return _sum((share.in_numerator, share.in_denominator) for share in shares)


def _declared(cursor: Cursor, period: Period, indicator: catalogue.Indicator, opened: Opened) -> list[Share]:
    return [
        Share(file_id << LINES | line, value, Decimal(0))
        for _, unit, value, file_id, line in period_figures.declared(cursor, period, [indicator])
        if unit == opened.unit
    ]


def run(cursor: Cursor, indicator: catalogue.Indicator, bound: dict[str, Any]) -> dict[str, Parts]:
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
    columns = ", ".join(f"coalesce({column}::text, '')" for column in table.together)
    return f"concat_ws(' | ', '{table.name}', {columns})"


def _together(cursor: Cursor, tables: Sequence[Table]) -> dict[str, list[str]]:
    """The records that are counted together, by what they have in common."""
    members: dict[str, list[str]] = defaultdict(list)
    for table in tables:
        if table.together:
            cursor.execute(f"select distinct {_key(table)}, record, unit_code from {table.name} order by record")
            for key, _, record in cursor.fetchall():
                members[key].append(record)
    return members


@contextmanager
def _other_units(
    cursor: Cursor, tables: Iterable[Table], keys: dict[str, str], *, subtree: str = "window_subtree"
) -> Iterator[None]:
    """For a while, the tables have other units than records.

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
    yield
    cursor.execute("rollback to savepoint other_units; release savepoint other_units")


def _share_out(found: dict[str, Parts], records: Sequence[str], whole: Parts) -> None:
    """Make what these records add the whole; `found` is changed."""
    own = [found.get(record, NOTHING) for record in records]
    alone = [index for index, parts in enumerate(own) if parts == NOTHING]
    shared = [_shared([parts[side] for parts in own], alone, whole[side]) for side in range(2)]
    for record, over, under in zip(records, *shared, strict=True):
        found[record] = (over, under)


def _shared(own: list[Decimal], alone: list[int], whole: Decimal) -> list[Decimal]:
    """The parts, what is missing given to those that are nothing by themselves, what is over taken from the last.

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
