"""Reference data that ships as files stands in tables: the form, fields of procedures, kinds of documents."""

import csv
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, spelling
from etl.catalogue import project_files


def fill_reference(cursor: Cursor) -> None:
    """Write the reference data that ships with the project, and the form; nothing changes if it is there already."""
    units = [
        (r["code"], r["name"], r["level"], r["parent_code"] or None, *_validity(r), r["decree"])
        for r in _rows("administrative_unit.csv")
    ]
    _replace(cursor, "core.administrative_unit", units)
    open_days = {"old_valid_from": "-infinity", "new_valid_from": "-infinity"}
    successions = [tuple(r[c] or open_days.get(c, "") for c in r) for r in _rows("unit_succession.csv")]
    _replace(cursor, "core.unit_succession", successions)
    classes = project_files.read_yaml(project_files.REFERENCE / "field_class.yml")
    patterns = [(name, pattern) for name, patterns in classes.items() for pattern in patterns]
    _replace(cursor, "core.field_class", [(name, pattern, place) for place, (name, pattern) in enumerate(patterns)])
    fields = {spelling.fold(word): name for name, *also in catalogue.fields() for word in (name, *also)}
    _replace(cursor, "core.field", list(fields.items()))
    types = project_files.read_yaml(project_files.REFERENCE / "legal_document_types.yml")
    _replace(cursor, "core.legal_document_type", [(name.lower(), abbreviation) for name, abbreviation in types.items()])
    fill_form(cursor)


def fill_form(cursor: Cursor) -> None:
    """Write the form, and what stands beside it, anew if it is not what the definitions say.

    An office may add an indicator at any time.
    """
    known = catalogue.indicators()
    rows = [
        (
            r.code,
            r.order,
            r.parent,
            r.kind,
            r.title,
            r.unit,
            *(_of(known[r.code]) if r.code in known else (None, None, None)),
            r.group,
            r.note,
        )
        for r in (*catalogue.form(), *catalogue.beside())
    ]
    cursor.execute("select * from mart.form")
    if set(cursor.fetchall()) != set(rows):
        _replace(cursor, "mart.form", rows)


def _of(indicator: catalogue.Indicator) -> tuple[str, str, bool]:
    return indicator.behaviour, indicator.origin, indicator.adds_up


def _rows(name: str) -> list[dict[str, str]]:
    with (project_files.REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _validity(row: dict[str, str]) -> tuple[str, str]:
    return row["valid_from"] or "-infinity", row["valid_to"] or "infinity"


def _replace(cursor: Cursor, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Make a small table hold these rows. Locked first, so that two migrations at once wait for each other."""
    cursor.execute(f"lock table {table} in share row exclusive mode; delete from {table}")
    execute_values(cursor, f"insert into {table} values %s", rows)
