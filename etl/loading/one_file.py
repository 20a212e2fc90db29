"""Load: check and split one delivered file, and merge its good rows into core.<thing>, in the caller's transaction.

The first pass (first_pass.py) says which rows are new, changed or given again. This is the second: those are typed,
checked and copied while the next block is prepared, and counted a second time by Great Expectations.
"""

import json
import re
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import RuleFailed
from etl.figures import counts
from etl.landing.receipts import File
from etl.loading import decided, earlier, first_pass, words
from etl.loading.batches import LIST_ROWS, Outcome, Task, as_csv, judged_batches, whole_file
from etl.loading.copying import copy_batches
from etl.loading.merge import check_new_sender, close_what_is_gone, incoming, merge_staged
from etl.loading.repetitions import Spool
from etl.reading.header import Placement
from etl.reports import data_docs
from etl.rules import conditions, derivations, second_count
from etl.warehouse import core_tables, database


def load(cursor: Cursor, task: Task, *, direct: bool) -> Outcome:
    """Load one landed file: everything of it, in the transaction of the cursor.

    Input:  `direct`: rows of a sender that has none yet may be copied straight in; if another one delivered some of
            their keys, that ends in a UniqueViolation, and the transaction has to be tried again without.
    Raises: FileRejected if the file breaks a file rule, FileHeld if a person must say whether it is meant so;
            RuleFailed if a rule crashed or its two counts differ.
    """
    file, export, began = task.file, task.export, time.monotonic()
    core, staging = f"core.{export.thing}", f"staging.{export.thing}_{file.file_id}"
    with database.opened(task.warehouse_url) as side:  # for what others must see before the load is committed
        side.autocommit = True
        beside = ThreadPoolExecutor(1)
        beside.submit(
            second_count.suite, export, file.delivered_on
        )  # importing takes seconds, and reading leaves a core free
        asked: dict[str, str] = {}
        try:
            with closing(Spool(task.path.parent)) as spool, closing(Spool(task.path.parent)) as keys:
                decisions = decided.of_file(cursor, file, task.pseudonym_key)
                survey = first_pass.survey(cursor, file, task.path, spool, keys, decisions)
                if export.delivery == "snapshot":
                    check_new_sender(cursor, export, file, keys)
                # with nothing of this sender in the table yet, new rows are copied straight into it
                target = core if direct and survey.is_first else incoming(cursor, export)
                references = conditions.lookups_of(cursor.connection, export)
                layout, absent = survey.placement.layout, survey.placement.absent(export)
                if layout:
                    references |= derivations.lists_of(cursor.connection, export, layout)
                not_run = conditions.not_run(export, absent, layout.derived if layout else ())
                if export.delivery == "snapshot" and conditions.plan(export).at_once:
                    references["delivered"] = whole_file(keys, 10 * LIST_ROWS).unique()
                asked |= _asked_of_itself(cursor, side, task, staging, keys)
                outcome = copy_batches(
                    task, cursor, side, judged_batches(task, survey, references), staging=staging, target=target
                )
                outcome.rows_read = survey.rows
                verdict = beside.submit(
                    second_count.judge,
                    task.warehouse_url,
                    staging,
                    export,
                    delivered_on=file.delivered_on,
                    instead=asked,
                    but=not_run,
                )
                _resolve(cursor, task, survey.delivered_again)
                if target != core:
                    outcome.rows_loaded += merge_staged(cursor, export, file, absent)
                if export.delivery == "snapshot":
                    outcome.rows_closed = close_what_is_gone(cursor, export, file, keys)
                outcome.rows_unchanged = outcome.rows_read - outcome.rows_loaded - outcome.rows_quarantined
                _note_absent(cursor, file, {*absent, *outcome.unknown})
                survey.lines.check(data=outcome.rows_read, unchanged=outcome.rows_unchanged)
                outcome.grown = counts.add_changes(cursor, export.thing, core_tables.changes(export, [file.file_id]))
                words.keep_read(cursor, file.file_id, outcome.read_by)
                _compare(task, cursor, outcome, verdict.result(), survey.placement, not_run)
                _receipt(cursor, file, outcome, survey, seconds=time.monotonic() - began)
            return outcome
        finally:
            beside.shutdown()
            with side.cursor() as side_cursor:
                side_cursor.execute(f"drop table if exists {', '.join([staging, *asked.values()])}")


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
                side_cursor.copy_expert(f"copy {staging}_delivered from stdin (format csv)", as_csv(block).csv)
    return asked


