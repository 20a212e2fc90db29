"""Contradictions: what several senders, or several parts of a delivery, say differently of one thing on one day.

Which of them stands does not depend on who came first: of one day it is the sender, or the part, whose name is read
last. All of them are warned, each with the name of the other.
"""

from collections.abc import Callable, Sequence

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.loading.merge import same_values
from etl.warehouse import core_tables

RULE = "FIL-21"


def name(cursor: Cursor, export: catalogue.Export, file_ids: Sequence[int]) -> None:
    """Warn of the rows of these files that others contradict, and of those others."""
    _change(cursor, export, file_ids, lambda found: statement("load/name_contradictions", contradictions=found))


def forget(cursor: Cursor, export: catalogue.Export, file_ids: Sequence[int]) -> None:
    """Take back what others were warned of because of these files, whose loads are about to be taken back."""
    cursor.execute("select sender, part from landing.file where file_id = any(%s)", (list(file_ids),))
    told_as = sorted({name for row in cursor.fetchall() for name in row})
    _change(
        cursor,
        export,
        file_ids,
        lambda found: statement("load/forget_contradictions", contradictions=found),
        senders=told_as,
    )


def _change(
    cursor: Cursor,
    export: catalogue.Export,
    file_ids: Sequence[int],
    change: Callable[[str], str],
    **beside: object,
) -> None:
    """Run what `change` makes of each query of contradictions, and count anew for the files that it concerns."""
    if not file_ids:
        return
    said = beside | {
        "rule_id": RULE,
        "severity": catalogue.rules()[RULE].severity,
        "blamed": export.key[0],
    }
    found: set[int] = set()
    for contradictions in _queries(export, file_ids):
        cursor.execute(change(contradictions), said)
        found |= {file_id for (file_id,) in cursor.fetchall()}
    if found:
        cursor.execute(statement("load/count_contradictions"), said | {"file_ids": sorted(found)})


def _queries(export: catalogue.Export, file_ids: Sequence[int]) -> list[str]:
    """The rows that contradict each other where one of these files is concerned; with who says otherwise."""
    key = core_tables.core_key(export)
    values = [c for c in core_tables.business_columns(export) if c not in key]
    origin = [c for c in ("sender", "delivered_on", "file_id", "line") if c not in key]
    filled = {
        "core": f"core.{export.thing}",
        "history": f"core.{export.thing}_history",
        "key": ", ".join(f"past.{c}" for c in key),
        "columns": ", ".join(f"held.{c}" for c in (*key, *values, *origin)),
        "is_meant": core_tables.same("held", "thing", (*key, "delivered_on")),
        "same_key": core_tables.same("one", "other", key),
        "same_values": same_values("one", "other", values),
        "file_ids": ", ".join(f"{file_id:d}" for file_id in file_ids),
    }
    queries = [statement("load/contradictions", **filled)]
    if export.delivery == "snapshot" and not export.owned:
        by_thing = core_tables.same("one", "other", [c for c in key if c != "sender"])
        queries.append(statement("load/contradictions_of_lists", **filled | {"same_key": by_thing}))
    return queries
