"""Replay: a file takes its place among what its sender delivered, and what came before its turn is loaded again.

In whatever order files arrive, the warehouse is the one that the order of their delivery days makes. What is taken back
and what is loaded again is one transaction: until it ends, everybody sees what stood before.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from psycopg2.errors import DeadlockDetected, UniqueViolation
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import ArchiveDamaged, FileHeld, FileRejected
from etl.figures import counts, touches
from etl.landing import owners, receipts
from etl.landing.receipts import File
from etl.loading import batches, contradictions, earlier, merge, one_file
from etl.loading.stale import (
    LOADED,
    log,
    mark_repetitions,
    mark_stale,
    relink,
    remember,
    settle_with_others,
)
from etl.settings import Settings
from etl.warehouse import core_tables, database

TURNS = 4  # how often a transaction is tried that another load got in the way of


def load(settings: Settings, url: str, file: File) -> list[int]:
    """Load a file that waits, or judge a loaded one again; the numbers of all files that were loaded, in order.

    What its sender delivered after it is taken back before, and loaded again after it. A file that breaks a file rule
    is refused or held, and the others go on; at any other error nothing has happened.
    Input:  the locks of the load are held by the caller.
    Raises: ArchiveDamaged if kept bytes are not those that were delivered; RuleFailed; whatever else went wrong.
    """
    return _in_turns(settings, url, file, withdrawn=False)


def withdraw(settings: Settings, url: str, file: File, *, by: str, reason: str) -> list[int]:
    """Take a delivery back for good, with who said so and why; the numbers of the files that were loaded again."""
    return _in_turns(settings, url, file, withdrawn=True, by=by, reason=reason)


def _in_turns(settings: Settings, url: str, file: File, **how: Any) -> list[int]:
    for turn in range(TURNS):
        try:
            return _replay(settings, url, file, direct=turn == 0, **how)
        except (UniqueViolation, DeadlockDetected):
            # another sender delivered some of these keys, or counted the same for the first time at the same moment:
            # compare row by row instead of copying straight in
            if turn == TURNS - 1:
                raise
    raise AssertionError("unreachable")


def _replay(settings: Settings, url: str, file: File, **how: Any) -> list[int]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        turn, outcomes = within(settings, url, cursor, file, docs=settings.home / "data_docs", **how)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for table in sorted({table for outcome in outcomes for table in outcome.grown}):
            cursor.execute(f"analyze {table}")
    return turn


def within(
    settings: Settings,
    url: str,
    cursor: Cursor,
    file: File,
    *,
    docs: Path | None,
    direct: bool,
    withdrawn: bool = False,
    by: str = "",
    reason: str = "",
) -> tuple[list[int], list[batches.Outcome]]:
    """The same in the caller's transaction, which may also be given up: the files that were loaded, and the outcomes.

    Input:  `docs`: the folder for Data Docs; `direct`: as in one_file.load.
    """
    export = catalogue.export(file.export)
    outcomes: list[batches.Outcome] = []
    with ThreadPoolExecutor(1) as beside:
        now = receipts.file(cursor.connection, file.file_id)
        if not withdrawn and not _waits(cursor, now):
            return [], []  # done by another task in the meantime
        later = later_files(cursor, now)
        again = [file.file_id, *later] if now.status in LOADED else later
        turn = _in_order(cursor, later if withdrawn else [file.file_id, *later])
        kept = beside.submit(_check_bytes, settings.archive, _bytes_of(cursor, turn))
        known = remember(cursor, export)
        if again:
            kept.result()  # nothing is taken back whose bytes are not there
            if later:
                log.info("%s, %s: %d later deliveries are loaded again", file.export, file.sender, len(later))
            rewind(cursor, export, again)
        if withdrawn:
            _mark_withdrawn(cursor, file, by=by, reason=reason)
        for one in turn:
            outcomes += _load_one(settings, url, cursor, one, kept, docs=docs, direct=direct, because_of=file.file_id)
        kept.result()
        mark_stale(cursor, file, known)
        mark_repetitions(cursor, file, again)
        for one in turn:
            settle_with_others(cursor, export, one)
            merge.hold_keys(cursor, export, one)
        cursor.execute(
            statement("load/close_violations", history=f"core.{export.thing}_history"),
            {"files": [one.file_id for one in turn], "export": export.name, "rewound": bool(again)},
        )
        contradictions.name(cursor, export, [one.file_id for one in turn])
    return [one.file_id for one in turn], outcomes


def _waits(cursor: Cursor, file: File) -> bool:
    cursor.execute("select reload_reason is not null from landing.file where file_id = %s", (file.file_id,))
    return file.status == "landed" or cursor.fetchone()[0]


def _in_order(cursor: Cursor, file_ids: Sequence[int]) -> list[File]:
    """Files of one sender in the order of its deliveries; the parts of a day by name, whichever arrived first."""
    cursor.execute(
        statement("load/in_order", receipt=receipts.COLUMNS),
        {"file_ids": list(file_ids)},
    )
    return [File(*row) for row in cursor.fetchall()]


def _load_one(
    settings: Settings,
    url: str,
    cursor: Cursor,
    file: File,
    kept: Future[None],
    *,
    docs: Path | None,
    direct: bool,
    because_of: int,
) -> list[batches.Outcome]:
    """Load one file of a replay; what it does stands or falls by itself, if the fault is the file's own."""
    cursor.execute("update landing.file set loaded_with = %s where file_id = %s", (because_of, file.file_id))
    cursor.execute("delete from quality.result where file_id = %s", (file.file_id,))  # if it was refused before
    if _is_duplicate(cursor, file):
        return []
    task = batches.Task(
        url,
        file,
        path=settings.archive / file.archived_as,
        province=settings.province,
        pseudonym_key=settings.pseudonym_key,
        docs=docs,
    )
    cursor.execute("savepoint one_file")
    try:
        owners.check(cursor, file)
        return [one_file.load(cursor, task, direct=direct)]
    except (FileRejected, FileHeld) as refusal:
        cursor.execute("rollback to one_file")
        kept.result()  # altered bytes are no fault of the sender
        _refuse(cursor, file, refusal)
        return []


