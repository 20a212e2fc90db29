"""Load: check and split one delivered file, and merge its good rows into core.<thing>, in the caller's transaction.

The first pass (etl/surveying.py) says which rows are new, changed or given again. This is the second: those are typed,
checked and copied while the next block is prepared, and counted a second time by Great Expectations.
"""

import csv
import io
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
import psycopg2
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, data_docs, figures, surveying
from etl.errors import RuleFailed
from etl.landing.receipts import File
from etl.masking import Names
from etl.pseudonyms import keyed_hashes
from etl.reading import bounds, prefetch, values
from etl.rules import conditions, second_count
from etl.surveying import Spool, Survey
from etl.warehouse import core_tables, database, locks

BATCH_ROWS = 8_000
BATCH_BYTES = 8 << 20
LIST_ROWS = 100_000  # of exports whose rows are all compared with one another: lists of units, of quotas
LIST_BYTES = 32 << 20


@dataclass
class Outcome:
    """What became of a file's rows."""

    rows_read: int = 0
    rows_loaded: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_closed: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)  # (rule, column) -> failing rows
    grown: list[str] = field(default_factory=list)  # tables to be analysed once all is committed

    @property
    def status(self) -> str:
        return "accepted_with_errors" if self.rows_quarantined else "accepted"


@dataclass(frozen=True)
class Task:
    """One landed file to be loaded, and what that needs."""

    warehouse_url: str
    file: File
    path: Path  # its kept bytes
    province: str
    pseudonym_key: bytes
    docs: Path | None = None  # folder for this delivery's Data Docs

    @property
    def export(self) -> catalogue.Export:
        return catalogue.export(self.file.export)


def load(cursor: Cursor, task: Task, *, direct: bool) -> Outcome:
    """Load one landed file: everything of it, in the transaction of the cursor.

    Input:  `direct`: rows of a sender that has none yet may be copied straight in; if another one delivered some of
            their keys, that ends in a UniqueViolation, and the transaction has to be tried again without.
    Raises: FileRejected if the file breaks a file rule, FileHeld if a person must say whether it is meant so;
            RuleFailed if a rule crashed or its two counts differ.
    """
    file, export, began = task.file, task.export, time.monotonic()
    core, staging = f"core.{export.thing}", f"staging.{export.thing}_{file.file_id}"
    side = database.connect(task.warehouse_url)  # what others must see before the load is committed
    side.autocommit = True
    beside = ThreadPoolExecutor(1)
    beside.submit(
        second_count.suite, export, file.delivered_on
    )  # importing takes seconds, and reading leaves a core free
    asked: dict[str, str] = {}
    try:
        with closing(Spool(task.path.parent)) as spool, closing(Spool(task.path.parent)) as keys:
            survey = surveying.survey(cursor, file, task.path, spool, keys)
            # with nothing of this sender in the table yet, new rows are copied straight into it
            target = core if direct and survey.is_first else _incoming(cursor, export)
            references = conditions.lookups_of(cursor.connection, export)
            if export.delivery == "snapshot" and conditions.plan(export).at_once:
                references["delivered"] = _whole(keys, 10 * LIST_ROWS).unique()
            asked |= _asked_of_itself(cursor, side, task, staging, keys)
            outcome = _copy(task, cursor, side, _batches(task, survey, references), staging=staging, target=target)
            outcome.rows_read = survey.rows
            verdict = beside.submit(
                second_count.judge,
                task.warehouse_url,
                staging,
                export,
                delivered_on=file.delivered_on,
                instead=asked,
            )
            _resolve(cursor, task, survey.delivered_again)
            if target != core:
                outcome.rows_loaded += _merge(cursor, export, file)
            if export.delivery == "snapshot":
                outcome.rows_closed = _close_what_is_gone(cursor, export, file, keys)
            outcome.rows_unchanged = outcome.rows_read - outcome.rows_loaded - outcome.rows_quarantined
            outcome.grown = figures.fold(cursor, export.thing, _changes(export, file.file_id))
            _compare(task, cursor, outcome, verdict.result())
            _receipt(cursor, file, outcome, seconds=time.monotonic() - began)
        return outcome
    finally:
        beside.shutdown()
        with side.cursor() as side_cursor:
            side_cursor.execute(f"drop table if exists {', '.join([staging, *asked.values()])}")
        side.close()


