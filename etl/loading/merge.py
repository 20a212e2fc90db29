"""Merge staging into core.<thing> by key; the version before goes to its history."""

from collections.abc import Collection, Sequence
from datetime import date

import polars as pl
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import FileHeld
from etl.landing.receipts import File
from etl.loading import earlier
from etl.loading.batches import as_csv
from etl.loading.repetitions import Spool
from etl.warehouse import core_tables, locks


def incoming(cursor: Cursor, export: catalogue.Export) -> str:
    cursor.execute(f"create temp table incoming (like core.{export.thing} including defaults) on commit drop")
    return "incoming"


def merge_staged(cursor: Cursor, export: catalogue.Export, file: File, absent: Collection[str]) -> int:
    """Merge `incoming` into core.<thing> by key; how many rows were written.

    Anti-join first: an upsert would lock, and log, every row that has not changed.
    Input: `absent`: columns that the file does not have: what is known of them stays.
    """
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns = core_tables.core_columns(export)
    filled = {
        "core": core,
        "history": history,
        "columns": ", ".join(columns),
        "of_stored": ", ".join(f"stored.{c}" for c in columns),
        "of_incoming": ", ".join(f"incoming.{c}" for c in columns),
        "same_key": core_tables.same("stored", "incoming", core_tables.core_key(export)),
        "same_values": same_values("stored", "incoming", core_tables.business_columns(export)),
    }
    of_file = {"file_id": file.file_id, "sender": file.sender, "day": file.delivered_on}
    # few rows meet many, which are in memory or on a fast disk: look each up
    cursor.execute("set local random_page_cost = 1.1; analyze incoming")
    if kept := [name for c in export.loaded if c.name in absent for name in (c.name, c.day) if name]:
        of_absent = {"columns": ", ".join(kept), "of_stored": ", ".join(f"stored.{name}" for name in kept)}
        cursor.execute(statement("load/keep_what_is_absent", **(filled | of_absent)))
    cursor.execute(statement("load/keep_latest_spelling", **filled))
    cursor.execute(
        "update landing.file set hash_version = %(now)s where export = %(export)s and sender = %(sender)s"
        " and hash_version <> %(now)s",
        {"now": earlier.hash_version(export), "export": export.name, "sender": file.sender},
    )
    cursor.execute(statement("load/take_out_repetitions", **filled), of_file)
    cursor.execute(statement("load/keep_as_earlier", **filled))
    written = cursor.rowcount
    cursor.execute(statement("load/supersede", **filled), of_file)
    cursor.execute(f"delete from {core} as stored using incoming where {filled['same_key']}")
    cursor.execute(f"insert into {core} ({filled['columns']}) select {filled['columns']} from incoming")
    written += cursor.rowcount
    cursor.execute("drop table incoming")  # the same transaction may load another file
    return written


def same_values(left: str, right: str, columns: Sequence[str]) -> str:
    """The condition that two relations agree in these columns, where nothing is the same as nothing."""
    values = (", ".join(f"{one}.{c}" for c in columns) for one in (left, right))
    return " is not distinct from ".join(f"({listed})" for listed in values)


def hold_keys(cursor: Cursor, export: catalogue.Export, file: File) -> None:
    """Let no key stand twice in a partitioned table, whose primary key holds the day beside the key.

    Senders may deliver the same key at the same moment: the last moment of a transaction belongs to one of them.
    Raises: UniqueViolation if another sender's row has a key of this file.
    """
    if not export.partition_by or export.partition_by in export.key:
        return
    core = f"core.{export.thing}"
    locks.keys(cursor, export.name)
    cursor.execute(
        "select exists (select from landing.file where export = %s and sender <> %s and status like 'accepted%%')",
        (export.name, file.sender),
    )
    if not cursor.fetchone()[0]:
        return
    same_key = core_tables.same("mine", "other", core_tables.core_key(export))
    cursor.execute(
        statement("load/another_has_a_key", core=core, same_key=same_key),
        {"file_id": file.file_id},
    )
    if cursor.fetchone()[0]:
        raise UniqueViolation(f"{core}: another sender has delivered a key of file {file.file_id}")


def check_new_sender(cursor: Cursor, export: catalogue.Export, file: File, keys: Spool) -> None:
    """FIL-20: a list that says again what another sender's list says may be that list, under a name that is mistyped.

    Lists that name no unit are the same for many offices.
    Raises: FileHeld if the sender is new, and nobody has said that it is meant so.
    """
    if export.owned:
        return
    cursor.execute(statement("load/has_sent_before"), earlier.of_file(file))
    if cursor.fetchone()[0] or earlier.is_confirmed(cursor, file):
        return
    _keys_delivered(cursor, export, keys)
    cursor.execute(
        statement(
            "load/repeats_another",
            core=f"core.{export.thing}",
            same_key=core_tables.same("theirs", "mine", export.key),
            key=export.key[0],
        ),
        earlier.of_file(file),
    )
    found = cursor.fetchone()
    cursor.execute("drop table delivered")
    if found:
        other, repeated, of_rows = found
        raise FileHeld(
            "FIL-20",
            f"Nơi gửi «{file.sender}» chưa từng giao danh sách này, và danh sách lặp lại {repeated} trong {of_rows} mã"
            f" của nơi gửi «{other}». Nạp cả hai thì mọi thứ được tính hai lần, nên tệp được giữ lại. Nếu đây là danh"
            f" sách của «{other}»: đặt tên tệp là {other} rồi giao lại. Nếu đúng là của nơi gửi khác:"
            f' cchc files confirm {file.file_id} --reason "<lý do>"',
        )


def _keys_delivered(cursor: Cursor, export: catalogue.Export, keys: Spool) -> None:
    """The temporary table `delivered`: every key that a snapshot lists."""
    types = core_tables.core_columns(export)
    missing = {"text": "", "date": date(1, 1, 1), "bigint": 0}
    cursor.execute(f"create temp table delivered ({', '.join(f'{k} {types[k]}' for k in export.key)}) on commit drop")
    for block in keys:
        delivered = block.with_columns(pl.col(k).fill_null(missing[types[k]]) for k in export.key)
        cursor.copy_expert("copy delivered from stdin (format csv)", as_csv(delivered).csv)
    cursor.execute("analyze delivered")


def close_what_is_gone(cursor: Cursor, export: catalogue.Export, file: File, keys: Spool) -> int:
    """Move rows that this sender's snapshot no longer holds to the history; how many."""
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    types = core_tables.core_columns(export)
    _keys_delivered(cursor, export, keys)
    cursor.execute(
        statement(
            "load/close_what_is_gone",
            core=core,
            history=history,
            columns=", ".join(types),
            same_key=core_tables.same("stored", "delivered", export.key),
        ),
        {"sender": file.sender, "file_id": file.file_id, "day": file.delivered_on},
    )
    closed = cursor.rowcount
    cursor.execute("drop table delivered")
    return closed