def _is_duplicate(cursor: Cursor, file: File) -> bool:
    """Settle a file that only says again what its sender has said: it may have been landed before that was loaded."""
    cursor.execute("select source, sha256 from landing.file where file_id = %s", (file.file_id,))
    source, sha256 = cursor.fetchone()
    meaning = catalogue.export(file.export).meaning
    said = earlier.of_file(file) | {"source": source, "sha256": sha256, "meaning": meaning}
    original = receipts.original(cursor, said)
    if original is None:
        return False
    cursor.execute(
        "update landing.file set status = 'duplicate', message = %s, loaded_at = now(), rows_read = 0, rows_loaded = 0,"
        " rows_unchanged = 0, rows_quarantined = 0, rows_closed = 0 where file_id = %s",
        (receipts.duplicate_message(*original), file.file_id),
    )
    return True


def _refuse(cursor: Cursor, file: File, refusal: FileRejected | FileHeld) -> None:
    cursor.execute(
        "update landing.file set status = %s, rule_id = %s, message = %s, reload_reason = null, loaded_at = now(),"
        " rows_read = 0, rows_loaded = 0, rows_unchanged = 0, rows_quarantined = 0, rows_closed = 0 where file_id = %s",
        (
            "held" if isinstance(refusal, FileHeld) else "rejected",
            refusal.rule_id,
            refusal.message,
            file.file_id,
        ),
    )
    cursor.execute(
        "insert into quality.result (file_id, rule_id, column_name, severity, rows_checked, rows_failed)"
        " values (%s, %s, '', 'fatal', 0, 1)"
        " on conflict (file_id, rule_id, column_name) do update set rows_failed = 1",
        (file.file_id, refusal.rule_id),
    )
    _free_duplicates(cursor, file)


def _mark_withdrawn(cursor: Cursor, file: File, *, by: str, reason: str) -> None:
    cursor.execute(
        "update landing.file set status = 'withdrawn', rule_id = null, reload_reason = null, message = %s,"
        " rows_read = 0, rows_loaded = 0, rows_unchanged = 0, rows_quarantined = 0, rows_closed = 0 where file_id = %s",
        (f"Đã rút lại bởi {by}: {reason}", file.file_id),
    )
    cursor.execute(
        "insert into landing.file_event (file_id, kind, by_name, reason) values (%s, 'withdraw', %s, %s)",
        (file.file_id, by, reason),
    )
    cursor.execute("delete from quality.result where file_id = %s", (file.file_id,))
    _free_duplicates(cursor, file)