def _copy_beside(cursor: Cursor, side_cursor: Cursor, query: str, columns: str, table: str) -> None:
    """What a query gives inside this transaction, as a table that others see."""
    with tempfile.TemporaryFile() as copied:
        cursor.copy_expert(f"copy ({query}) to stdout", copied)
        copied.seek(0)
        side_cursor.execute(f"drop table if exists {table}; create unlogged table {table} ({columns})")
        side_cursor.copy_expert(f"copy {table} from stdin", copied)


def _resolve(cursor: Cursor, task: Task, delivered_again: list[str]) -> None:
    """A quarantined row whose key comes again is settled: by a good row, or by the newer bad one that replaces it.

    Only its own sender settles it; and not another part of the same delivery, which says nothing new of it.
    """
    if not delivered_again:
        return
    cursor.execute(
        statement("load/resolve", earlier_files=earlier.earlier_files()),
        earlier.of_file(task.file) | {"keys": delivered_again},
    )


def _compare(
    task: Task,
    cursor: Cursor,
    outcome: Outcome,
    verdict: second_count.Verdict,
    placement: Placement,
    not_run: Mapping[tuple[str, str], str],
) -> None:
    """Hold what Great Expectations counted against what our own pass counted; keep both counts of every rule.

    A rule that did not run is kept too, and why.

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
    rows: list[tuple[object, ...]] = [
        (
            task.file.file_id,
            rule,
            column,
            catalogue.rules()[rule].severity,
            j.checked,
            outcome.failed[rule, column],
            j.failed,
            None,
        )
        for (rule, column), j in judged.items()
    ]
    rows += [
        (task.file.file_id, rule, column, catalogue.rules()[rule].severity, 0, 0, None, why)
        for (rule, column), why in not_run.items()
    ]
    broken = {"FIL-04": len(placement.notes), "FIL-05": int(not outcome.rows_read)}
    rows += [
        (task.file.file_id, r.rule_id, "", r.severity, outcome.rows_read, broken.get(r.rule_id, 0), None, None)
        for r in catalogue.rules("*").values()
        if not r.fails
    ]
    cursor.executemany("insert into quality.result values (%s, %s, %s, %s, %s, %s, %s, %s)", rows)
    if task.docs:
        data_docs.write(
            verdict,
            task.docs,
            file=task.file,
            rows_read=outcome.rows_read,
            rows_unchanged=outcome.rows_unchanged,
            rows_quarantined=outcome.rows_quarantined,
            not_run=not_run,
        )


def _note_absent(cursor: Cursor, file: File, absent: set[str]) -> None:
    """Say of what roles the file tells nothing, before its rows are counted: those count where nobody told them."""
    cursor.execute("update landing.file set absent = %s where file_id = %s", (sorted(absent), file.file_id))


def _receipt(cursor: Cursor, file: File, outcome: Outcome, survey: first_pass.Survey, *, seconds: float) -> None:
    export, placement = catalogue.export(file.export), survey.placement
    layout = placement.layout
    message = "Đã nạp đủ các dòng." if outcome.rows_read else catalogue.rules()["FIL-05"].message
    if bad := outcome.rows_quarantined - outcome.rows_left_out:
        message = f"Có {bad} dòng lỗi được giữ lại, chưa nạp; xem chi tiết: cchc quality --rows {file.file_id}"
        if outcome.waits_for_words:
            message += "; từ chưa biết: cchc words"
    if outcome.rows_left_out:
        message += f" {outcome.rows_left_out} dòng được bỏ theo quyết định."
    if placement.notes:
        message += f" Cột chưa biết, không dùng: {', '.join(shown for _, shown in placement.notes)}."
    cursor.execute(
        """
        update landing.file
        set status = %s, message = %s, rule_id = null, reload_reason = null, rows_read = %s, rows_loaded = %s,
            rows_unchanged = %s, rows_quarantined = %s, rows_closed = %s, hash_version = %s, loaded_at = now(),
            seconds = %s, layout = %s, filled = %s, derived_from = %s, lines = %s, unknown_headers = %s
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
            earlier.hash_version(export),
            seconds,
            layout.name if layout else "",
            json.dumps(survey.filled),
            list(derivations.exports_asked(export, layout)) if layout else [],
            json.dumps(survey.lines.receipt()),
            [shown for _, shown in placement.notes],
            file.file_id,
        ),
    )
