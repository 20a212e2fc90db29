"""What the figures of a release rest on, kept row by row, so that they are explained for ever as they were.

Kept is the window by record, as `opening` makes it: at the unit that a row names, once for each table that the row
counts in and never again for the units above. Opened again for a unit, it is asked by the same queries as ever: those
that the release keeps with its definitions.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json, execute_values

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures.window import bindings, read_by
from etl.periods import Period
from etl.publication import opening, shares
from etl.publication.opening import LINES, Opened
from etl.publication.shares import Parts, Share

BLOCK = 10_000  # rows that are packed together
UNITS = "window_unit"
SHOWN = ("observed", "undefined")


@dataclass(frozen=True)
class _Table:
    """A kept table of the window: its columns with their types, beside unit and record, and the header of its file."""

    name: str
    columns: dict[str, str]
    header: dict[str, Any]

    @property
    def typed(self) -> str:
        return ", ".join(f"{name} {sql_type}" for name, sql_type in self.columns.items())

    @property
    def sums(self) -> set[str]:
        return {name for name, sql_type in self.columns.items() if sql_type in ("bigint", "numeric")}

    def selected(self, is_own: str) -> list[str]:
        """Its columns; what is true of a unit's own rows alone under this condition."""
        own = self.header.get("own", ())
        return [f"{name} and {is_own} as {name}" if name in own else name for name in self.columns]


def keep(
    cursor: Cursor,
    release_id: int,
    period: Period,
    indicators: Iterable[catalogue.Indicator],
    *,
    top: tuple[str, str] | None = None,
) -> int:
    """Keep what the figures of a period rest on. The transaction is the caller's.

    Input:  `indicators`: the definitions that the release keeps; `top`: code and first day of the unit whose subtree it
            is of, by default every unit of the window.
    Output: how many rows are kept, a row that counts in two tables twice.
    """
    every = list(indicators)
    computed = [i for i in every if i.is_computed and i.levels]
    code, valid_from = top or (None, None)
    narrow = cursor.mogrify(statement("explaining/each_alone"), {"code": code, "valid_from": valid_from}).decode()
    asked = opening.tables_of(computed)
    headers = opening.make_by_record(cursor, period, asked, narrow)
    cursor.execute(
        "drop table if exists pg_temp.kept_lists;"
        "create temp table kept_lists (unit_code text, window_table text, list text) on commit drop"
    )
    rows = 0
    for name in sorted(asked & headers.keys()):
        rows += _keep_table(cursor, release_id, name, headers[name])
    _note_table(cursor, release_id, _Table(UNITS, _columns(cursor, UNITS), {}))
    cursor.execute(statement("keeping/units"), {"release": release_id})
    cursor.execute("analyze mart.release_contribution_piece, mart.release_contribution_unit, mart.release_contribution")
    _keep_declared(cursor, release_id, period, [i for i in every if not i.is_computed])
    _keep_apart(cursor, release_id, period, computed)
    cursor.execute(statement("keeping/decided"), {"release": release_id})
    return rows


def of_figures(
    cursor: Cursor,
    release_id: int,
    period: Period,
    unit: tuple[str, str],
    indicators: Sequence[catalogue.Indicator],
) -> dict[str, list[Share]]:
    """What each row added to figures of a release, by code, as `shares.of_figure` says it of today.

    Input:  `unit`: its code and first day; `indicators`: as the release keeps their definitions.
    Raises: UsageError if the release keeps nothing of the unit.
    """
    unit_code = _unit_code(cursor, release_id, unit)
    cursor.execute(statement("keeping/apart"), {"release": release_id, "unit": unit_code})
    apart = {
        code: [Share(file_id << LINES | line, *parts) for file_id, line, *parts in zip(*packed, strict=True)]
        for code, *packed in cursor.fetchall()
    }
    found = {i.code: apart.get(i.code, []) for i in indicators}
    kept = _tables(cursor, release_id).keys() | {"window_subtree"}
    computed = [i for i in indicators if i.is_computed and i.code not in apart and read_by(i.query) <= kept]
    if computed:
        opened = open_kept(cursor, release_id, unit_code, computed)
        whole = shares.figures(cursor, period, computed, opened)
        found |= {i.code: shares.of_figure(cursor, period, i, opened, whole[i.code]) for i in computed}
    return found


