"""Replay: a file takes its place among what its sender delivered, and what came before its turn is loaded again.

In whatever order files arrive, the warehouse is the one that the order of their delivery days makes. What is taken back
and what is loaded again is one transaction: until it ends, everybody sees what stood before.
"""

import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from psycopg2.errors import DeadlockDetected, UniqueViolation
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, figures, loading, masking, surveying, touching
from etl.catalogue import project_files
from etl.errors import ArchiveDamaged, FileHeld, FileRejected
from etl.landing import owners, receipts
from etl.landing.receipts import File
from etl.rules import conditions
from etl.rules.conditions import Call
from etl.rules.lookups import Lookup
from etl.settings import Settings
from etl.warehouse import core_tables, database

log = logging.getLogger("cchc")

TURNS = 4  # how often a transaction is tried that another load got in the way of
LOADED = ("accepted", "accepted_with_errors")


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


def _in_turns(settings: Settings, url: str, file: File, **how: object) -> list[int]:
    for turn in range(TURNS):
        try:
            return _replay(settings, url, file, direct=turn == 0, **how)
        except (UniqueViolation, DeadlockDetected):
            # another sender delivered some of these keys, or counted the same for the first time at the same moment:
            # compare row by row instead of copying straight in
            if turn == TURNS - 1:
                raise
    raise AssertionError("unreachable")


def _replay(
    settings: Settings, url: str, file: File, *, direct: bool, withdrawn: bool, by: str = "", reason: str = ""
) -> list[int]:
    export = catalogue.export(file.export)
    outcomes: list[loading.Outcome] = []
    with ThreadPoolExecutor(1) as beside, database.transaction(url) as connection, connection.cursor() as cursor:
        now = receipts.file(connection, file.file_id)
        if not withdrawn and not _waits(cursor, now):
            return []  # done by another task in the meantime
        later = later_files(cursor, now)
        again = [file.file_id, *later] if now.status in LOADED else later
        turn = _in_order(cursor, later if withdrawn else [file.file_id, *later])
        kept = beside.submit(_check_bytes, settings.archive, _bytes_of(cursor, turn))
        known = _remember(cursor, export)
        if again:
            kept.result()  # nothing is taken back whose bytes are not there
            if later:
                log.info("%s, %s: %d later deliveries are loaded again", file.export, file.sender, len(later))
            rewind(cursor, export, again)
        if withdrawn:
            _mark_withdrawn(cursor, file, by=by, reason=reason)
        for one in turn:
            outcomes += _load_one(settings, url, cursor, one, kept, direct=direct, because_of=file.file_id)
        kept.result()
        mark_stale(cursor, file, known)
        for one in turn:
            _settle_with_others(cursor, export, one)
            loading.hold_keys(cursor, export, one)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for table in sorted({table for outcome in outcomes for table in outcome.grown}):
            cursor.execute(f"analyze {table}")
    return [one.file_id for one in turn]


def _waits(cursor: Cursor, file: File) -> bool:
    cursor.execute("select reload_reason is not null from landing.file where file_id = %s", (file.file_id,))
    return file.status == "landed" or cursor.fetchone()[0]


def _in_order(cursor: Cursor, file_ids: Sequence[int]) -> list[File]:
    """Files of one sender in the order of its deliveries; the parts of a day by name, whichever arrived first."""
    cursor.execute(
        f"select {receipts.COLUMNS} from landing.file where file_id = any(%s)"
        f" order by delivered_on, {surveying.PART.format('path')}, file_id",
        (list(file_ids),),
    )
    return [File(*row) for row in cursor.fetchall()]