def _asked_of_itself(cursor: Cursor, side: Connection, task: Task, staging: str, keys: Spool) -> dict[str, str]:
    """Copies of the tables that the suite of an export asks of itself, by the names that the suite gives them.

    Great Expectations looks from a connection of its own. There the rows still stand that this transaction has taken
    back to load them again, and the parts of a delivery do not stand yet.
    """
    export = task.export
    if not any(export.name in rule.refers_to for rule in catalogue.rules(export.name).values()):
        return {}
    queries = " ".join(
        getattr(e, "unexpected_rows_query", None) or ""
        for e in second_count.suite(export, task.file.delivered_on).expectations
    )
    asked: dict[str, str] = {}
    with side.cursor() as side_cursor:
        for name in sorted(set(re.findall(r"\bcore\.\w+", queries))):
            asked[name] = f"{staging}_{name.removeprefix('core.')}"
            _copy_beside(cursor, side_cursor, f"table {name}", f"like {name}", asked[name])
        if second_count.DELIVERED in queries:
            types = core_tables.core_columns(export)
            asked[second_count.DELIVERED] = f"{staging}_delivered"
            side_cursor.execute(
                f"drop table if exists {staging}_delivered; create unlogged table {staging}_delivered"
                f" ({', '.join(f'{k} {types[k]}' for k in export.key)})"
            )
            for block in keys:
                side_cursor.copy_expert(f"copy {staging}_delivered from stdin (format csv)", _rows(block).csv)
    return asked


def _copy_beside(cursor: Cursor, side_cursor: Cursor, query: str, columns: str, table: str) -> None:
    """What a query gives inside this transaction, as a table that others see."""
    with tempfile.TemporaryFile() as copied:
        cursor.copy_expert(f"copy ({query}) to stdout", copied)
        copied.seek(0)
        side_cursor.execute(f"drop table if exists {table}; create unlogged table {table} ({columns})")
        side_cursor.copy_expert(f"copy {table} from stdin", copied)


# --- rows on their way ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rows:
    """Rows as COPY takes them."""

    count: int
    csv: io.BytesIO


@dataclass(frozen=True)
class _Batch:
    """The candidates of one block, checked and split, ready to be copied."""

    failed: Counter[tuple[str, str]]
    years: set[int]  # of which core.<thing> needs a partition
    staged: _Rows  # what Great Expectations judges
    violations: _Rows
    quarantined: _Rows
    good: _Rows
    earlier: _Rows  # good rows that a later row of the same file replaces: its history


def _batches(task: Task, survey: Survey, references: dict[str, pl.DataFrame]) -> Iterator[_Batch]:
    export = task.export
    names = Names()
    plan = conditions.plan(export)
    candidates = survey.candidates(export, task.path)
    if plan.whole_file and not plan.at_once:
        typed = (values.typed(b.drop(surveying.FLAGS), export).hstack(b.select("raw_hash")) for b in candidates)
        references = references | conditions.gathered(typed, export)
        candidates = survey.candidates(export, task.path)
    for block in [_whole(candidates)] if plan.at_once else _together(candidates):
        yield _batch(task, block, references, names)


