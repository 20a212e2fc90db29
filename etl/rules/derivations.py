"""What a layout leaves to the office's own lists: the unit by its name, the procedure by its name and field, its level.

A contract says how a column is found (`derivations:`), a layout that it is to be found so (`derived:`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg2.extensions import connection as Connection

from etl.catalogue import Export, Layout
from etl.rules import lookups
from etl.rules.lookups import Lookup
from etl.spelling import fold


@dataclass(frozen=True)
class Derivation:
    """How a column is found: `take` of the only thing in a list that matches, on the day if that is said.

    The first of `words` and `codes` must match; another one tells things apart where a row says it. Of several things
    those go before that are `rather` meant, by what is found of the row in another list. The list says of each row for
    which `sender` it holds, or null: for all. What it tells of the file's sender goes before next.
    """

    column: str
    of: str  # a query of sql/lookups
    words: Mapping[str, str]  # our column -> column of the list
    take: str
    codes: Mapping[str, str]  # likewise, but compared as they are, or as far as `code` says
    code: str | None
    day: str | None
    rather: Mapping[str, Lookup]  # column of the list -> what it should be


def derivations(export: Export, layout: Layout) -> Iterator[Derivation]:
    """Those of a layout, in the order in which its contract states them: one may rest on those before it."""
    for column, said in export.derivations.items():
        if column in layout.derived:
            yield _derivation(column, said)


def _derivation(column: str, said: Mapping[str, Any]) -> Derivation:
    return Derivation(
        column=column,
        of=said["of"],
        words=said.get("words") or {},
        take=said.get("take", column),
        codes=said.get("codes") or {},
        code=said.get("code"),
        day=said.get("day"),
        rather={
            theirs: lookups.lookup({part: what for part, what in asked.items() if part != "refers_to"})
            for theirs, asked in (said.get("rather") or {}).items()
        },
    )


def lists_asked(said: Mapping[str, Any]) -> dict[str, str]:
    """The lists that a derivation asks, as a contract states it, each with the export that delivers it."""
    return {asked["of"]: asked["refers_to"] for asked in (said, *(said.get("rather") or {}).values())}


def exports_asked(export: Export, layout: Layout) -> tuple[str, ...]:
    """The exports whose lists a layout asks."""
    asked = [said for column, said in export.derivations.items() if column in layout.derived]
    return tuple(dict.fromkeys(name for said in asked for name in lists_asked(said).values()))


def lists_of(connection: Connection, export: Export, layout: Layout) -> dict[str, pl.DataFrame]:
    """The lists that a layout asks, by name; the words in them folded. Fetched once for a file."""
    found: dict[str, pl.DataFrame] = {}
    for one in derivations(export, layout):
        asked = {one.of, *(other.of for other in one.rather.values())}
        found |= lookups.fetch(connection, sorted(asked - found.keys()))
        found[one.of] = found[one.of].with_columns(
            pl.col(theirs).map_elements(word, return_dtype=pl.String) for theirs in one.words.values()
        )
    return found


def derived(
    typed: pl.DataFrame, export: Export, layout: Layout, lists: Mapping[str, pl.DataFrame], *, sender: str
) -> pl.DataFrame:
    """The typed rows of a block with the columns that the layout leaves to the lists; null where they do not tell.

    Input: `export`: as the file is read: what somebody said that a name means (`Column.words`) goes before the lists.
    """
    for one in derivations(export, layout):
        found = _found(typed, one, lists, sender)
        if one.words and (said := dict(export.column(one.column).words)):
            names = typed[next(iter(one.words))]
            texts = names.drop_nulls().unique()
            meant = pl.Series([said.get(word(text)) for text in texts], dtype=pl.String)
            found = names.replace_strict(texts, meant, default=None, return_dtype=pl.String).fill_null(found)
        typed = typed.with_columns(found.alias(one.column))
    return typed


def said(raw: pl.DataFrame, export: Export, layout: Layout) -> pl.DataFrame:
    """The rows as they were read, with what a derived column was to be found by in its place: that is told of it."""
    return raw.with_columns(
        pl.col(next(iter(one.words), next(iter(one.codes), one.column))).alias(one.column)
        for one in derivations(export, layout)
    )


def _found(typed: pl.DataFrame, one: Derivation, lists: Mapping[str, pl.DataFrame], sender: str) -> pl.Series:
    first, *others = [*one.words, *one.codes]
    questions = typed.select(
        first,
        *others,
        *([one.day] if one.day else []),
        *(lookups.looked_up(typed, other, lists).alias(f"rather {theirs}") for theirs, other in one.rather.items()),
    )
    # rows ask the same few questions: each is answered once. What a row does not say cannot tell things apart for it,
    # whatever other rows say
    asked = questions.unique().filter(pl.col(first).is_not_null())
    alike = [part for _, part in asked.group_by([pl.col(c).is_null() for c in others])] if others else [asked]
    answers = [_answers(part, one, lists[one.of], sender) for part in alike]
    if not answers:
        return pl.Series(one.column, [None], pl.String).new_from_index(0, typed.height)
    every = pl.concat(answers)
    return questions.join(every, on=questions.columns, how="left", nulls_equal=True, maintain_order="left")["answer"]


def _answers(asked: pl.DataFrame, one: Derivation, listed: pl.DataFrame, sender: str) -> pl.DataFrame:
    """Questions that say the same columns, with what the list answers; those that it answers in one way or several."""
    theirs = {c: of for c, of in {**one.words, **one.codes}.items() if not asked[c].null_count()}
    keys = {mine: f"key of {mine}" for mine in theirs}
    whose = pl.col("sender").fill_null("")
    listed = listed.filter(whose.is_in([sender, ""])).select(
        pl.col(one.take).alias("answer"),
        (whose == sender).alias("is own"),
        *(("valid_from", "valid_to") if one.day else ()),
        *(pl.col(name).alias(f"its {name}") for name in one.rather),
        *(pl.col(theirs[c]).alias(key) for c, key in keys.items()),
    )
    rows = asked.with_columns(
        (pl.col(c).map_elements(word, return_dtype=pl.String) if c in one.words else _code(c, one.code)).alias(keys[c])
        for c in theirs
    )
    rows = rows.join(listed, on=list(keys.values())).drop_nulls("answer")
    if one.day:
        day = pl.col(one.day)
        rows = rows.filter(day.is_null() | ((pl.col("valid_from") <= day) & (day < pl.col("valid_to"))))
    meant = [(pl.col(f"rather {name}") == pl.col(f"its {name}")).fill_null(False) for name in one.rather]
    for is_before in (*meant, pl.col("is own")):
        rows = rows.filter(is_before == is_before.max().over(asked.columns))
    return (
        rows
        .group_by(asked.columns)
        .agg(pl.col("answer").n_unique().alias("answers"), pl.col("answer").first())
        .select(*asked.columns, answer=pl.when(pl.col("answers") == 1).then("answer"))
    )


def _code(column: str, pattern: str | None) -> pl.Expr:
    """A code as far as a pattern says; all of it where that finds nothing."""
    return pl.coalesce(pl.col(column).str.extract(f"({pattern})"), column) if pattern else pl.col(column)


def word(text: str) -> str:
    """A name as names are compared: folded, and without what only some write before it.

    >>> word("Ủy ban nhân dân xã Ia Dơk"), word("UBND  xã Ia Dơk"), word("Ia Dơk")
    ('xã ia dơk', 'xã ia dơk', 'ia dơk')
    """
    folded = fold(text)
    for before in ("ủy ban nhân dân ", "uỷ ban nhân dân ", "ubnd "):
        folded = folded.removeprefix(before)
    return folded
