"""How a table differs from what its contract says."""

from collections.abc import Iterator
from dataclasses import dataclass

from etl import catalogue
from etl.warehouse import core_tables


@dataclass(frozen=True)
class Table:
    """core.<thing> as the database has it."""

    columns: dict[str, str]  # with their SQL types
    hashed: frozenset[str] = frozenset()  # columns that hold keyed hashes
    key: tuple[str, ...] = ()
    partition_by: str | None = None


@dataclass(frozen=True)
class Difference:
    """What a contract says otherwise than its table: `kind` of COLUMN with what it was, or of the table as a whole."""

    kind: str
    column: str = ""
    was: str = ""


def differences(export: catalogue.Export, table: Table) -> Iterator[Difference]:
    """How a table differs from what the contract asks for, in the order in which that can be carried out.

    A moment's day (received_on of received_at) stands in the table and not in the contract: it goes with its moment.
    """
    wanted, have = core_tables.core_columns(export), dict(table.columns)
    called = {name: name for name in have}  # what a column is called now
    for column in export.columns:
        for now, before in _names(column):
            if before in have and now in wanted:
                yield Difference("renamed", now, before)
                have[now] = have.pop(before)
                called[before] = now
    for column in export.columns:
        if not column.is_loaded:
            for name in {column.name, column.formerly or "", column.day or ""} & have.keys():
                yield Difference("made personal", name)
                del have[name]
    for name in [name for name in have if name not in wanted]:
        moment = name.removesuffix("_on") + "_at"
        moment_goes = name.endswith("_on") and (moment in export.removed or (moment in wanted and moment in have))
        yield Difference("removed" if name in export.removed or moment_goes else "unknown", name)
    personal = {c.name: c.personal for c in export.columns}
    for name in [name for name in wanted if name in have]:
        if have[name] != wanted[name]:
            yield Difference("of another type", name, have[name])
        if personal.get(name) == "id" and name not in table.hashed:
            yield Difference("made an identity number", name)
        if personal.get(name) != "id" and name in table.hashed:
            yield Difference("no longer hashed", name)
    for name in wanted:
        if name not in have:
            yield Difference("added", name)
    if called.get(table.partition_by or "") != export.partition_by:
        yield Difference("partitioned otherwise", was=table.partition_by or "")
    elif {called[name] for name in table.key} != set(core_tables.primary_key(export)):
        yield Difference("of another key")


def _names(column: catalogue.Column) -> Iterator[tuple[str, str]]:
    if column.formerly:
        yield column.name, column.formerly
        if column.day:
            yield column.day, column.formerly.removesuffix("_at") + "_on"
