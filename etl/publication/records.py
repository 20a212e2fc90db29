"""What a record is: the export and the key that it has, where it stands, and what was decided about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.publication.opening import LINES
from etl.warehouse import core_tables

# Columns by which the rows of an export are told apart where a figure is explained: unit, field, channel.
ASKED = ("org_code", "resolving_org_code", "field", "procedure_code", "channel")


@dataclass(frozen=True)
class Record:
    """A row of a delivered file."""

    export: str
    record_key: str  # as quality.* has it: what looks like somebody's data is a hash
    file_id: int
    line: int
    decided: tuple[str, ...]  # kinds of decisions that it was loaded by
    said: dict[str, str | None]  # of ASKED, what it has


def decided(cursor: Cursor, records: Iterable[int], *, release: int | None = None) -> dict[int, tuple[str, ...]]:
    """By which kinds of decisions these records were loaded; those that nobody decided about are left out.

    Input:  `release`: as it was when this release was published, else as it is now.
    """
    asked = set(records)
    now, then = project_files.statement("explaining/decided"), project_files.statement("keeping/decided_then")
    files = list({record >> LINES for record in asked})
    cursor.execute(now if release is None else then, {"files": files, "release": release})
    found = {file_id << LINES | line: tuple(kinds) for file_id, line, kinds in cursor.fetchall()}
    return {record: kinds for record, kinds in found.items() if record in asked}


def known(cursor: Cursor, records: Iterable[int], decisions: Mapping[int, tuple[str, ...]]) -> dict[int, Record]:
    """What these records are: each is a file and its line, as `opening` numbers them.

    Input:  `decisions`: what `decided` found. In a transaction with an opened window they are looked up there, and
            elsewhere in the warehouse, where they stay after they were superseded.
    """
    by_file: dict[int, list[int]] = defaultdict(list)
    for record in records:
        by_file[record >> LINES].append(record)
    cursor.execute(project_files.statement("explaining/exports"), {"files": list(by_file)})
    exports: dict[int, str] = dict(cursor.fetchall())
    by_export: dict[str, list[int]] = defaultdict(list)
    for file_id, of_file in by_file.items():
        by_export[exports.get(file_id, "")] += of_file
    found: dict[int, Record] = {}
    for name, asked in by_export.items():
        rows = _rows(cursor, catalogue.exports()[name], asked) if name in catalogue.exports() else {}
        for record in asked:
            key, said = rows.get(record, ("", {}))
            file_id, line = record >> LINES, record & (1 << LINES) - 1
            found[record] = Record(name, key, file_id, line, decisions.get(record, ()), said)
    return found


def _rows(
    cursor: Cursor, export: catalogue.Export, records: Sequence[int]
) -> dict[int, tuple[str, dict[str, str | None]]]:
    """The key and the asked columns of some rows of an export."""
    columns = core_tables.core_columns(export)
    said = [name for name in ASKED if name in columns]
    asked = ", ".join((*export.key, "raw_hash", *said))
    statement = project_files.statement("explaining/rows", columns=asked, relation=_relation(cursor, export))
    found: dict[int, tuple[Any, ...]] = {}
    cursor.execute(statement, {"records": list(records), "files": list({record >> LINES for record in records})})
    found |= {record: row for record, *row in cursor.fetchall()}
    keys = _keys(export, list(found.values()))
    first = len(export.key) + 1
    return {
        record: (key, dict(zip(said, row[first:], strict=True)))
        for (record, row), key in zip(found.items(), keys, strict=True)
    }


def _relation(cursor: Cursor, export: catalogue.Export) -> str:
    for table in (f"fact_{export.thing}", f"told_{export.thing}"):
        cursor.execute(
            "select exists (select from pg_attribute where attrelid = to_regclass(%s) and attname = 'record')",
            (f"pg_temp.{table}",),
        )
        if cursor.fetchone()[0]:
            return f"pg_temp.{table}"
    columns = ", ".join(core_tables.core_columns(export))
    record = f"file_id::bigint << {LINES} | line as record"
    return (
        f"(select {columns}, {record} from core.{export.thing} where file_id = any(%(files)s)"
        f" union all select {columns}, {record} from core.{export.thing}_history where file_id = any(%(files)s))"
    )


def _keys(export: catalogue.Export, rows: list[Any]) -> list[str]:
    """The key of each row as text, as quality.* knows it."""
    import polars as pl

    from etl.loading.first_pass import record_keys

    frame = pl.DataFrame({
        name: pl.Series([None if row[place] is None else str(row[place]) for row in rows], dtype=pl.String)
        for place, name in enumerate((*export.key, "raw_hash"))
    })
    return record_keys(frame, export).to_list()
