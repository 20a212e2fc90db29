"""Why a published figure would be another now: by which rows of which files, or by what else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.catalogue.project_files import statement
from etl.periods import Period
from etl.warehouse import core_tables

CAUSES = {
    "definition": "định nghĩa chỉ tiêu thay đổi",
    "decision": "quyết định về dữ liệu",
    "unit": "sắp xếp đơn vị",
    "data": "dữ liệu giao muộn hoặc giao lại",
}
KINDS = {"delivered": "giao sau", "decided": "xét lại theo quyết định", "again": "nạp lại", "withdrawn": "rút lại"}
LINES = 20  # of a file that are named


@dataclass(frozen=True)
class Source:
    """A file that may have moved a figure, and its rows that are of the unit and the window."""

    file_id: int
    export: str
    sender: str
    delivered_on: date
    kind: str  # a key of KINDS
    rows: int
    lines: tuple[int, ...]  # the first of them


@dataclass(frozen=True)
class _Row:
    line: int | None  # None: the row was taken out, and another may stand in its place
    units: frozenset[str]  # whose it is; empty: nobody knows, or all units read it
    indicator_code: str | None  # of a declaration


@dataclass(frozen=True)
class Since:
    """What has happened since a release that can move its figures."""

    files: list[tuple[int, str, str, date, str]]  # number, export, sender, delivery day, kind
    rows: Mapping[int, list[_Row]]
    decisions: list[tuple[str, str]]  # export, unit
    units: frozenset[str]  # those that came, went or changed
    below: Mapping[tuple[str, str], frozenset[str]]  # (unit, valid_from) -> it and all below it, then and now


def since(cursor: Cursor, period: Period, release_id: int, published_at: datetime) -> Since:
    """Look up what has happened since a release. Input: release_scope and window_subtree, see scope.open_scope."""
    cursor.execute(statement("publication/moving_files"), {"since": published_at})
    files = cursor.fetchall()
    cursor.execute(statement("publication/decisions_since"), {"since": published_at})
    decided = cursor.fetchall()
    cursor.execute(statement("publication/units_changed"), {"release_id": release_id})
    units = frozenset(code for (code,) in cursor.fetchall())
    cursor.execute(statement("publication/units_below"), {"release_id": release_id})
    below = {(code, day): frozenset(codes) for code, day, codes in cursor.fetchall()}
    rows: dict[int, list[_Row]] = {}
    for file_id, export, _, _, kind in files:
        if kind == "decided":  # the file was loaded again, whole: what was decided about tells which rows have moved
            rows[file_id] = [_Row(n, frozenset({unit} - {""}), None) for _, unit, one, n in decided if one == file_id]
        elif kind != "withdrawn":
            rows[file_id] = _rows(cursor, catalogue.export(export), file_id, period)
    return Since(files, rows, [(export, unit) for export, unit, _, _ in decided], units, below)


def _rows(cursor: Cursor, export: catalogue.Export, file_id: int, period: Period) -> list[_Row]:
    """What a load put in or took out that may count in the window."""
    columns = core_tables.core_columns(export)
    days = [name for name, sql_type in columns.items() if sql_type == "date" and name != "delivered_on"]
    is_declared = "declared_period" in export.touches
    units = [name for name in ("org_code", "resolving_org_code") if name in columns]
    cursor.execute(
        project_files.statement(
            "publication/rows_of_a_file",
            changes=core_tables.changes(export, [file_id]),
            units=f"array[{', '.join(units)}]::text[]" if units else "'{}'::text[]",
            indicator="indicator_code" if is_declared else "null::text",
            first_day=f"least({', '.join(days)})" if days else "null::date",
            last_day=f"greatest({', '.join(days)})" if days else "null::date",
            declared="year = %(year)s and period = %(name)s" if is_declared else "true",
        ),
        {"first": period.start, "last": period.state_on or period.last_day, "reaches_on": export.reaches_on}
        | {"is_list": export.delivery == "snapshot"}
        | {"year": period.year, "name": period.declared_name},
    )
    return [_Row(line, frozenset(filter(None, codes)), code) for line, codes, code in cursor.fetchall()]


def of_figure(
    happened: Since,
    unit: tuple[str, str],
    indicator_code: str,
    exports: Iterable[str],
    *,
    is_other_definition: bool,
) -> tuple[tuple[str, ...], tuple[Source, ...]]:
    """The causes that a figure of a unit may have moved by, in the order of CAUSES, and the files among them.

    Input: `unit`: (code, valid_from); `exports`: what the definition reads.
    """
    read, below = {*exports, "hr/units"}, happened.below.get(unit, frozenset({unit[0]}))
    files = []
    for file_id, export, sender, day, kind in happened.files:
        if export not in read:
            continue
        rows = [
            row
            for row in happened.rows.get(file_id, ())
            if (not row.units or row.units & below) and row.indicator_code in (None, indicator_code)
        ]
        if rows or kind == "withdrawn":
            lines = sorted({row.line for row in rows if row.line is not None})
            files.append(Source(file_id, export, sender, day, kind, len(lines) or len(rows), tuple(lines[:LINES])))
    has_decision = any(export in read and (not code or code in below) for export, code in happened.decisions)
    facts = [one for one in files if one.export != "hr/units" and one.kind != "decided"]
    found = {
        "definition": is_other_definition,
        "decision": has_decision,
        "unit": bool(happened.units & below),
        "data": bool(facts),
    }
    causes = tuple(cause for cause in CAUSES if found[cause]) or ("data",)
    return causes, tuple(files)
