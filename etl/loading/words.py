"""What words mean while a file is loaded, and which files were judged when a word meant something else."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache

import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import words
from etl.catalogue.project_files import statement
from etl.landing import layouts
from etl.spelling import fold

Read = tuple[str, str, str]  # a column, a word outside of its vocabulary, and what it was taken for


def own(cursor: Cursor, export: catalogue.Export) -> Mapping[str, words.Words]:
    """What people said that words mean: by the layout in whose files alone it holds, '' for all files."""
    cursor.execute(
        "select layout, column_name, word, meaning from landing.word where export = %s order by word_id", (export.name,)
    )
    columns = {c.name: c for c in words.coded(export)}
    found: dict[str, dict[str, dict[str, str]]] = {}
    for layout, column, word, meaning in cursor.fetchall():
        # what the contract does not have any more says nothing
        if column in columns and meaning in words.vocabulary(columns[column]):
            found.setdefault(layout, {}).setdefault(column, {})[fold(word)] = meaning
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


def read_by(raw: pl.DataFrame, export: catalogue.Export) -> set[Read]:
    """The words outside of their vocabulary by which these rows are read."""
    found: set[Read] = set()
    for column in words.coded(export):
        if not column.words or column.name not in raw.columns:
            continue
        meaning, by_itself = words.reader(column), words.reader(replace(column, words=()))
        for text in raw[column.name].drop_nulls().unique():
            if not by_itself(text) and (meant := meaning(text)):
                found.add((column.name, fold(text), meant))
    return found


def keep_read(cursor: Cursor, file_id: int, read: Collection[Read]) -> None:
    cursor.executemany(
        "insert into landing.file_word (file_id, column_name, word, meaning) values (%s, %s, %s, %s)",
        [(file_id, *one) for one in sorted(read)],
    )


def wait_again(
    cursor: Cursor, export: catalogue.Export, columns: Iterable[catalogue.Column], *, reason: str
) -> list[int]:
    """Let files be judged again that hold words of which the meaning is another one now; their numbers.

    These are rows that a word kept in quarantine, also if a later delivery has settled them, and rows that were read
    by a word. All other files stand as they are.
    """
    asked = {c.header: c for c in columns}
    read_now = as_read_by_name(cursor, export)

    def now(layout: str, column: str, word: str) -> str | None:
        return words.reader(read_now(layout).column(column))(word)

    names = [c.name for c in asked.values()]
    cursor.execute(statement("load/words_read"), {"export": export.name, "columns": names})
    then: dict[tuple[int, str, str, str], str | None] = {tuple(key): meaning for *key, meaning in cursor.fetchall()}
    cursor.execute(statement("load/words_in_quarantine"), {"export": export.name, "headers": list(asked)})
    for file_id, layout, header, word, _ in cursor.fetchall():
        if not words.reader(asked[header])(word):
            then.setdefault((file_id, layout, asked[header].name, fold(word)), None)
    changed = {file_id for (file_id, *said_there), meaning in then.items() if now(*said_there) != meaning}
    cursor.execute(statement("load/wait_for_words"), {"files": sorted(changed), "reason": reason})
    return sorted(file_id for (file_id,) in cursor.fetchall())


def rows_that_wait(cursor: Cursor, export: catalogue.Export, column: catalogue.Column, word: str) -> int:
    """How many rows in quarantine, which nothing has settled yet, say this word."""
    cursor.execute(statement("load/words_in_quarantine"), {"export": export.name, "headers": [column.header]})
    return sum(waiting for _, _, _, said, waiting in cursor.fetchall() if fold(said) == fold(word))
