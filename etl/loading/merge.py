"""Merge staging into core.<thing> by key; the version before goes to its history."""

from datetime import date

import polars as pl
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.landing.receipts import File
from etl.loading import earlier
from etl.loading.batches import as_csv
from etl.loading.repetitions import Spool
from etl.warehouse import core_tables, locks


def incoming(cursor: Cursor, export: catalogue.Export) -> str:
    cursor.execute(f"create temp table incoming (like core.{export.thing} including defaults) on commit drop")
    return "incoming"


def merge_staged(cursor: Cursor, export: catalogue.Export, file: File) -> int:
    """Merge `incoming` into core.<thing> by key; how many rows were written.

    Anti-join first: an upsert would lock, and log, every row that has not changed.
    """
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns = ", ".join(core_tables.core_columns(export))
    of_core = ", ".join(f"c.{c}" for c in core_tables.core_columns(export))
    of_incoming = ", ".join(f"i.{c}" for c in core_tables.core_columns(export))
    business = core_tables.business_columns(export)
    match = core_tables.same("c", "i", core_tables.core_key(export))
    as_before = (
        f"{match} and ({', '.join(f'c.{b}' for b in business)})"
        f" is not distinct from ({', '.join(f'i.{b}' for b in business)})"
    )
    # few rows meet many, which are in memory or on a fast disk: look each up
    cursor.execute("set local random_page_cost = 1.1; analyze incoming")
    # spelled differently, or hashed by another version: known from now on by how it came last
    cursor.execute(
        f"update {core} c set raw_hash = i.raw_hash from incoming i where {as_before} and c.raw_hash <> i.raw_hash"
    )
    cursor.execute(
        "update landing.file set hash_version = %(now)s where export = %(export)s and sender = %(sender)s"
        " and hash_version <> %(now)s",
        {"now": earlier.hash_version(export), "export": export.name, "sender": file.sender},
    )
    # what was said before another sender said the same is no repetition: it is the earlier version
    cursor.execute(
        f"with again as (delete from incoming i using {core} c where {as_before}"
        f" and (i.delivered_on, i.sender) >= (c.delivered_on, c.sender) returning c.sender, c.file_id)"
        " insert into landing.said_again select distinct %(file_id)s, file_id from again where sender <> %(sender)s"
        " on conflict do nothing",
        {"file_id": file.file_id, "sender": file.sender},
    )
    # another sender delivered the row later than this (on one day: the one who is read later): what comes now is an
    # earlier version of it
    cursor.execute(
        f"with earlier as (delete from incoming i using {core} c where {match}"
        f" and (c.delivered_on, c.sender) > (i.delivered_on, i.sender)"
        f" returning {of_incoming}, c.file_id as superseded_by, c.delivered_on as superseded_on)"
        f" insert into {history} ({columns}, superseded_by, superseded_on, closed) select *, false from earlier"
    )
    written = cursor.rowcount
    cursor.execute(
        f"insert into {history} ({columns}, superseded_by, superseded_on, closed)"
        f" select {of_core}, %(file_id)s, %(day)s, false from {core} c join incoming i on {match}",
        {"file_id": file.file_id, "day": file.delivered_on},
    )
    cursor.execute(f"delete from {core} c using incoming i where {match}")
    cursor.execute(f"insert into {core} ({columns}) select {columns} from incoming")
    written += cursor.rowcount
    cursor.execute("drop table incoming")  # the same transaction may load another file
    return written


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
    cursor.execute(
        f"select exists (select from {core} as mine inner join {core} as other"
        f" on {core_tables.same('mine', 'other', core_tables.core_key(export))} and other.file_id <> mine.file_id"
        f" where mine.file_id = {file.file_id:d})"
    )
    if cursor.fetchone()[0]:
        raise UniqueViolation(f"{core}: another sender has delivered a key of file {file.file_id}")


def close_what_is_gone(cursor: Cursor, export: catalogue.Export, file: File, keys: Spool) -> int:
    """Move rows that this sender's snapshot no longer holds to the history; how many."""
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    types = core_tables.core_columns(export)
    missing = {"text": "", "date": date(1, 1, 1), "bigint": 0}
    cursor.execute(f"create temp table delivered ({', '.join(f'{k} {types[k]}' for k in export.key)}) on commit drop")
    for block in keys:
        delivered = block.with_columns(pl.col(k).fill_null(missing[types[k]]) for k in export.key)
        cursor.copy_expert("copy delivered from stdin (format csv)", as_csv(delivered).csv)
    cursor.execute("analyze delivered")
    columns = ", ".join(types)
    cursor.execute(
        f"with gone as (delete from {core} c where c.sender = %(sender)s"
        f" and not exists (select from delivered d where {core_tables.same('c', 'd', export.key)}) returning {columns})"
        f" insert into {history} ({columns}, superseded_by, superseded_on, closed)"
        f" select {columns}, %(file_id)s, %(day)s, true from gone",
        {"sender": file.sender, "file_id": file.file_id, "day": file.delivered_on},
    )
    closed = cursor.rowcount
    cursor.execute("drop table delivered")
    return closed


def changes(export: catalogue.Export, file_id: int) -> str:
    """The rows a load put in (sign +1) and took out (sign -1), as a relation."""
    columns = ", ".join(core_tables.core_columns(export))
    return (
        f"(select {columns}, 1 as sign from core.{export.thing} where file_id = {file_id:d}"
        f" union all select {columns}, -1 from core.{export.thing}_history where superseded_by = {file_id:d}"
        f" and file_id <> {file_id:d})"
    )
