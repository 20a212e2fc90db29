"""What words mean while a file is loaded, and which files were judged when a word meant something else."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache

import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import words
from etl.catalogue.project_files import statement
from etl.landing import layouts
from etl.rules import derivations
from etl.spelling import fold

log = logging.getLogger("cchc")
Read = tuple[str, str, str]  # a column, a word outside of its vocabulary, and what it was taken for


def own(cursor: Cursor, export: catalogue.Export) -> Mapping[str, words.Words]:
    """What people said that words mean: by the layout in whose files alone it holds, '' for all files."""
    cursor.execute(
        "select layout, column_name, word, meaning from landing.word where export = %s order by word_id", (export.name,)
    )
    coded, named = {c.name: c for c in words.coded(export)}, words.named(export)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for layout, column, word, meaning in cursor.fetchall():
        of_column = found.setdefault(layout, {}).setdefault(column, {})
        # what the contract does not have any more says nothing
        if column in coded and meaning in words.vocabulary(coded[column]):
            of_column[fold(word)] = meaning
        elif column in named:
            of_column[derivations.word(word)] = meaning
    return found


def as_read(cursor: Cursor, export: catalogue.Export, layout: catalogue.Layout | None) -> catalogue.Export:
    """The export as a file of this layout is read now: its coded columns know what other words mean."""
    return _as_read(export, layout, own(cursor, export))


def as_read_by_name(cursor: Cursor, export: catalogue.Export) -> Callable[[str], catalogue.Export]:
    """The same for each layout by its name; one that is known no more says nothing of words."""
    said, known = own(cursor, export), {one.name: one for one in layouts.known(cursor, export.name)}
    return cache(lambda name: _as_read(export, known.get(name) or _forgotten(name, export), said))


def _forgotten(name: str, export: catalogue.Export) -> catalogue.Layout | None:
    return catalogue.Layout(name, export.name, "", ()) if name else None


def _as_read(
    export: catalogue.Export, layout: catalogue.Layout | None, said: Mapping[str, words.Words]
) -> catalogue.Export:
    of_layout = said.get(layout.name, {}) if layout else {}
    return words.layered(export, layout=layout, own=said.get("", {}), of_layout=of_layout)


def read_by(raw: pl.DataFrame, export: catalogue.Export, layout: catalogue.Layout | None) -> set[Read]:
    """The words outside of their vocabulary, and the names outside of the office's lists, by which rows are read."""
    found: set[Read] = set()
    for column in words.coded(export):
        if not column.words or column.name not in raw.columns:
            continue
        meaning, by_itself = words.reader(column), words.reader(replace(column, words=()))
        for text in raw[column.name].drop_nulls().unique():
            if not by_itself(text) and (meant := meaning(text)):
                found.add((column.name, fold(text), meant))
    for name, names in words.named(export).items():
        if layout and name in layout.derived and (said := dict(export.column(name).words)):
            texts = {derivations.word(text) for text in raw[names].drop_nulls().unique()}
            found |= {(name, text, said[text]) for text in texts & said.keys()}
    return found


def are_missing(errors: pl.DataFrame, export: catalogue.Export) -> bool:
    """Whether rows break a rule that asks for a word, and say one. Input: errors of conditions.failures."""
    asked = [
        f"{rule_id} {column.name}"
        for rule_id, rule in catalogue.rules(export.name).items()
        for column in words.coded(export)
        if column.name in rule.holds
    ]
    said = errors.filter(pl.col("value").is_not_null())
    return bool(said.select(pl.concat_str("rule_id", "column_name", separator=" ").is_in(asked).any()).item())


def keep_read(cursor: Cursor, file_id: int, read: Collection[Read]) -> None:
    cursor.executemany(
        "insert into landing.file_word (file_id, column_name, word, meaning) values (%s, %s, %s, %s)",
        [(file_id, *one) for one in sorted(read)],
    )


def wait_again(cursor: Cursor, export: catalogue.Export, column: catalogue.Column, *, reason: str) -> list[int]:
    """Let files be judged again that hold words of a column which mean something else now; their numbers.

    These are rows that a word kept in quarantine, also if a later delivery has settled them, and rows that were read
    by a word. All other files stand as they are.
    """
    read_now = as_read_by_name(cursor, export)
    cursor.execute(statement("load/words_read"), {"export": export.name, "role": column.name})
    then: dict[tuple[int, str, str], str | None] = {tuple(key): meaning for *key, meaning in cursor.fetchall()}
    for file_id, layout, word in _said(cursor, export, column):
        then.setdefault((file_id, layout, word), None)
    changed = {
        file_id
        for (file_id, layout, word), meaning in then.items()
        if _reader(read_now(layout).column(column.name))(word) != meaning
    }
    cursor.execute(statement("load/wait_for_words"), {"files": sorted(changed), "reason": reason})
    return sorted(file_id for (file_id,) in cursor.fetchall())


def meaning_of(
    cursor: Cursor, export: catalogue.Export, column: catalogue.Column, layout: str, word: str
) -> str | None:
    """What a word, or a name, means now in a file of this layout; None if nobody has said."""
    folded = fold(word) if column.type in words.CODED else derivations.word(word)
    return _reader(as_read_by_name(cursor, export)(layout).column(column.name))(folded)


def take_up(cursor: Cursor, export: catalogue.Export) -> None:
    """Let files be judged again of which a word means something else since files of the catalogue were changed."""
    for column in words.coded(export):
        for file_id in wait_again(cursor, export, column, reason="Từ của tệp nay có nghĩa khác"):
            log.info("file %d of %s will be judged again: words of %s are known", file_id, export.name, column.name)


def _reader(column: catalogue.Column) -> Callable[[str], str | None]:
    return words.reader(column) if column.type in words.CODED else dict(column.words).get


def _said(cursor: Cursor, export: catalogue.Export, column: catalogue.Column) -> Iterator[tuple[int, str, str]]:
    """The words that rows in quarantine say, and the names by which a column was to be found: file, layout, word."""
    if column.type in words.CODED:
        for file_id, layout, word, _ in _in_quarantine(cursor, export, column):
            if not words.reader(column)(word):
                yield file_id, layout, fold(word)
        return
    names = export.column(words.named(export)[column.name])
    of_layouts = [one.name for one in layouts.known(cursor, export.name) if column.name in one.derived]
    filled = {"core": f"core.{export.thing}", "history": f"core.{export.thing}_history", "names": names.name}
    asked = {"export": export.name, "layouts": of_layouts, "header": names.header}
    cursor.execute(statement("load/names_said", **filled), asked)
    for file_id, layout, name in cursor.fetchall():
        yield file_id, layout, derivations.word(name)


def _in_quarantine(
    cursor: Cursor, export: catalogue.Export, column: catalogue.Column
) -> list[tuple[int, str, str, int]]:
    """What rows in quarantine say in a column: file, layout, text, and how many of them nothing has settled."""
    cursor.execute(statement("load/words_in_quarantine"), {"export": export.name, "header": column.header})
    return cursor.fetchall()


def rows_that_wait(cursor: Cursor, export: catalogue.Export, column: catalogue.Column, word: str) -> int:
    """How many rows in quarantine, which nothing has settled yet, say this word."""
    if column.type in words.CODED:
        said, folded = column, fold
    else:
        said, folded = export.column(words.named(export)[column.name]), derivations.word
    return sum(count for _, _, text, count in _in_quarantine(cursor, export, said) if folded(text) == folded(word))
