"""Load: read, check and split one delivered file, and merge its good rows into core.<thing>, in one transaction.

A file is read twice. The first pass only hashes rows: it finds what the sender's last load already holds (most of a nightly
delivery) and which keys are repeated. The second pass types, checks and copies what is left.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from queue import Queue
from threading import Thread

import numpy as np
import polars as pl
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, checking, data_docs, figures, reading, values, warehouse
from etl.errors import FileRejected, RuleFailed
from etl.landing import File

# Hashes of another version of the hashing library mean nothing: such rows are compared by their columns instead.
HASH_VERSION = f"polars {pl.__version__}"
# Up to here the changed rows of a delivery are kept from the first pass, so that there is no second one.
KEPT_ROWS = 50_000
BLOCK_BYTES = 4 << 20


@dataclass
class Outcome:
    """What became of a file's rows."""

    rows_read: int = 0
    rows_loaded: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_closed: int = 0
    failed: dict[tuple[str, str], int] = field(default_factory=dict)  # (rule, column) -> failing rows
    checked: int = 0

    @property
    def status(self) -> str:
        return "accepted_with_errors" if self.rows_quarantined else "accepted"


def load(
    warehouse_url: str,
    file: File,
    *,
    path: Path,
    province: str,
    pseudonym_key: bytes,
    docs: Path | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Outcome:
    """Load one landed file: everything of it, or nothing.

    Input:  `path`: the kept bytes; `docs`: folder for this delivery's Data Docs.
    Raises: FileRejected if the file breaks a file rule; RuleFailed if a rule crashed or its two counts differ.
    """
    export = catalogue.export(file.export)
    task = _Task(warehouse_url, file, export, path, province, pseudonym_key, docs, block_bytes)
    try:
        return _attempt(task, direct=True)
    except UniqueViolation:
        # another sender delivered some of these keys: compare row by row instead of copying straight in
        return _attempt(task, direct=False)


@dataclass(frozen=True)
class _Task:
    warehouse_url: str
    file: File
    export: catalogue.Export
    path: Path
    province: str
    pseudonym_key: bytes
    docs: Path | None
    block_bytes: int


def _attempt(task: _Task, *, direct: bool) -> Outcome:
    file, export = task.file, task.export
    staging_table = f"staging.{export.thing}_{file.file_id}"
    side = warehouse.connect(
        task.warehouse_url
    )  # what must be visible to Great Expectations before the load is committed
    side.autocommit = True
    other_thread = ThreadPoolExecutor(1)
    other_thread.submit(checking.import_great_expectations)  # takes seconds, and reading leaves a core free
    try:
        with warehouse.transaction(task.warehouse_url) as connection, connection.cursor() as cursor:
            known = _known_hashes(cursor, export, file.sender)
            survey = _survey(task, cursor, known)
            references = checking.lookups(connection, export)
            # with nothing of this sender in the table yet, new rows are copied straight into it
            target = f"core.{export.thing}" if direct and not len(known) else _incoming(cursor, export)
            outcome = _copy(task, cursor, side, survey, references, staging_table=staging_table, target=target)
            verdict = other_thread.submit(
                checking.judge, task.warehouse_url, staging_table, export, delivered_on=file.delivered_on
            )
            if target != f"core.{export.thing}":
                outcome.rows_loaded, unchanged = _merge(cursor, export, file)
                outcome.rows_unchanged += unchanged
            if export.delivery == "snapshot":
                outcome.rows_closed = _close_what_is_gone(cursor, export, file, survey.keys)
            figures.fold(cursor, export.thing, _changes(export, file.file_id))
            _compare(task, cursor, outcome, verdict.result())
            _receipt(cursor, file, outcome)
            return outcome
    finally:
        other_thread.shutdown()
        with side.cursor() as cursor:
            cursor.execute(f"drop table if exists {staging_table}")
        side.close()


# --- first pass -------------------------------------------------------------------------------------------------------


@dataclass
class _Survey:
    """What the first pass learned: which rows are candidates for loading, and which keys occur again in the file."""

    raw_hash: np.ndarray
    key_hash: np.ndarray
    is_candidate: np.ndarray
    repeated: np.ndarray  # key hashes that occur with different content
    given_again: np.ndarray  # key hashes that occur more than once
    first_of: dict[int, int]  # raw hash of rows that are given again -> position of the first
    last_of: dict[int, int]  # key hash of rows that are repeated -> position of the last
    keys: pl.DataFrame | None  # snapshots: the keys of all rows of this delivery
    delivered_again: list[str]  # keys of rows that are in quarantine
    kept: list[tuple[int, pl.DataFrame]] | None  # candidates with their position, when there are few

    @property
    def rows(self) -> int:
        return len(self.raw_hash)


def _survey(task: _Task, cursor: Cursor, known: np.ndarray) -> _Survey:
    export = task.export
    whole_file = checking.plan(export).whole_file
    key_columns = replace(export, columns=tuple(c for c in export.columns if c.key))
    raw_hashes, key_hashes, keys, kept, kept_rows, position = [], [], [], [], 0, 0
    open_keys = _open_quarantine(cursor, export)
    delivered_again: list[str] = []
    for block in _ahead(reading.read(task.path, export, block_bytes=task.block_bytes)):
        raw_hash = _row_hash(block.select(c.name for c in export.columns))
        typed_keys = values.typed(block.select("line", *export.key), key_columns).select(export.key)
        raw_hashes.append(raw_hash)
        key_hashes.append(_row_hash(typed_keys))
        if export.delivery == "snapshot":
            keys.append(typed_keys)
        if open_keys is not None:
            again = typed_keys.with_columns(pl.Series("raw_hash", raw_hash)).select(_record_key(export)).to_series()
            delivered_again += again.filter(again.is_in(open_keys)).to_list()
        if kept is not None and len(known) and not whole_file:
            new = ~_is_in(raw_hash, known)
            kept.append((position, block.filter(pl.Series(new)))) if new.any() else None
            kept_rows += int(new.sum())
            if kept_rows > KEPT_ROWS:
                kept = None
        position += block.height
    if not raw_hashes:
        raise FileRejected("FIL-05", "Tệp không có dòng dữ liệu nào. Kiểm tra lại lần kết xuất và gửi lại tệp.")
    raw_hash, key_hash = np.concatenate(raw_hashes), np.concatenate(key_hashes)
    if export.delivery == "snapshot":
        keys += _keys_of_other_parts(task, cursor, key_columns)
        _half_at_least(cursor, task.file, sum(k.height for k in keys))
    given_again = _repeated(key_hash)
    again = np.isin(key_hash, given_again) if len(given_again) else np.zeros(len(key_hash), bool)
    pairs = pl.DataFrame({"key": key_hash[again], "raw": raw_hash[again], "at": np.flatnonzero(again)})
    repeated = pairs.group_by("key").agg(pl.col("raw").n_unique()).filter(pl.col("raw") > 1)["key"].to_numpy()
    first_of = dict(pairs.group_by("raw").agg(pl.col("at").min()).iter_rows())
    last_of = dict(pairs.filter(pl.col("key").is_in(repeated)).group_by("key").agg(pl.col("at").max()).iter_rows())
    is_candidate = np.ones(len(raw_hash), bool) if whole_file else ~_is_in(raw_hash, known) | again
    if kept is not None and (not len(known) or whole_file or again.any()):
        kept = None
    all_keys = pl.concat(keys).unique() if keys else None
    return _Survey(
        raw_hash, key_hash, is_candidate, repeated, given_again, first_of, last_of, all_keys, delivered_again, kept
    )


def _row_hash(frame: pl.DataFrame) -> np.ndarray:
    return frame.hash_rows(seed=2021).to_numpy().view(np.int64)


def _repeated(hashes: np.ndarray) -> np.ndarray:
    ordered = np.sort(hashes)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _is_in(hashes: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Membership in a sorted array: the set is large and the block small, so a search beats building a hash table."""
    if not len(ordered):
        return np.zeros(len(hashes), bool)
    return ordered[np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)] == hashes


def _known_hashes(cursor: Cursor, export: catalogue.Export, sender: str) -> np.ndarray:
    """The row hashes of what core.<thing> holds of this sender, sorted."""
    buffer = io.BytesIO()
    statement = cursor.mogrify(
        f"copy (select c.raw_hash from core.{export.thing} c where c.sender = %s and c.file_id in"
        " (select file_id from landing.file where export = %s and sender = %s and hash_version = %s)) to stdout (format binary)",
        (sender, export.name, sender, HASH_VERSION),
    )
    cursor.copy_expert(statement, buffer)
    # binary COPY: 19 bytes of header, per row a field count, a length and the number, 2 bytes at the end
    row = np.dtype([("fields", ">i2"), ("length", ">i4"), ("hash", ">i8")])
    content = buffer.getbuffer()
    rows = np.frombuffer(content, row, count=(len(content) - 21) // row.itemsize, offset=19)
    return np.sort(rows["hash"].astype(np.int64))


def _half_at_least(cursor: Cursor, file: File, rows: int) -> None:
    """FIL-06: a snapshot that lost half its rows would close them all."""
    cursor.execute(
        "select rows_read, delivered_on from landing.file where export = %s and sender = %s and status like 'accepted%%'"
        " and (delivered_on, file_id) < (%s, %s) order by delivered_on desc, file_id desc limit 1",
        (file.export, file.sender, file.delivered_on, file.file_id),
    )
    if (before := cursor.fetchone()) and rows * 2 < before[0]:
        raise FileRejected(
            "FIL-06",
            f"Tệp chỉ có {rows} dòng, chưa bằng một nửa lần giao ngày {before[1]:%d/%m/%Y} ({before[0]} dòng)."
            " Nạp tệp này sẽ đóng các dòng còn thiếu. Kiểm tra lần kết xuất và gửi lại tệp đầy đủ.",
        )


# --- second pass ------------------------------------------------------------------------------------------------------


FLAGS = ["raw_hash", "key_hash", "key_repeated", "key_given_again", "is_superseded"]


@dataclass
class _Batch:
    """Candidates of one block, ready to be copied."""

    typed: pl.DataFrame
    raw: pl.DataFrame
    failures: pl.DataFrame
    bad: np.ndarray


def _candidates(task: _Task, survey: _Survey) -> Iterator[pl.DataFrame]:
    """Raw rows that are new, changed or repeated, with their hashes."""
    conditions = [c for r in catalogue.rules(task.export.name).values() for c in r.fails.values()]
    repetition_fails = any("key_given_again" in c for c in conditions)

    def marked(block: pl.DataFrame, at: np.ndarray) -> pl.DataFrame:
        raw_hash, key_hash = survey.raw_hash[at], survey.key_hash[at]
        block = block.with_columns(
            pl.Series("raw_hash", raw_hash),
            pl.Series("key_hash", key_hash),
            pl.Series("key_repeated", np.isin(key_hash, survey.repeated)),
            pl.Series("key_given_again", np.isin(key_hash, survey.given_again)),
        )
        if not survey.first_of:
            return block.with_columns(is_superseded=pl.lit(False))
        last = [survey.last_of.get(k, p) for k, p in zip(key_hash.tolist(), at.tolist(), strict=True)]
        block = block.with_columns(is_superseded=pl.Series(np.array(last, np.int64) != at))
        if repetition_fails:
            return block
        # a row that is given again word for word is one row: the first
        first = np.fromiter(
            (survey.first_of.get(h, p) for h, p in zip(raw_hash.tolist(), at.tolist(), strict=True)), np.int64
        )
        return block.filter(pl.Series(first == at))

    if survey.kept is not None:
        for start, block in survey.kept:
            size = next((s for s, _ in survey.kept if s > start), survey.rows)
            at = start + np.flatnonzero(survey.is_candidate[start:size])[: block.height]
            yield marked(block, at)
        return
    if not survey.is_candidate.any():
        return
    position = 0
    for block in reading.read(task.path, task.export, block_bytes=task.block_bytes):
        wanted = survey.is_candidate[position : position + block.height]
        if wanted.any():
            at = position + np.flatnonzero(wanted)
            yield marked(block if wanted.all() else block.filter(pl.Series(wanted)), at)
        position += block.height


def _batches(task: _Task, survey: _Survey, references: dict[str, pl.DataFrame]) -> Iterator[_Batch]:
    export = task.export
    blocks: Iterable[pl.DataFrame] = _candidates(task, survey)
    if checking.plan(export).whole_file:
        together = list(blocks)
        blocks = [pl.concat(together, how="diagonal")] if together else []
    for block in blocks:
        flags = block.select(FLAGS)
        raw = block.drop(FLAGS)
        typed = values.typed(raw, export).hstack(flags)
        failures = checking.failures(typed, raw, export, delivered_on=task.file.delivered_on, lookups=references)
        errors = failures.filter(pl.col("severity") == "error")["line"].unique()
        bad = typed["line"].is_in(errors.implode()).to_numpy() if len(errors) else np.zeros(typed.height, bool)
        yield _Batch(typed, raw, failures, bad)


def _copy(
    task: _Task,
    cursor: Cursor,
    side: Connection,
    survey: _Survey,
    references: dict[str, pl.DataFrame],
    *,
    staging_table: str,
    target: str,
) -> Outcome:
    export, file = task.export, task.file
    outcome = Outcome(rows_read=survey.rows, rows_unchanged=survey.rows - int(survey.is_candidate.sum()))
    columns = list(warehouse.core_columns(export))
    staged = _staged_columns(export)
    years: set[int] = set()
    direct = target.startswith("core.")
    with side.cursor() as side_cursor:
        _create_staging(side_cursor, staging_table, values.typed(_no_rows(export), export), staged)
        for batch in _ahead(_batches(task, survey, references)):
            side_cursor.copy_expert(
                f"copy {staging_table} from stdin (format csv)", _as_csv(batch.typed.select(staged))
            )
            outcome.checked += batch.typed.height
            for rule_id, column, rows in batch.failures.group_by("rule_id", "column_name").len().iter_rows():
                outcome.failed[rule_id, column] = outcome.failed.get((rule_id, column), 0) + rows
            if batch.failures.height:
                violations = batch.failures.select(
                    pl.lit(file.file_id).alias("file_id"), "line", "rule_id", "column_name", "severity", "value"
                )
                cursor.copy_expert(
                    "copy quality.violation (file_id, line, rule_id, column_name, severity, value) from stdin (format csv)",
                    _as_csv(violations),
                )
            good = batch.typed.filter(pl.Series(~batch.bad))
            if batch.bad.any():
                outcome.rows_quarantined += _quarantine(cursor, task, batch)
            if good.height:
                good = _core_rows(good, task)
                if export.partition_by:
                    _partitions(side, export, good[export.partition_by], years)
                # where no rule forbids it a key may come again: the last row counts, the others are its history
                earlier = good.filter("is_superseded").select(
                    *columns, pl.lit(file.file_id), pl.lit(file.delivered_on).alias("on"), pl.lit(False).alias("closed")
                )
                if earlier.height:
                    cursor.copy_expert(
                        f"copy core.{export.thing}_history ({', '.join(columns)}, superseded_by,"
                        " superseded_on, closed) from stdin (format csv)",
                        _as_csv(earlier),
                    )
                    outcome.rows_loaded += earlier.height
                good = good.filter(~pl.col("is_superseded"))
                cursor.copy_expert(
                    f"copy {target} ({', '.join(columns)}) from stdin (format csv)", _as_csv(good.select(columns))
                )
                if direct:
                    outcome.rows_loaded += good.height
    _resolve(cursor, task, survey.delivered_again)
    return outcome


def _ahead(batches: Iterator, depth: int = 2) -> Iterator:
    """The same items, prepared in a thread of their own, so that the parser works while COPY waits for the database."""
    queue: Queue = Queue(depth)
    done = object()
    stop = False

    def work() -> None:
        try:
            for batch in batches:
                if stop:
                    return
                queue.put(batch)
            queue.put(done)
        except BaseException as error:  # handed to the consumer, who raises it
            queue.put(error)

    worker = Thread(target=work, daemon=True)
    worker.start()
    try:
        while (item := queue.get()) is not done:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop = True
        while worker.is_alive():
            while not queue.empty():
                queue.get_nowait()
            worker.join(0.01)


def _as_csv(frame: pl.DataFrame) -> io.BytesIO:
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f")
    buffer.seek(0)
    return buffer


STAGING_TYPES = {
    pl.String: "text",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
}


def _staged_columns(export: catalogue.Export) -> list[str]:
    return list(dict.fromkeys(["line", *export.key, *checking.plan(export).judged, "key_hash", "raw_hash"]))


def _no_rows(export: catalogue.Export) -> pl.DataFrame:
    return pl.DataFrame(schema={"line": pl.Int64} | {c.name: pl.String for c in export.columns})


def _create_staging(cursor: Cursor, table: str, typed: pl.DataFrame, columns: list[str]) -> None:
    """An unlogged table of this load's own: Great Expectations judges it, and nobody else sees it."""
    types = {name: STAGING_TYPES[dtype.base_type()] for name, dtype in typed.schema.items()}
    types |= {"key_hash": "bigint", "raw_hash": "bigint"}
    body = ", ".join(f"{c} {types[c]}" for c in columns)
    cursor.execute(
        f"drop table if exists {table}; create unlogged table {table} ({body}) with (autovacuum_enabled = false)"
    )


def _core_rows(good: pl.DataFrame, task: _Task) -> pl.DataFrame:
    """Typed rows as core.<thing> takes them: province and origin added, identity numbers hashed, keys never null."""
    export, file = task.export, task.file
    hashed = [
        pl.Series(c.name, [_pseudonym(task.pseudonym_key, v) for v in good[c.name].to_list()], pl.String)
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


def _pseudonym(key: bytes, value: str | None) -> str | None:
    """A keyed hash: the same person is recognised again, and without the key nobody can try all numbers."""
    return value and hashlib.blake2b(value.encode(), key=key[:64], digest_size=16).hexdigest()


def _partitions(side: Connection, export: catalogue.Export, days: pl.Series, made: set[int]) -> None:
    needed = set(days.dt.year().unique().to_list()) - made
    if needed:
        warehouse.ensure_partitions(side, export, needed)
        made |= needed


# --- quarantine -------------------------------------------------------------------------------------------------------


def _record_key(export: catalogue.Export) -> pl.Expr:
    """The key of a row as text; a row whose key is not given is known by its content."""
    return (
        pl
        .when(pl.any_horizontal(pl.col(c).is_null() for c in export.key))
        .then(pl.format("#{}", "raw_hash"))
        .otherwise(pl.concat_str([pl.col(c).cast(pl.String) for c in export.key], separator="|"))
        .alias("record_key")
    )


def _quarantine(cursor: Cursor, task: _Task, batch: _Batch) -> int:
    """Keep the bad rows of a block whole, with every rule they break; how many there were."""
    rules = catalogue.rules(task.export.name)
    bad = pl.Series(batch.bad)
    reasons: dict[int, dict[str, None]] = {}
    for line, rule_id in batch.failures.filter(pl.col("severity") == "error").select("line", "rule_id").iter_rows():
        reasons.setdefault(line, {})[rule_id] = None
    keys = batch.typed.filter(bad).select("line", _record_key(task.export))
    header = {c.name: c.header for c in task.export.columns}
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row, (line, record_key) in zip(batch.raw.filter(bad).iter_rows(named=True), keys.iter_rows(), strict=True):
        raw = {header.get(name, name.removeprefix("#")): cell for name, cell in row.items() if name != "line"}
        rule_ids = sorted(reasons[line])
        messages = [rules[r].message for r in rule_ids]
        writer.writerow((
            task.file.file_id,
            line,
            task.export.name,
            record_key,
            json.dumps(raw, ensure_ascii=False),
            _array(rule_ids),
            _array(messages),
        ))
    buffer.seek(0)
    cursor.copy_expert(
        "copy quality.quarantined_row (file_id, line, export, record_key, raw, rule_ids, messages) from stdin (format csv)",
        buffer,
    )
    return keys.height


def _array(items: list[str]) -> str:
    return "{" + ",".join('"' + i.replace("\\", "\\\\").replace('"', '\\"') + '"' for i in items) + "}"


def _open_quarantine(cursor: Cursor, export: catalogue.Export) -> pl.Series | None:
    cursor.execute(
        "select distinct record_key from quality.quarantined_row where export = %s and resolved_by is null",
        (export.name,),
    )
    keys = [key for (key,) in cursor.fetchall()]
    return pl.Series(keys).implode() if keys else None


def _resolve(cursor: Cursor, task: _Task, delivered_again: list[str]) -> None:
    """A quarantined row whose key comes again is settled: by a good row, or by the newer bad one that replaces it."""
    cursor.execute(
        """
        update quality.quarantined_row as before
        set resolved_by = %(file_id)s,
            resolution = case when exists (
                select from quality.quarantined_row as now
                where now.file_id = %(file_id)s and now.record_key = before.record_key
            ) then 'delivered_again' else 'corrected' end
        where export = %(export)s and resolved_by is null and file_id <> %(file_id)s and record_key = any(%(keys)s)
        """,
        {"file_id": task.file.file_id, "export": task.export.name, "keys": delivered_again},
    )


# --- the second count -----------------------------------------------------------------------------------------------


def _compare(task: _Task, cursor: Cursor, outcome: Outcome, verdict: checking.Verdict) -> None:
    """Hold what Great Expectations counted against what our own pass counted; keep both counts of every rule.

    Raises: RuleFailed if they differ.
    """
    export = task.export
    judged = {(j.rule_id, j.column_name): j for j in verdict.judgements}
    differing = [
        f"{rule}/{column}: {outcome.failed.get((rule, column), 0)} rows by our pass, {j.failed} by Great Expectations"
        for (rule, column), j in sorted(judged.items())
        if outcome.failed.get((rule, column), 0) != j.failed
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
            outcome.failed.get((rule, column), 0),
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


def _same(left: str, right: str, columns: Iterable[str]) -> str:
    return " and ".join(f"{left}.{c} = {right}.{c}" for c in columns)


def _merge(cursor: Cursor, export: catalogue.Export, file: File) -> tuple[int, int]:
    """Merge `incoming` into core.<thing> by key; (rows written, rows that were there already).

    Anti-join first: an upsert would lock, and log, every row that has not changed.
    """
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns = ", ".join(warehouse.core_columns(export))
    of_core = ", ".join(f"c.{c}" for c in warehouse.core_columns(export))
    of_incoming = ", ".join(f"i.{c}" for c in warehouse.core_columns(export))
    match = _same("c", "i", warehouse.core_key(export))
    business = warehouse.business_columns(export)
    parameters = {"file_id": file.file_id, "day": file.delivered_on}
    cursor.execute("analyze incoming")
    cursor.execute(
        f"delete from incoming i using {core} c where {match} and "
        f"({', '.join(f'c.{b}' for b in business)}) is not distinct from ({', '.join(f'i.{b}' for b in business)})"
    )
    unchanged = cursor.rowcount
    # another sender delivered the row later than this: what comes now is an earlier version of it
    cursor.execute(
        f"with earlier as (delete from incoming i using {core} c where {match} and c.delivered_on > i.delivered_on"
        f" returning {of_incoming}, c.file_id as superseded_by, c.delivered_on as superseded_on)"
        f" insert into {history} ({columns}, superseded_by, superseded_on, closed) select *, false from earlier"
    )
    loaded = cursor.rowcount
    cursor.execute(
        f"insert into {history} ({columns}, superseded_by, superseded_on, closed)"
        f" select {of_core}, %(file_id)s, %(day)s, false from {core} c join incoming i on {match}",
        parameters,
    )
    cursor.execute(f"delete from {core} c using incoming i where {match}")
    cursor.execute(f"insert into {core} ({columns}) select {columns} from incoming")
    return loaded + cursor.rowcount, unchanged


def _close_what_is_gone(cursor: Cursor, export: catalogue.Export, file: File, keys: pl.DataFrame) -> int:
    """Move rows that this sender's snapshot no longer holds to the history; how many."""
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    types = warehouse.core_columns(export)
    missing = {"text": "", "date": date(1, 1, 1), "bigint": 0}
    cursor.execute(f"create temp table delivered ({', '.join(f'{k} {types[k]}' for k in export.key)}) on commit drop")
    keys = keys.with_columns(pl.col(k).fill_null(missing[types[k]]) for k in export.key)
    cursor.copy_expert("copy delivered from stdin (format csv)", _as_csv(keys))
    columns = ", ".join(types)
    cursor.execute(
        f"with gone as (delete from {core} c where c.sender = %(sender)s"
        f" and not exists (select from delivered d where {_same('c', 'd', export.key)}) returning {columns})"
        f" insert into {history} ({columns}, superseded_by, superseded_on, closed)"
        f" select {columns}, %(file_id)s, %(day)s, true from gone",
        {"sender": file.sender, "file_id": file.file_id, "day": file.delivered_on},
    )
    return cursor.rowcount


def _keys_of_other_parts(task: _Task, cursor: Cursor, key_columns: catalogue.Export) -> list[pl.DataFrame]:
    """The keys in the other parts of the same delivery: a snapshot may come as duc-co.1.csv and duc-co.2.csv."""
    cursor.execute(
        "select distinct on (path) archived_as from landing.file where export = %s and sender = %s and delivered_on = %s"
        " and path <> %s and status in ('landed', 'accepted', 'accepted_with_errors') order by path, file_id desc",
        (task.file.export, task.file.sender, task.file.delivered_on, task.file.path),
    )
    archive = Path(str(task.path).removesuffix(task.file.archived_as))
    return [
        values.typed(block.select("line", *key_columns.key), key_columns).select(key_columns.key)
        for (archived_as,) in cursor.fetchall()
        for block in reading.read(archive / archived_as, task.export)
    ]


def _changes(export: catalogue.Export, file_id: int) -> str:
    """The rows a load put in (sign +1) and took out (sign -1), as a relation."""
    columns = ", ".join(warehouse.core_columns(export))
    return (
        f"(select {columns}, 1 as sign from core.{export.thing} where file_id = {file_id:d}"
        f" union all select {columns}, -1 from core.{export.thing}_history where superseded_by = {file_id:d}"
        f" and file_id <> {file_id:d})"
    )


def _receipt(cursor: Cursor, file: File, outcome: Outcome) -> None:
    message = "Đã nạp đủ các dòng."
    if outcome.rows_quarantined:
        message = f"Có {outcome.rows_quarantined} dòng lỗi được giữ lại, chưa nạp; xem chi tiết: cchc quality --rows {file.file_id}"
    cursor.execute(
        """
        update landing.file
        set status = %s, message = %s, rule_id = null, rows_read = %s, rows_loaded = %s, rows_unchanged = %s,
            rows_quarantined = %s, rows_closed = %s, hash_version = %s, loaded_at = now(),
            seconds = extract(epoch from clock_timestamp() - now())
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
            HASH_VERSION,
            file.file_id,
        ),
    )


# --- order ------------------------------------------------------------------------------------------------------------


def later_files(cursor: Cursor, file: File) -> list[int]:
    """Loaded files of the same sender that must be loaded again after this one, so that the order of arrival does not matter.

    Those delivered on a later day; of a snapshot also parts of the same day that were loaded when this one had not come.
    """
    cursor.execute(
        """
        select other.file_id
        from landing.file as other
        join landing.file as this on this.file_id = %(file_id)s
        where other.export = this.export
            and other.sender = this.sender
            and other.status in ('accepted', 'accepted_with_errors', 'rejected')
            and (
                other.delivered_on > this.delivered_on
                or %(is_snapshot)s
                and other.delivered_on = this.delivered_on
                and other.path <> this.path
                and other.loaded_at < this.landed_at
            )
        order by other.delivered_on, other.file_id
        """,
        {"file_id": file.file_id, "is_snapshot": catalogue.export(file.export).delivery == "snapshot"},
    )
    return [file_id for (file_id,) in cursor.fetchall()]


def rewind(cursor: Cursor, export: catalogue.Export, file_ids: list[int]) -> None:
    """Take the loads of these files back, as if they had not been loaded: they wait again.

    Input: all loads of their sender from some day on; versions that they superseded become current again.
    """
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns = ", ".join(warehouse.core_columns(export))
    of_history = ", ".join(f"h.{c}" for c in warehouse.core_columns(export))
    ids = ", ".join(str(int(i)) for i in file_ids)
    restored = f"superseded_by in ({ids}) and file_id not in ({ids})"
    figures.fold(
        cursor,
        export.thing,
        f"(select {columns}, -1 as sign from {core} where file_id in ({ids})"
        f" union all select {columns}, 1 from {history} where {restored})",
    )
    cursor.execute(f"delete from {core} where file_id in ({ids})")
    cursor.execute(
        f"insert into {core} ({columns}) select {of_history} from {history} h where {restored}"
        f" and not exists (select from {core} c where {_same('c', 'h', warehouse.core_key(export))})"
    )
    cursor.execute(f"delete from {history} where superseded_by in ({ids}) or file_id in ({ids})")
    cursor.execute(
        f"update quality.quarantined_row set resolved_by = null, resolution = null where resolved_by in ({ids})"
    )
    for table in ("quality.result", "quality.violation", "quality.quarantined_row"):
        cursor.execute(f"delete from {table} where file_id in ({ids})")
    cursor.execute(f"update landing.file set status = 'landed', message = '', rule_id = null where file_id in ({ids})")


def stale_files(cursor: Cursor, file: File) -> dict[str, list[int]]:
    """Loaded files whose rows were judged by what this load has now changed, by export: they have to be judged again.

    A row was refused, or warned of, because what it names was not known: it may be known now. A row was accepted because the
    unit existed on its day: the dates of the unit may have been corrected.
    """
    rules = [r for r in catalogue.rules().values() if file.export in r.refers_to and file.export != r.export]
    if not rules:
        return {}
    new, moved = _changed_keys(cursor, catalogue.export(file.export), file.file_id)
    stale: dict[str, set[int]] = {}
    if not new and not moved:
        return {}
    for rule in rules:
        export = catalogue.export(rule.export)
        if rule.layer == "group":  # compares totals: any change may break or mend it
            cursor.execute(f"select distinct file_id from core.{export.thing}")
            stale.setdefault(rule.export, set()).update(i for (i,) in cursor.fetchall())
            continue
        cursor.execute(
            f"select distinct file_id from quality.violation where rule_id = %s and {_named('value')} in"
            f" (select {_named('key')} from unnest(%s) as key)",
            (rule.rule_id, [*new, *moved]),
        )
        stale.setdefault(rule.export, set()).update(i for (i,) in cursor.fetchall())
        if moved and checking.asks_for_days(export, of=file.export):
            columns = " or ".join(f"{column} = any(%(moved)s)" for column in rule.fails)
            cursor.execute(f"select distinct file_id from core.{export.thing} where {columns}", {"moved": moved})
            stale[rule.export].update(i for (i,) in cursor.fetchall())
    return {export: sorted(ids) for export, ids in stale.items() if ids}


def _named(code: str) -> str:
    """What a code names, in SQL: stray spaces aside; of a procedure (2.000635.000.00.00.H21) the national code."""
    return rf"coalesce(substring({code}, '^\s*(\d\.\d{{6}})'), regexp_replace({code}, '\s', '', 'g'))"


def _changed_keys(cursor: Cursor, export: catalogue.Export, file_id: int) -> tuple[list[str], list[str]]:
    """First key column of the rows that this load brought anew, and of those whose dates it changed or that it closed."""
    key = export.key[0]
    days = [c.name for c in export.columns if c.type == "date"]
    moved = " or ".join(f"c.{d} is distinct from h.{d}" for d in days) or "false"
    cursor.execute(
        f"select c.{key}, h.{key} is null from core.{export.thing} c left join core.{export.thing}_history h"
        f" on h.superseded_by = {file_id:d} and {_same('c', 'h', warehouse.core_key(export))}"
        f" where c.file_id = {file_id:d} and (h.{key} is null or {moved})"
        f" union all select {key}, false from core.{export.thing}_history where superseded_by = {file_id:d} and closed"
    )
    rows = cursor.fetchall()
    return [k for k, is_new in rows if is_new], [k for k, is_new in rows if not is_new]