def _free_duplicates(cursor: Cursor, file: File) -> None:
    """Let what was the same as a file that does not stand wait: whether it still repeats something is seen anew."""
    receipts.wait_again(
        cursor,
        "f.status = 'duplicate' and (f.source, f.export, f.sender, f.sha256)"
        " = (select source, export, sender, sha256 from landing.file where file_id = %(file_id)s)",
        {"file_id": file.file_id},
    )


# --- kept bytes -------------------------------------------------------------------------------------------------------


def _bytes_of(cursor: Cursor, files: Sequence[File]) -> list[tuple[File, str]]:
    cursor.execute("select file_id, sha256 from landing.file where file_id = any(%s)", ([f.file_id for f in files],))
    hashes = dict(cursor.fetchall())
    return [(file, hashes[file.file_id]) for file in files]


def _check_bytes(archive: Path, files: Sequence[tuple[File, str]]) -> None:
    """Raises: ArchiveDamaged if the kept bytes of a file are not there, or not those that were delivered."""
    wrong = [
        f"tệp số {file.file_id} ({file.archived_as}, {reason})"
        for file, sha256 in files
        if (reason := receipts.what_is_wrong_with(archive / file.archived_as, sha256))
    ]
    if wrong:
        raise ArchiveDamaged(
            f"Bản lưu không còn nguyên như khi nhận: {'; '.join(wrong)}. Chưa nạp gì và chưa rút gì ra. Khôi phục bản"
            f" lưu từ bản sao dự phòng vào {archive} rồi chạy lại; nếu không còn, đề nghị nơi gửi giao lại tệp."
        )


# --- what is loaded again ---------------------------------------------------------------------------------------------


def later_files(cursor: Cursor, file: File) -> list[int]:
    """Files of the same sender that have had their turn and must have it again after this one."""
    cursor.execute(
        statement("load/later_files"),
        {"file_id": file.file_id, "is_snapshot": catalogue.export(file.export).delivery == "snapshot"},
    )
    return [file_id for (file_id,) in cursor.fetchall()]


def rewind(cursor: Cursor, export: catalogue.Export, file_ids: list[int]) -> None:
    """Take the loads of these files back, as if they had not been loaded.

    Input: all loads of their sender from some day on. Of the versions that they superseded the newest becomes current
           again, unless another sender's is; the others stay in the history, below what is current now.
    """
    touches.take_back(cursor, file_ids)
    contradictions.forget(cursor, export, file_ids)
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns, key = core_tables.core_columns(export), core_tables.core_key(export)
    filled = {
        "core": core,
        "history": history,
        "columns": ", ".join(columns),
        "of_past": ", ".join(f"past.{c}" for c in columns),
        "key_of_past": ", ".join(f"past.{c}" for c in key),
        "same_key": core_tables.same("stored", "past", key),
        "file_ids": (ids := ", ".join(f"{file_id:d}" for file_id in file_ids)),
    }
    restored = statement("load/restored", **filled)
    counts.add_changes(cursor, export.thing, f"({statement('load/rewound', restored=restored, **filled)})")
    cursor.execute(f"delete from {core} where file_id in ({ids})")
    cursor.execute(f"insert into {core} ({filled['columns']}) select {filled['columns']} from ({restored}) as restored")
    cursor.execute(f"delete from {history} where file_id in ({ids})")
    cursor.execute(statement("load/forget_restored", **filled))
    cursor.execute(statement("load/lie_below_current", **filled))
    if export.delivery != "snapshot" and (moved := cursor.fetchall()):
        relink(cursor, export, cursor.mogrify("(file_id, line) in %s", (tuple(moved),)).decode())
    cursor.execute(
        f"update quality.quarantined_row set resolved_by = null, resolution = null where resolved_by in ({ids})"
    )
    cursor.execute(f"update quality.violation set closed_by = null where closed_by in ({ids})")
    of_file = ("result", "violation", "quarantined_row", "decided_row")
    for table in (*(f"quality.{name}" for name in of_file), "landing.file_word"):
        cursor.execute(f"delete from {table} where file_id in ({ids})")
    cursor.execute(f"delete from landing.said_again where file_id in ({ids})")
    receipts.wait_again(cursor, f"f.file_id in ({ids})", {})
