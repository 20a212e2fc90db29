"""What a load has made stale: rows of others that were judged by what is different now."""

import logging
import re
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue import project_files
from etl.catalogue.project_files import statement
from etl.landing.receipts import File
from etl.loading import earlier
from etl.rules import conditions, derivations, lookups
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
    names |= _lists_that_derive(export.name).keys()
    for name in names:
        fetch(cursor, name, "before")
    return sorted(names)


def _lists_that_derive(export_name: str) -> dict[str, list[str]]:
    """The reference data of an export that columns of others are derived from, with those others."""
    found: dict[str, list[str]] = {}
    for export in catalogue.exports().values():
        for said in export.derivations.values():
            for name, delivered_by in derivations.lists_asked(said).items():
                if delivered_by == export_name:
                    found.setdefault(name, []).append(export.name)
    return found


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
    for name, exports in _lists_that_derive(file.export).items():
        cursor.execute(
            statement("load/derived_otherwise", before=f"{name}_before", after=f"{name}_after"),
            {"exports": exports, "export": file.export},
        )
        stale |= {file_id for (file_id,) in cursor.fetchall()}
    cursor.execute(
        statement("load/mark_stale"),
        {
            "reason": f"{file.export} đã thay đổi (tệp số {file.file_id})",
            "stale": sorted(stale),
            "export": file.export,
            "sender": file.sender,
        },
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
    later, of_file = statement("load/later_of_others"), earlier.of_file(file)
    cursor.execute(f"select exists ({later})", of_file)
    if not cursor.fetchone()[0]:
        return
    key = core_tables.core_key(export)
    cursor.execute(
        statement(
            "load/settle_with_others",
            core=f"core.{export.thing}",
            history=f"core.{export.thing}_history",
            key=", ".join(key),
            same_key=core_tables.same("stored", "mine", key),
            same_key_past=core_tables.same("past", "mine", key),
            later=later,
        ),
        of_file | {"reason": f"{file.sender} đã giao trước đó các dòng cùng khóa (tệp số {file.file_id})"},
    )
    relink(cursor, export, f"file_id = {file.file_id:d}")


def mark_repetitions(cursor: Cursor, file: File, taken_back: list[int]) -> None:
    """Note the files of other senders whose rows were not kept because files that were taken back said the same.

    Those may say it no longer, or not at all any more.
    """
    cursor.execute(
        statement("load/mark_repetitions"),
        {
            "reason": f"{file.sender} đã giao các dòng giống như vậy, nay đã thay đổi (tệp số {file.file_id})",
            "taken_back": taken_back,
            "sender": file.sender,
        },
    )


def relink(cursor: Cursor, export: catalogue.Export, where: str) -> None:
    """Let each earlier version of some things be superseded by the next one, whichever of them was loaded first.

    Input: `where`: of which rows of the history the things are meant.
    """
    key = core_tables.core_key(export)
    cursor.execute(
        statement(
            "load/relink",
            core=f"core.{export.thing}",
            history=f"core.{export.thing}_history",
            key=", ".join(key),
            are_meant=where,
            stored_is_meant=core_tables.same("stored", "meant", key),
            past_is_meant=core_tables.same("past", "meant", key),
            same_version=core_tables.same("past", "link", [*key, "file_id", "line"]),
        )
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
                statement("load/judged_otherwise", named_value=_named("value"), named_key=_named("key")),
                {
                    "rule_id": rule.rule_id,
                    "columns": failing,
                    "keys": sorted({*(keys := gone | come), *map(masking.shown, keys)}),  # as it was kept
                },
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
        cursor.execute(
            statement(
                "load/answers_gone",
                there=f"{self.one.of}_{there}",
                not_there=f"{self.one.of}_{not_there}",
                columns=", ".join(read),
                names=", ".join(f"({c}::text)" for c in theirs),
            )
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
        cursor.execute(
            statement(
                "load/rows_that_name",
                core=f"core.{self.export.thing}",
                history=f"core.{self.export.thing}_history",
                names_one=stored or "false",
                raw_names_one=raw,
            ),
            {"keys": sorted(keys), "export": self.export.name} | {c: self.export.column(c).header for c in ours},
        )
        return {file_id for (file_id,) in cursor.fetchall()}


def _named(code: str) -> str:
    """What a code or word names, in SQL: blanks, how it is typed, and ="…" aside; of a procedure the national code."""
    bare = rf"""regexp_replace({code}, '^\s*(=\s*[Tt]?\(?\s*"|[''’])|"\s*\)?\s*$|\s', '', 'g')"""
    bare = f"translate({bare}, '‐‑‒–—―−', '-------')"
    return rf"coalesce(substring({bare}, '^(\d\.\d{{6}})'), core.fold({bare}))"
