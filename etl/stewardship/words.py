"""What people say that words mean: which words nobody knows, what is known, and a word that is mapped."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue import words
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.landing import layouts as known_layouts
from etl.loading import words as loading_words
from etl.rules import lookups
from etl.spelling import clean, fold
from etl.warehouse import database, locks

# Vietnamese: who says what a word means, where nobody did by name.
SAID_BY = {"shipped": "có sẵn", "office": "thư mục của đơn vị", "layout": "mẫu của phần mềm"}
NUMBER = "số của danh mục quốc gia, trong tệp theo mẫu của kho"


@dataclass(frozen=True)
class UnknownWord:
    """A word that no vocabulary knows and nobody has mapped, and how many rows wait for it."""

    export: str
    column: str
    word: str  # as it came; masked where it looks like somebody's data
    rows: int
    header: str


@dataclass(frozen=True)
class KnownWord:
    """What a word means, and who says so: "shipped", "office" (its folder), "layout" (its file), or somebody."""

    export: str
    column: str
    layout: str
    word: str
    meaning: str
    said_by: str
    at: datetime | None
    reason: str


@dataclass(frozen=True)
class Mapped:
    """A word that was mapped: what it means now, what it meant, and what has to be judged again."""

    export: catalogue.Export
    column: catalogue.Column
    word: str
    meaning: str
    before: str | None
    waiting: int  # rows in quarantine that say it
    files: list[int]
    otherwise: dict[str, str]  # layouts in whose files it goes on to mean something else


def unknown(connection: Connection) -> list[UnknownWord]:
    """The words that keep rows in quarantine, those of most rows first within a column.

    And the names of units and procedures that a layout was to find in the office's lists, and that are not there.
    """
    exports = catalogue.exports()
    coded = {(e.name, c.name) for e in exports.values() for c in words.coded(e)}
    named = {(e.name, column) for e in exports.values() for column in words.named(e)}
    with connection.cursor() as cursor:
        database.group_in_memory(cursor)
        cursor.execute(statement("quality/unknown_words"), {"columns": [".".join(key) for key in coded | named]})
        rows = cursor.fetchall()
        read_now = {name: loading_words.as_read_by_name(cursor, exports[name]) for name, *_ in rows}
        layouts = {(name, one.name): one for name in read_now for one in known_layouts.known(cursor, name)}
    spelled: dict[tuple[str, str, str], Counter[str]] = {}  # by export, column, word folded: its spellings
    for export, layout, name, value, severity, count in rows:
        column = exports[export].column(name)
        by_name = (export, layout) in layouts and name in layouts[export, layout].derived and (export, name) in named
        if not by_name and (severity != "error" or (export, name) not in coded):
            continue
        if by_name or not words.reader(read_now[export](layout).column(name))(value):
            told = masking.shown(value, column)
            spelled.setdefault((export, name, fold(told)), Counter())[told] += count
    found = [
        UnknownWord(export, name, max(of_word, key=lambda one: (of_word[one], one)), of_word.total(), header)
        for (export, name, folded), of_word in spelled.items()
        if folded
        for header in [exports[export].column(name).header]
    ]
    order = list(exports)
    return sorted(found, key=lambda one: (order.index(one.export), one.column, -one.rows, one.word))


def known(cursor: Cursor) -> list[KnownWord]:
    """Every word that was mapped, whoever did; of one that was mapped anew, what holds."""
    found = []
    for export in catalogue.exports().values():
        for origin, of_all, numbers in words.declared(export):
            found += [
                KnownWord(export.name, column, "", word, meaning, origin, None, reason)
                for layer, reason in ((of_all, ""), (numbers, NUMBER))
                for column, of_column in layer.items()
                for word, meaning in of_column.items()
            ]
        found += [
            KnownWord(export.name, column, layout.name, word, meaning, "layout", None, "")
            for layout in known_layouts.known(cursor, export.name)
            for column, of_column in layout.words.items()
            for word, meaning in of_column.items()
        ]
    cursor.execute(
        "select export, column_name, layout, word, meaning, by_name, at, reason from landing.word order by word_id"
    )
    said = [KnownWord(*row) for row in cursor.fetchall()]
    # what is said later goes before what is said earlier, and all of it before what stands in files
    holds = {(one.export, one.column, one.layout, fold(one.word)): one for one in [*found, *said]}
    order = list(catalogue.exports())
    return sorted(
        (one for one in holds.values() if one.export in order),
        key=lambda one: (order.index(one.export), one.column, one.meaning, one.layout, one.word),
    )


def map_word(
    url: str, export_name: str, column_name: str, word: str, meaning: str, *, layout: str = "", by: str, reason: str
) -> Mapped:
    """Keep what a word means; the files that hold it wait for the next load, which judges them again.

    Input:  `layout`: in whose files alone it means that; '' for all files.
    Raises: UsageError if there is no such export or column, no such layout, or the meaning is not in the
            vocabulary of the column.
    """
    export = catalogue.export(export_name)
    column = words.column_called(export, column_name)
    if column.type in words.CODED:
        word, meaning = words.checked(column, word, meaning)
    elif not (word := clean(word)):
        raise UsageError(f"the name for {column.name} is empty: say which name is meant.")
    with database.transaction(url) as connection, connection.cursor() as cursor:
        names = [one.name for one in known_layouts.known(cursor, export.name)]
        if layout and layout not in names:
            raise UsageError(f"no layout {layout!r} of {export.name}; known are {', '.join(names) or 'none'}.")
        if column.type not in words.CODED:
            meaning = _listed(connection, export, column, meaning)
        locks.words(cursor, export.name)  # no load may judge by what was known before, and end after this
        before = loading_words.meaning_of(cursor, export, column, layout, word)
        if before != meaning:
            cursor.execute(
                "insert into landing.word (export, column_name, layout, word, meaning, by_name, reason)"
                " values (%s, %s, %s, %s, %s, %s, %s)",
                (export.name, column.name, layout, word, meaning, by, reason),
            )
        otherwise = {name: loading_words.meaning_of(cursor, export, column, name, word) for name in names}
        return Mapped(
            export,
            column,
            word,
            meaning,
            before,
            waiting=loading_words.rows_that_wait(cursor, export, column, word),
            files=loading_words.wait_again(
                cursor, export, column, reason=f"«{masking.shown(word, column)}» nay nghĩa là «{meaning}»"
            ),
            otherwise={name: told for name, told in otherwise.items() if told not in (None, meaning) and not layout},
        )


def _listed(connection: Connection, export: catalogue.Export, column: catalogue.Column, code: str) -> str:
    """The code of a unit or a procedure that the office's lists have.

    Raises: UsageError if they have no such code.
    """
    how = export.derivations[column.name]
    code = clean(code)
    if code not in lookups.fetch(connection, [how["of"]])[how["of"]][how.get("take", column.name)]:
        raise UsageError(f"no list of {how['refers_to']} has {code!r}: deliver the list, or give a code that is there.")
    return code


def still_waiting(url: str, mapped: Mapped) -> int:
    """How many rows that say the word are still kept in quarantine: they break other rules."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        return loading_words.rows_that_wait(cursor, mapped.export, mapped.column, mapped.word)