def open_kept(cursor: Cursor, release_id: int, unit_code: str, indicators: Iterable[catalogue.Indicator]) -> Opened:
    """Open the window of a release for one unit, by record, as `opening.open_records` opens that of today.

    Input:  `unit_code`: as the window told units apart.
    """
    known = _tables(cursor, release_id)
    values = {"release": release_id, "unit": unit_code}
    cursor.execute(statement("keeping/open_units", columns=known[UNITS].typed), values)
    asked = opening.tables_of(indicators) & known.keys() - {UNITS}
    for name in sorted(asked):
        table = known[name]
        selected = ", ".join(table.selected("packed.held_by = %(unit)s"))
        cursor.execute(
            statement("keeping/open_table", table=name, typed=table.typed, columns=selected), values | {"table": name}
        )
        cursor.execute(f"analyze pg_temp.{name}")
    return opening.name_records(cursor, unit_code, {name: known[name].header for name in asked})


def _keep_table(cursor: Cursor, release_id: int, name: str, header: dict[str, Any]) -> int:
    columns = _columns(cursor, name)
    if not {"unit_code", "record"} <= columns.keys():
        return 0
    own = {column: sql_type for column, sql_type in columns.items() if column not in ("unit_code", "record")}
    _note_table(cursor, release_id, _Table(name, own, header))
    cursor.execute("drop table if exists pg_temp.kept_group, pg_temp.kept_list")
    values = {"release": release_id, "table": name, "size": BLOCK}
    content = ", ".join(f"'{column}', {column}" for column in own)
    grouped = ", ".join(("unit_code", *own))
    cursor.execute(statement("keeping/group", table=name, content=content, columns=grouped), values)
    if not header.get("rolls_up", True):
        cursor.execute(statement("keeping/lists"))
        cursor.execute("insert into kept_lists select unit_code, %(table)s, list from kept_list", values)
    cursor.execute("select coalesce(sum(cardinality(records)), 0) from kept_group")
    rows: int = cursor.fetchone()[0]
    cursor.execute(statement("keeping/pack"), values)
    return rows


def _columns(cursor: Cursor, table: str) -> dict[str, str]:
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = to_regclass(%s)"
        " and attnum > 0 and not attisdropped order by attnum",
        (f"pg_temp.{table}",),
    )
    return dict(cursor.fetchall())


def _note_table(cursor: Cursor, release_id: int, table: _Table) -> None:
    header = {key: table.header[key] for key in ("together", "share", "own") if key in table.header}
    cursor.execute(
        "insert into mart.release_contribution_table (release_id, window_table, columns, header)"
        " values (%s, %s, %s, %s)",
        (release_id, table.name, Json(list(table.columns.items())), Json(header)),
    )


def _tables(cursor: Cursor, release_id: int) -> dict[str, _Table]:
    cursor.execute(
        "select window_table, columns, header from mart.release_contribution_table where release_id = %s", (release_id,)
    )
    return {name: _Table(name, dict(columns), header) for name, columns, header in cursor.fetchall()}


def _unit_code(cursor: Cursor, release_id: int, unit: tuple[str, str]) -> str:
    code, valid_from = unit
    cursor.execute(
        "select unit_code from mart.release_contribution_unit where release_id = %s and code = %s"
        # a unit that has been since before our data is shown with a first day
        " and greatest(valid_from, date '1900-01-01') = greatest(%s::date, date '1900-01-01')",
        (release_id, code, valid_from),
    )
    if not (row := cursor.fetchone()):
        raise UsageError(f"release {release_id} keeps nothing of unit {code!r}: it is of other units.")
    found: str = row[0]
    return found


