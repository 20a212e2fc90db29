"""What a load has made stale: rows of others that were judged by what is different now."""

import logging
import re
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue import project_files
from etl.landing.receipts import File
from etl.loading import earlier
from etl.rules import conditions, lookups
from etl.rules.conditions import Call
from etl.rules.lookups import Lookup
from etl.warehouse import core_tables

log = logging.getLogger("cchc")
LOADED = ("accepted", "accepted_with_errors")


def remember(cursor: Cursor, export: catalogue.Export) -> list[str]:
    """Keep what rules know of an export, as it is now; the names of the reference data that they ask."""
    names: set[str] = set()
    for rule in catalogue.rules().values():
        if export.name in rule.refers_to:
            names |= conditions.asked_by(catalogue.export(rule.export))
    for name in names:
        fetch(cursor, name, "before")
    return sorted(names)


def fetch(cursor: Cursor, name: str, when: str) -> None:
    query = project_files.read_sql(lookups.queries()[name])[1]
    cursor.execute(f"create temp table {name}_{when} on commit drop as {query}")


def mark_stale(cursor: Cursor, file: File, known: list[str]) -> None:
    """Note which loaded files were judged by what this transaction has changed: they have to be judged again.

    A row was refused, or warned of, because what it names was not known: it may be known now. A row was accepted
    because the unit existed on its day: its dates may have changed, or nobody delivers it any more. Until they are
    judged again, what they brought stands as it is. The sender's own files of this export have just had their turn.
    Input: `known`: what was remembered before anything changed.
    """
    for name in known:
        fetch(cursor, name, "after")
    stale: set[int] = set()
    for export in catalogue.exports().values():
        rules = [r for r in catalogue.rules(export.name).values() if file.export in r.refers_to]
        for name, asked in conditions.plan(export).derived.items() if rules else ():
            using = [r for r in rules if any(re.search(rf"\b{name}\b", fails) for fails in r.fails.values())]
            if not isinstance(asked, Lookup | Call):
                continue
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


def settle_with_others(cursor: Cursor, export: catalogue.Export, file: File) -> None:
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
    of_file = earlier.of_file(file)
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
            union
            -- said again what this file has superseded
            select sayer.sender
            from {core}_history as h
            inner join landing.said_again as again on again.stands_in = h.file_id
            inner join landing.file as sayer on sayer.file_id = again.file_id
            where h.superseded_by = %(file_id)s
        )
        update landing.file as other
        set reload_reason = %(reason)s
        where {later} and other.reload_reason is null and other.sender in (select sender from shared)
        """,
        of_file | {"reason": f"{file.sender} đã giao trước đó các dòng cùng khóa (tệp số {file.file_id})"},
    )
    relink(cursor, export, f"file_id = {file.file_id:d}")


def mark_repetitions(cursor: Cursor, file: File, taken_back: list[int]) -> None:
    """Note the files of other senders whose rows were not kept because files that were taken back said the same.

    Those may say it no longer, or not at all any more.
    """
    cursor.execute(
        "update landing.file as other set reload_reason = %(reason)s from landing.said_again as again"
        " where again.stands_in = any(%(taken_back)s) and again.file_id = other.file_id and other.sender <> %(sender)s"
        " and other.status = any(%(loaded)s) and other.reload_reason is null",
        {
            "reason": f"{file.sender} đã giao các dòng giống như vậy, nay đã thay đổi (tệp số {file.file_id})",
            "taken_back": taken_back,
            "sender": file.sender,
            "loaded": list(LOADED),
        },
    )


def relink(cursor: Cursor, export: catalogue.Export, where: str) -> None:
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
    """What a code or word names, in SQL: blanks and how letters are typed aside; of a procedure the national code."""
    return rf"coalesce(substring({code}, '^\s*(\d\.\d{{6}})'), core.fold(regexp_replace({code}, '\s', '', 'g')))"
