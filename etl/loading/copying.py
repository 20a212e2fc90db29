"""Batches are copied into staging, quality.violation and quality.quarantined_row, while the next ones are judged."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import RuleFailed
from etl.loading.batches import (
    DECIDED,
    STAGING_TYPES,
    VIOLATION,
    Batch,
    Outcome,
    Rows,
    Task,
    is_no_by_default,
    staged_columns,
)
from etl.reading import prefetch, values
from etl.rules import conditions
from etl.warehouse import core_tables


def copy_batches(
    task: Task, cursor: Cursor, side: Connection, batches: Iterator[Batch], *, staging: str, target: str
) -> Outcome:
    export = task.export
    outcome = Outcome()
    # ahead: nobody's load has to wait for a table to be made on New Year's night
    made = {task.file.delivered_on.year, task.file.delivered_on.year + 1} if export.partition_by else set()
    core_tables.ensure_partitions(side, export, made)
    with side.cursor() as side_cursor, ThreadPoolExecutor(1) as beside:
        create_staging(side_cursor, staging, export)
        for batch in prefetch.ahead(batches):
            staged = beside.submit(copy_rows, side_cursor, _named(staging, batch.staged), batch.staged)
            copy_rows(cursor, _VIOLATIONS, batch.violations)
            copy_rows(cursor, _QUARANTINE, batch.quarantined)
            copy_rows(cursor, _DECIDED, batch.decided)
            if batch.left_out:
                cursor.execute(
                    "update quality.quarantined_row set resolved_by = file_id, resolution = 'discarded'"
                    " where file_id = %s and line = any(%s)",
                    (task.file.file_id, batch.left_out),
                )
            copy_rows(cursor, _named(f"core.{export.thing}_history", batch.earlier), batch.earlier)
            staged.result()
            if batch.years - made:
                core_tables.ensure_partitions(side, export, batch.years - made)
                made |= batch.years
            copy_rows(cursor, _named(target, batch.good), batch.good)
            outcome.failed += batch.failed
            outcome.unknown |= batch.unknown
            outcome.read_by |= batch.read_by
            outcome.waits_for_words |= batch.waits_for_words
            outcome.rows_quarantined += batch.quarantined.count
            outcome.rows_left_out += len(batch.left_out)
            outcome.rows_loaded += batch.earlier.count + (batch.good.count if target.startswith("core.") else 0)
    return outcome


_VIOLATIONS = f"quality.violation ({', '.join(VIOLATION)})"
_DECIDED = f"quality.decided_row ({', '.join(DECIDED)})"
_QUARANTINE = "quality.quarantined_row (file_id, line, export, record_key, raw, rule_ids, messages)"


def _named(table: str, rows: Rows) -> str:
    return f"{table} ({', '.join(rows.columns)})"


def copy_rows(cursor: Cursor, into: str, rows: Rows) -> None:
    if rows.count:
        try:
            cursor.copy_expert(f"copy {into} from stdin (format csv)", rows.csv)
        except psycopg2.Error as error:  # its CONTEXT quotes the row, its message perhaps a value
            said = error.diag.message_primary or "COPY failed"
            if isinstance(error, psycopg2.DataError):  # it never gets better: the file waits, the others go on
                said = said.partition('"')[0].strip()  # others quote a file or a table, and then say why
                raise RuleFailed(f"{into.split(' ')[0]}: the database refuses a row of this file ({said}).") from None
            raise type(error)(said) from None


def create_staging(cursor: Cursor, table: str, export: catalogue.Export) -> None:
    """An unlogged table of this load's own: Great Expectations judges it, and nobody else sees it."""
    no_rows = pl.DataFrame(schema={"line": pl.Int64} | {c.name: pl.String for c in export.columns})
    added = {"key_hash": pl.Int64(), "raw_hash": pl.Int64(), conditions.OTHER_CELLS: pl.Boolean()}
    schema = values.typed(no_rows, export).schema | added
    body = ", ".join(
        f"{c} {STAGING_TYPES[schema[c].base_type()]}{' default false' if is_no_by_default(c) else ''}"
        for c in staged_columns(export)
    )
    cursor.execute(
        f"drop table if exists {table}; create unlogged table {table} ({body}) with (autovacuum_enabled = false)"
    )