def _load_one(
    settings: Settings, url: str, cursor: Cursor, file: File, kept: Future, *, direct: bool, because_of: int
) -> list[loading.Outcome]:
    """Load one file of a replay; what it does stands or falls by itself, if the fault is the file's own."""
    cursor.execute("update landing.file set loaded_with = %s where file_id = %s", (because_of, file.file_id))
    cursor.execute("delete from quality.result where file_id = %s", (file.file_id,))  # if it was refused before
    if _is_duplicate(cursor, file):
        return []
    task = loading.Task(
        url,
        file,
        path=settings.archive / file.archived_as,
        province=settings.province,
        pseudonym_key=settings.pseudonym_key,
        docs=settings.home / "data_docs",
    )
    cursor.execute("savepoint one_file")
    try:
        owners.check(cursor, file)
        return [loading.load(cursor, task, direct=direct)]
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
    cursor.execute(
        receipts.ORIGINAL, surveying.of_file(file) | {"source": source, "sha256": sha256, "meaning": meaning}
    )
    original = cursor.fetchone()
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
    cursor.execute(
        "update landing.file as other set status = 'landed', message = '' from landing.file as this"
        " where this.file_id = %s and other.status = 'duplicate' and other.source = this.source"
        " and other.export = this.export and other.sender = this.sender and other.sha256 = this.sha256",
        (file.file_id,),
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
    """Files of the same sender that have had their turn and must have it again after this one.

    Those delivered on a later day, or parts of the same day that come after it; of a snapshot all other parts of that
    day that were judged when this one had not come.
    """
    cursor.execute(
        f"""
        select other.file_id
        from landing.file as other
        join landing.file as this on this.file_id = %(file_id)s
        where other.export = this.export
            and other.sender = this.sender
            and other.file_id <> this.file_id
            and (
                other.status in ('accepted', 'accepted_with_errors', 'rejected', 'held')
                -- repeated what an earlier file said: no longer, with this one in between
                or other.status = 'duplicate' and exists (
                    select
                    from landing.file as original
                    where original.export = this.export
                        and original.sender = this.sender
                        and original.sha256 = other.sha256
                        and original.status <> 'duplicate'
                        and original.delivered_on <= this.delivered_on
                        and {surveying.PART.format("original.path")} = {surveying.PART.format("this.path")}
                )
            )
            and (
                other.delivered_on > this.delivered_on
                or other.delivered_on = this.delivered_on
                and ({surveying.PART.format("other.path")}, other.file_id)
                    > ({surveying.PART.format("this.path")}, this.file_id)
                or %(is_snapshot)s
                and other.delivered_on = this.delivered_on
                and other.path <> this.path
                and (other.loaded_at < this.landed_at or this.status <> 'landed')
            )
        order by other.delivered_on, other.file_id
        """,
        {"file_id": file.file_id, "is_snapshot": catalogue.export(file.export).delivery == "snapshot"},
    )
    return [file_id for (file_id,) in cursor.fetchall()]


def rewind(cursor: Cursor, export: catalogue.Export, file_ids: list[int]) -> None:
    """Take the loads of these files back, as if they had not been loaded.

    Input: all loads of their sender from some day on. Of the versions that they superseded the newest becomes current
           again, unless another sender's is; the others stay in the history, below what is current now.
    """
    touching.take_back(cursor, file_ids)
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns = ", ".join(core_tables.core_columns(export))
    of_history = ", ".join(f"h.{c}" for c in core_tables.core_columns(export))
    ids = ", ".join(str(int(i)) for i in file_ids)
    key = core_tables.core_key(export)
    of_key = ", ".join(f"h.{c}" for c in key)
    restored = (
        f"(select distinct on ({of_key}) {of_history} from {history} h"
        f" where h.superseded_by in ({ids}) and h.file_id not in ({ids}) and not exists"
        f" (select from {core} c where {core_tables.same('c', 'h', key)} and c.file_id not in ({ids}))"
        f" order by {of_key}, h.delivered_on desc, h.sender desc, h.file_id desc, h.line desc)"
    )
    figures.fold(
        cursor,
        export.thing,
        f"(select {columns}, -1 as sign from {core} where file_id in ({ids})"
        f" union all select {columns}, 1 from {restored} as restored)",
    )
    cursor.execute(f"delete from {core} where file_id in ({ids})")
    cursor.execute(f"insert into {core} ({columns}) select {columns} from {restored} as restored")
    cursor.execute(f"delete from {history} where file_id in ({ids})")
    cursor.execute(
        f"delete from {history} h using {core} c where h.superseded_by in ({ids})"
        f" and {core_tables.same('c', 'h', key)} and c.file_id = h.file_id and c.line = h.line"
    )
    cursor.execute(
        f"update {history} h set superseded_by = c.file_id, superseded_on = c.delivered_on from {core} c"
        f" where h.superseded_by in ({ids}) and {core_tables.same('c', 'h', key)}"
        f" returning {', '.join(f'h.{c}' for c in ('file_id', 'line'))}"
    )
    if export.delivery != "snapshot" and (moved := cursor.fetchall()):
        _relink(cursor, export, cursor.mogrify("(file_id, line) in %s", (tuple(moved),)).decode())
    cursor.execute(
        f"update quality.quarantined_row set resolved_by = null, resolution = null where resolved_by in ({ids})"
    )
    for table in ("quality.result", "quality.violation", "quality.quarantined_row"):
        cursor.execute(f"delete from {table} where file_id in ({ids})")
    cursor.execute(
        "update landing.file set status = 'landed', message = '', rule_id = null, reload_reason = null"
        f" where file_id in ({ids})"
    )


# --- what has become stale --------------------------------------------------------------------------------------------


def _remember(cursor: Cursor, export: catalogue.Export) -> list[str]:
    """Keep what rules know of an export, as it is now; the names of the reference data that they ask."""
    names: set[str] = set()
    for rule in catalogue.rules().values():
        if export.name in rule.refers_to:
            names |= conditions.asked_by(catalogue.export(rule.export))
    for name in names:
        _fetch(cursor, name, "before")
    return sorted(names)


def _fetch(cursor: Cursor, name: str, when: str) -> None:
    text = (project_files.SQL / "lookups" / f"{name}.sql").read_text("utf-8")
    cursor.execute(f"create temp table {name}_{when} on commit drop as {project_files.sql_header(text)[1]}")


def mark_stale(cursor: Cursor, file: File, known: list[str]) -> None:
    """Note which loaded files were judged by what this transaction has changed: they have to be judged again.

    A row was refused, or warned of, because what it names was not known: it may be known now. A row was accepted
    because the unit existed on its day: its dates may have changed, or nobody delivers it any more. Until they are
    judged again, what they brought stands as it is. The sender's own files of this export have just had their turn.
    Input: `known`: what was remembered before anything changed.
    """
    for name in known:
        _fetch(cursor, name, "after")
    stale: set[int] = set()
    for export in catalogue.exports().values():
        rules = [r for r in catalogue.rules(export.name).values() if file.export in r.refers_to]
        for name, asked in conditions.plan(export).derived.items() if rules else ():
            using = [r for r in rules if any(re.search(rf"\b{name}\b", fails) for fails in r.fails.values())]
            for one in (asked, asked.then) if isinstance(asked, Lookup) else (asked,):
                if isinstance(one, Lookup | Call) and one.of in known:
                    stale |= _Question(catalogue.export(file.export), export, asked, one).stale(cursor, using or rules)
    cursor.execute(
        "update landing.file set reload_reason = %s where file_id = any(%s) and status = any(%s)"
        " and reload_reason is null and not (export = %s and sender = %s) returning file_id, export",
        (f"{file.export} đã thay đổi (tệp số {file.file_id})", sorted(stale), list(LOADED), file.export, file.sender),
    )
    for file_id, export_name in cursor.fetchall():
        log.info("file %d of %s will be judged again: %s has changed", file_id, export_name, file.export)
    for name in known:
        cursor.execute(f"drop table {name}_before, {name}_after")


def _settle_with_others(cursor: Cursor, export: catalogue.Export, file: File) -> None:
    """Give what a late file tells its place among what other senders told of the same things later.

    Their later files are noted, to be loaded again after this one: what they said last may be what they had said
    before, and then only their earlier file has it.
    """
    if export.delivery == "snapshot":
        return  # there each sender's rows are its own
    later = (
        "other.export = %(export)s and other.sender <> %(sender)s and other.status in ('accepted',"
        " 'accepted_with_errors') and (other.delivered_on, other.sender) > (%(delivered_on)s, %(sender)s)"
    )
    of_file = surveying.of_file(file)
    cursor.execute(f"select exists (select from landing.file as other where {later})", of_file)
    if not cursor.fetchone()[0]:
        return
    core, key = f"core.{export.thing}", core_tables.core_key(export)
    of_key = ", ".join(key)
    cursor.execute(
        f"""
        with mine as (
            select {of_key} from {core} where file_id = %(file_id)s
            union
            select {of_key} from {core}_history where file_id = %(file_id)s
        ),
        shared as (
            select c.sender from {core} as c inner join mine on {core_tables.same("c", "mine", key)}
            union
            select h.sender from {core}_history as h inner join mine on {core_tables.same("h", "mine", key)}
        )
        update landing.file as other
        set reload_reason = %(reason)s
        where {later} and other.reload_reason is null and other.sender in (select sender from shared)
        """,
        of_file | {"reason": f"{file.sender} đã giao trước đó các dòng cùng khóa (tệp số {file.file_id})"},
    )
    _relink(cursor, export, f"file_id = {file.file_id:d}")


def _relink(cursor: Cursor, export: catalogue.Export, where: str) -> None:
    """Let each earlier version of some things be superseded by the next one, whichever of them was loaded first.

    Input: `where`: of which rows of the history the things are meant.
    """
    core, key = f"core.{export.thing}", core_tables.core_key(export)
    of_key = ", ".join(key)
    columns = f"{of_key}, delivered_on, sender, file_id, line"
    cursor.execute(
        f"""
        with meant as (select distinct {of_key} from {core}_history where {where}),
        version as (
            select {columns} from {core} as c
            where exists (select from meant where {core_tables.same("c", "meant", key)})
            union all
            select {columns} from {core}_history as h
            where exists (select from meant where {core_tables.same("h", "meant", key)})
        ),
        link as (
            select *, lead(file_id) over later as next_file, lead(delivered_on) over later as next_day
            from version window later as (partition by {of_key} order by delivered_on, sender, file_id, line)
        )
        update {core}_history as h
        set superseded_by = link.next_file, superseded_on = link.next_day
        from link
        where {core_tables.same("h", "link", [*key, "file_id", "line"])} and link.next_file is not null
            and (h.superseded_by, h.superseded_on) is distinct from (link.next_file, link.next_day)
        """
    )


@dataclass(frozen=True)
class _Question:
    """What rules of an export ask of reference data that a load has changed."""

    changed: catalogue.Export
    export: catalogue.Export
    asked: Lookup | Call
    one: Lookup | Call  # `asked`, or the part of it that this reference data answers

    def stale(self, cursor: Cursor, rules: list[catalogue.Rule]) -> set[int]:
        """Files with rows that name something of which the answer may be another one now."""
        cursor.execute(f"select * from {self.one.of}_before limit 0")
        columns = [d.name for d in cursor.description]
        ours, theirs, read = self._columns(columns)
        ours = ours or list(dict.fromkeys(column for rule in rules for column in rule.fails))
        gone, come = (
            self._changed(cursor, theirs, read, *order) for order in (("before", "after"), ("after", "before"))
        )
        found: set[int] = set()
        if not gone and not come:
            return found
        for rule in rules:
            failing = [column for column in rule.fails if column in ours]
            cursor.execute(
                "select distinct file_id from quality.violation where rule_id = %s and column_name = any(%s)"
                f" and {_named('value')} in (select {_named('key')} from unnest(%s) as key)",
                (rule.rule_id, failing, sorted({*(keys := gone | come), *map(masking.shown, keys)})),  # as it was kept
            )
            found |= {file_id for (file_id,) in cursor.fetchall()}
            # what is known in addition only mends; what is known no longer, or a number that is compared, also breaks
            keys = gone | come if self._counts or not failing else gone
            found |= self._rows_that_name(cursor, ours, keys)
        return found

    @property
    def _counts(self) -> bool:
        return isinstance(self.one, Lookup) and self.one.take is not None

    def _columns(self, columns: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Our columns that name something, theirs that are named, and theirs that the answer rests on."""
        if isinstance(self.one, Call):
            return [], [self.changed.key[0]], columns
        named = {
            ours: theirs for ours, theirs in self.one.match.items() if ours in {c.name for c in self.export.columns}
        }
        read = [*self.one.match.values(), self.one.take]
        read += ["valid_from", "valid_to"] if self.one.day or self.one.during else []
        if self.one is self.asked and self.asked.then:
            read += self.asked.then.match
        return list(named), list(named.values()) or list(self.one.match.values()), [c for c in columns if c in read]

    def _changed(self, cursor: Cursor, theirs: list[str], read: list[str], there: str, not_there: str) -> set[str]:
        listed = ", ".join(read)
        cursor.execute(
            f"select distinct key::text from (select {listed} from {self.one.of}_{there}"
            f" except select {listed} from {self.one.of}_{not_there}) as changed"
            f" cross join lateral (values {', '.join(f'({c}::text)' for c in theirs)}) as named (key)"
            " where key is not null"
        )
        return {key for (key,) in cursor.fetchall()}

    def _rows_that_name(self, cursor: Cursor, ours: list[str], keys: set[str]) -> set[int]:
        """Files whose rows name one of these: rows that stand, that stood, and that are kept in quarantine."""
        if not keys:
            return set()
        loaded = [c for c in ours if c in core_tables.core_columns(self.export)]
        as_code = "in (select " + _named("key") + " from unnest(%(keys)s) as key)"
        # columns that are looked up hold bare codes: no need to take a million of them apart
        is_bare = isinstance(self.one, Lookup) and set(ours) <= set(self.one.match)
        stored = " and ".join(
            f"{c}::text = any(%(keys)s)" if is_bare else f"{_named(f'{c}::text')} {as_code}" for c in loaded
        )
        raw = " and ".join(f"{_named(f'(raw ->> %({c})s)')} {as_code}" for c in ours)
        core = f"core.{self.export.thing}"
        cursor.execute(
            f"select file_id from {core} where {stored or 'false'}"
            f" union select file_id from {core}_history where {stored or 'false'}"
            f" union select file_id from quality.quarantined_row where export = %(export)s and {raw}",
            {"keys": sorted(keys), "export": self.export.name} | {c: self.export.column(c).header for c in ours},
        )
        return {file_id for (file_id,) in cursor.fetchall()}


def _named(code: str) -> str:
    """What a code or word names, in SQL: blanks and capitals aside; of a procedure (2.000635.…) the national code."""
    return rf"coalesce(substring({code}, '^\s*(\d\.\d{{6}})'), lower(regexp_replace({code}, '\s', '', 'g')))"