def _keep_declared(cursor: Cursor, release_id: int, period: Period, declared: Sequence[catalogue.Indicator]) -> None:
    from etl.figures import period_figures

    cursor.execute("select unit_code from mart.release_contribution_unit where release_id = %s", (release_id,))
    kept = {unit for (unit,) in cursor.fetchall()}
    _insert_apart(
        cursor,
        [
            (release_id, unit, code, [file_id], [line], [value], [0])
            for code, unit, value, file_id, line in period_figures.declared(cursor, period, declared)
            if unit in kept
        ],
    )


def _insert_apart(cursor: Cursor, rows: Sequence[tuple[Any, ...]]) -> None:
    execute_values(cursor, "insert into mart.release_contribution_apart values %s", rows)


def _keep_apart(cursor: Cursor, release_id: int, period: Period, indicators: Sequence[catalogue.Indicator]) -> None:
    """Keep by itself what a figure rests on, where it is not made of what is kept of the parts of its unit."""
    known = _tables(cursor, release_id)
    # of which rows are told apart by their content alone; what has a share of a person's, say, is made as it is opened
    plain = {name for name, table in known.items() if table.sums and not table.header.get("share")}
    checked = [i for i in indicators if (read := read_by(i.query)) and read <= plain]
    for name in sorted(opening.tables_of(checked)):
        table = known[name]
        selected = [
            f"sum(told.{column} * counted.times) as {column}" if column in table.sums else f"told.{chosen}"
            for column, chosen in zip(table.columns, table.selected("top.unit_code = top.held_by"), strict=True)
        ]
        grouped = ["top.unit_code", *(f"told.{c}" for c in table.columns if c not in table.sums)]
        if table.header.get("own"):
            grouped.append("top.unit_code = top.held_by")
        cursor.execute(
            statement(
                "keeping/put_together",
                table=name,
                typed=table.typed,
                columns=", ".join(selected),
                grouped=", ".join(grouped),
            ),
            {"release": release_id, "table": name},
        )
    figures = _figures(cursor, release_id, period)
    differing: dict[tuple[str, str, str], list[catalogue.Indicator]] = defaultdict(list)
    for indicator in checked:
        found = shares.run(cursor, indicator, bindings(period))
        for (unit_code, code, valid_from, indicator_code), parts in figures.items():
            if indicator_code == indicator.code and found.get(unit_code, shares.NOTHING) != parts:
                differing[unit_code, code, valid_from].append(indicator)
    for (unit_code, code, valid_from), of_unit in differing.items():
        cursor.execute("savepoint one_unit")  # what it opens is closed again: a transaction has only so many locks
        opened = opening.open_records(cursor, period, code, valid_from, of_unit)
        whole = shares.figures(cursor, period, of_unit, opened)
        added = {i.code: shares.of_figure(cursor, period, i, opened, whole[i.code]) for i in of_unit}
        cursor.execute("rollback to savepoint one_unit; release savepoint one_unit")
        _insert_apart(
            cursor,
            [
                (
                    *(release_id, unit_code, indicator_code),
                    *([share.file_id for share in found], [share.line for share in found]),
                    *([share.in_numerator for share in found], [share.in_denominator for share in found]),
                )
                for indicator_code, found in added.items()
            ],
        )


def _figures(cursor: Cursor, release_id: int, period: Period) -> dict[tuple[str, str, str, str], Parts]:
    """The figures of the units that are kept, by unit_code, code, first day and indicator."""
    cursor.execute(
        statement("keeping/figures"),
        {"release": release_id, "period": period.code, "cadence": period.cadence, "shown": list(SHOWN)},
    )
    return {
        (unit, code, day, indicator): (over, under) for unit, code, day, indicator, over, under in cursor.fetchall()
    }