def _together(blocks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in fewer blocks: where few rows of each changed, the rules would cost more than the rows.

    And in more, where a block has many short rows: each that breaks rules is written with all that they say.
    """
    waiting: list[pl.DataFrame] = []
    rows = size = 0
    for part in (part for block in blocks for part in block.iter_slices(2 * BATCH_ROWS)):
        waiting.append(part)
        rows, size = rows + part.height, size + part.estimated_size()
        if rows >= BATCH_ROWS or size >= BATCH_BYTES:
            yield pl.concat(waiting, how="diagonal")
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pl.concat(waiting, how="diagonal")


def _whole(blocks: Iterable[pl.DataFrame], most: int = LIST_ROWS) -> pl.DataFrame:
    """All rows of a list, or of its parts together.

    Raises: FileRejected FIL-01 if there are more than can be held at once.
    """
    held: list[pl.DataFrame] = []
    rows = size = 0
    for block in blocks:
        held.append(block)
        rows, size = rows + block.height, size + block.estimated_size()
        if rows > most or size > LIST_BYTES:
            raise bounds.long_list(most)
    return pl.concat(held, how="diagonal")


def _batch(task: Task, block: pl.DataFrame, references: dict[str, pl.DataFrame], names: Names) -> _Batch:
    export, file = task.export, task.file
    raw = block.drop(surveying.FLAGS)
    typed = values.typed(raw, export).hstack(block.select(surveying.FLAGS))
    failures = conditions.failures(typed, raw, export, delivered_on=file.delivered_on, lookups=references, names=names)
    errors = failures.filter(pl.col("severity") == "error")
    is_bad = typed["line"].is_in(errors["line"].unique().implode())
    good = _core_rows(typed.filter(~is_bad), task)
    columns = list(core_tables.core_columns(export))
    days = good[export.partition_by] if export.partition_by else pl.Series([], dtype=pl.Date)
    return _Batch(
        failed=Counter(dict(_by_rule(failures))),
        years=set(days.dt.year().unique().to_list()),
        staged=_rows(typed.select(_staged_columns(export))),
        violations=_rows(failures.select(pl.lit(file.file_id), "line", "rule_id", "column_name", "severity", "value")),
        quarantined=_quarantined(task, typed.filter(is_bad), raw.filter(is_bad), errors),
        good=_rows(good.filter(~pl.col("is_superseded")).select(columns)),
        earlier=_rows(
            good.filter("is_superseded").select(
                *columns,
                pl.lit(file.file_id).alias("superseded_by"),
                pl.lit(file.delivered_on).alias("superseded_on"),
                pl.lit(False).alias("closed"),
            )
        ),
    )


def _by_rule(failures: pl.DataFrame) -> Iterator[tuple[tuple[str, str], int]]:
    for rule_id, column_name, rows in failures.group_by("rule_id", "column_name").len().iter_rows():
        yield (rule_id, column_name), rows


def _rows(frame: pl.DataFrame) -> _Rows:
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f")
    buffer.seek(0)
    return _Rows(frame.height, buffer)


def _copy(
    task: Task, cursor: Cursor, side: Connection, batches: Iterator[_Batch], *, staging: str, target: str
) -> Outcome:
    export = task.export
    outcome = Outcome()
    columns = ", ".join(core_tables.core_columns(export))
    history = f"core.{export.thing}_history ({columns}, superseded_by, superseded_on, closed)"
    # ahead: nobody's load has to wait for a table to be made on New Year's night
    made = {task.file.delivered_on.year, task.file.delivered_on.year + 1} if export.partition_by else set()
    core_tables.ensure_partitions(side, export, made)
    with side.cursor() as side_cursor, ThreadPoolExecutor(1) as beside:
        _create_staging(side_cursor, staging, export)
        for batch in prefetch.ahead(batches):
            staged = beside.submit(_copy_rows, side_cursor, staging, batch.staged)
            _copy_rows(cursor, _VIOLATIONS, batch.violations)
            _copy_rows(cursor, _QUARANTINE, batch.quarantined)
            _copy_rows(cursor, history, batch.earlier)
            staged.result()
            if batch.years - made:
                core_tables.ensure_partitions(side, export, batch.years - made)
                made |= batch.years
            _copy_rows(cursor, f"{target} ({columns})", batch.good)
            outcome.failed += batch.failed
            outcome.rows_quarantined += batch.quarantined.count
            outcome.rows_loaded += batch.earlier.count + (batch.good.count if target.startswith("core.") else 0)
    return outcome


_VIOLATIONS = "quality.violation (file_id, line, rule_id, column_name, severity, value)"
_QUARANTINE = "quality.quarantined_row (file_id, line, export, record_key, raw, rule_ids, messages)"


def _copy_rows(cursor: Cursor, into: str, rows: _Rows) -> None:
    if rows.count:
        try:
            cursor.copy_expert(f"copy {into} from stdin (format csv)", rows.csv)
        except psycopg2.Error as error:  # its CONTEXT quotes the row, its message perhaps a value
            said = error.diag.message_primary or "COPY failed"
            if isinstance(error, psycopg2.DataError):  # it never gets better: the file waits, the others go on
                said = said.partition('"')[0].strip()  # others quote a file or a table, and then say why
                raise RuleFailed(f"{into.split(' ')[0]}: the database refuses a row of this file ({said}).") from None
            raise type(error)(said) from None


STAGING_TYPES = {
    pl.String: "text",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
}


def _staged_columns(export: catalogue.Export) -> list[str]:
    return list(dict.fromkeys(["line", *export.key, *conditions.plan(export).judged, "key_hash", "raw_hash"]))


def _create_staging(cursor: Cursor, table: str, export: catalogue.Export) -> None:
    """An unlogged table of this load's own: Great Expectations judges it, and nobody else sees it."""
    no_rows = pl.DataFrame(schema={"line": pl.Int64} | {c.name: pl.String for c in export.columns})
    schema = values.typed(no_rows, export).schema | {"key_hash": pl.Int64(), "raw_hash": pl.Int64()}
    body = ", ".join(f"{c} {STAGING_TYPES[schema[c].base_type()]}" for c in _staged_columns(export))
    cursor.execute(
        f"drop table if exists {table}; create unlogged table {table} ({body}) with (autovacuum_enabled = false)"
    )


def _core_rows(good: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Typed rows as core.<thing> takes them: province and origin added, identity numbers hashed, keys never null."""
    export, file = task.export, task.file
    hashed = [
        pl.Series(c.name, keyed_hashes(task.pseudonym_key, good[c.name].to_list()), pl.String)
        for c in export.loaded
        if c.personal == "id"
    ]
    missing = {"text": "", "code": "", "date": date(1, 1, 1), "integer": 0}
    return good.with_columns(
        pl.lit(task.province).alias("province_code"),
        pl.lit(file.sender).alias("sender"),
        pl.lit(file.delivered_on).alias("delivered_on"),
        pl.lit(file.file_id).alias("file_id"),
        *hashed,
        *(pl.col(c.name).fill_null(missing[c.type]) for c in export.columns if c.key),
    )


# --- quarantine -------------------------------------------------------------------------------------------------------


def _quarantined(task: Task, typed: pl.DataFrame, raw: pl.DataFrame, errors: pl.DataFrame) -> _Rows:
    """The bad rows of a block, whole, each with every rule it breaks."""
    rules = catalogue.rules(task.export.name)
    reasons: dict[int, set[str]] = {}
    for line, rule_id in errors.select("line", "rule_id").iter_rows():
        reasons.setdefault(line, set()).add(rule_id)
    keys = pl.DataFrame([typed["line"], surveying.record_keys(typed, task.export).alias("record_key")])
    header = {c.name: c.header for c in task.export.columns}
    text = io.StringIO()
    writer = csv.writer(text)
    for row, (line, record_key) in zip(raw.iter_rows(named=True), keys.iter_rows(), strict=True):
        as_delivered = {header.get(name, name.removeprefix("#")): cell for name, cell in row.items() if name != "line"}
        rule_ids = sorted(reasons[line])
        messages = [rules[r].message for r in rule_ids]
        writer.writerow((
            task.file.file_id,
            line,
            task.export.name,
            record_key,
            json.dumps(as_delivered, ensure_ascii=False),
            _array(rule_ids),
            _array(messages),
        ))
    return _Rows(keys.height, io.BytesIO(text.getvalue().encode()))


def _array(items: list[str]) -> str:
    return "{" + ",".join('"' + i.replace("\\", "\\\\").replace('"', '\\"') + '"' for i in items) + "}"


def _resolve(cursor: Cursor, task: Task, delivered_again: list[str]) -> None:
    """A quarantined row whose key comes again is settled: by a good row, or by the newer bad one that replaces it.

    Only its own sender settles it; and not another part of the same delivery, which says nothing new of it.
    """
    if not delivered_again:
        return
    cursor.execute(
        f"""
        update quality.quarantined_row as before
        set resolved_by = %(file_id)s,
            resolution = case when exists (
                select from quality.quarantined_row as now
                where now.file_id = %(file_id)s and now.record_key = before.record_key
            ) then 'delivered_again' else 'corrected' end
        where before.export = %(export)s and before.resolved_by is null and before.record_key = any(%(keys)s)
            and before.file_id in ({surveying.EARLIER_FILES})
        """,
        surveying.of_file(task.file) | {"keys": delivered_again},
    )


# --- the second count -----------------------------------------------------------------------------------------------


def _compare(task: Task, cursor: Cursor, outcome: Outcome, verdict: second_count.Verdict) -> None:
    """Hold what Great Expectations counted against what our own pass counted; keep both counts of every rule.

    Raises: RuleFailed if they differ.
    """
    export = task.export
    judged = {(j.rule_id, j.column_name): j for j in verdict.judgements}
    differing = [
        f"{rule}/{column}: {outcome.failed[rule, column]} rows by our pass, {j.failed} by Great Expectations"
        for (rule, column), j in sorted(judged.items())
        if outcome.failed[rule, column] != j.failed
    ]
    if differing:
        raise RuleFailed(
            f"{export.name}, file {task.file.file_id}: the two counts of a rule differ: {'; '.join(differing)}."
        )
    rows = [
        (
            task.file.file_id,
            rule,
            column,
            catalogue.rules()[rule].severity,
            j.checked,
            outcome.failed[rule, column],
            j.failed,
        )
        for (rule, column), j in judged.items()
    ]
    rows += [
        (task.file.file_id, r.rule_id, "", r.severity, outcome.rows_read, 0, None)
        for r in catalogue.rules("*").values()
    ]
    cursor.executemany("insert into quality.result values (%s, %s, %s, %s, %s, %s, %s)", rows)
    if task.docs:
        data_docs.write(
            verdict,
            task.docs,
            file=task.file,
            rows_read=outcome.rows_read,
            rows_unchanged=outcome.rows_unchanged,
            rows_quarantined=outcome.rows_quarantined,
        )


# --- merge ------------------------------------------------------------------------------------------------------------


def _incoming(cursor: Cursor, export: catalogue.Export) -> str:
    cursor.execute(f"create temp table incoming (like core.{export.thing} including defaults) on commit drop")
    return "incoming"


def _merge(cursor: Cursor, export: catalogue.Export, file: File) -> int:
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
        {"now": surveying.hash_version(export), "export": export.name, "sender": file.sender},
    )
    # what was said before another sender said the same is no repetition: it is the earlier version
    cursor.execute(
        f"delete from incoming i using {core} c where {as_before}"
        f" and (i.delivered_on, i.sender) >= (c.delivered_on, c.sender)"
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


def _close_what_is_gone(cursor: Cursor, export: catalogue.Export, file: File, keys: Spool) -> int:
    """Move rows that this sender's snapshot no longer holds to the history; how many."""
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    types = core_tables.core_columns(export)
    missing = {"text": "", "date": date(1, 1, 1), "bigint": 0}
    cursor.execute(f"create temp table delivered ({', '.join(f'{k} {types[k]}' for k in export.key)}) on commit drop")
    for block in keys:
        delivered = block.with_columns(pl.col(k).fill_null(missing[types[k]]) for k in export.key)
        cursor.copy_expert("copy delivered from stdin (format csv)", _rows(delivered).csv)
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


def _changes(export: catalogue.Export, file_id: int) -> str:
    """The rows a load put in (sign +1) and took out (sign -1), as a relation."""
    columns = ", ".join(core_tables.core_columns(export))
    return (
        f"(select {columns}, 1 as sign from core.{export.thing} where file_id = {file_id:d}"
        f" union all select {columns}, -1 from core.{export.thing}_history where superseded_by = {file_id:d}"
        f" and file_id <> {file_id:d})"
    )


def _receipt(cursor: Cursor, file: File, outcome: Outcome, *, seconds: float) -> None:
    message = "Đã nạp đủ các dòng."
    if outcome.rows_quarantined:
        message = (
            f"Có {outcome.rows_quarantined} dòng lỗi được giữ lại, chưa nạp;"
            f" xem chi tiết: cchc quality --rows {file.file_id}"
        )
    cursor.execute(
        """
        update landing.file
        set status = %s, message = %s, rule_id = null, reload_reason = null, rows_read = %s, rows_loaded = %s,
            rows_unchanged = %s, rows_quarantined = %s, rows_closed = %s, hash_version = %s, loaded_at = now(),
            seconds = %s
        where file_id = %s
        """,
        (
            outcome.status,
            message,
            outcome.rows_read,
            outcome.rows_loaded,
            outcome.rows_unchanged,
            outcome.rows_quarantined,
            outcome.rows_closed,
            surveying.hash_version(catalogue.export(file.export)),
            seconds,
            file.file_id,
        ),
    )
