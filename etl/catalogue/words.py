"""What other words mean in a coded column: `words/<export>.yml` beside the contracts of a source.

A word map never guesses. What it does not have stays as it came, and keeps its row in quarantine until somebody says
what it means (`cchc words map`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from etl.catalogue.contracts import Column, Export
from etl.catalogue.layouts import Layout
from etl.catalogue.project_files import contract_folders, read_yaml
from etl.errors import CatalogueError, UsageError
from etl.spelling import clean, fold

CODED = ("code", "flag")
YES_OR_NO = ("Có", "Không")
WRITTEN = {"true": "Có", "false": "Không"}  # yes and no, as workbooks and databases write them
# Column -> word, folded -> what it means, as the vocabulary spells it.
Words = Mapping[str, Mapping[str, str]]


def coded(export: Export) -> tuple[Column, ...]:
    """The columns whose words are told apart: those with a vocabulary, and yes or no."""
    return tuple(c for c in export.loaded if c.type in CODED)


def named(export: Export) -> dict[str, str]:
    """The columns that a layout may leave to the office's lists, and by the names in which column they are found."""
    return {column: next(iter(how["words"])) for column, how in export.derivations.items() if how.get("words")}


def vocabulary(column: Column) -> tuple[str, ...]:
    return column.vocabulary or YES_OR_NO


def reader(column: Column) -> Callable[[str], str | None]:
    """What tells of a cell what it means, as the vocabulary spells it; None if nobody has said."""
    known = (WRITTEN if column.type == "flag" else {}) | dict(column.words)
    known |= {fold(one): one for one in vocabulary(column)}

    def meaning(text: str) -> str | None:
        folded = fold(text)
        return known.get(folded) or known.get(folded.removesuffix(".0"))  # a number, as Excel has kept it

    return meaning


def column_called(export: Export, name: str) -> Column:
    """A column whose words can be mapped, coded or found by names; by its name, its header or another name of it.

    Raises: UsageError if the export has none that is called so.
    """
    can = [*coded(export), *(export.column(one) for one in named(export))]
    for column in can:
        if fold(name) in map(fold, (column.name, column.header, *column.aliases)):
            return column
    raise UsageError(
        f"{export.name} has no column {name!r} whose words can be mapped; it has:"
        f" {', '.join(f'{c.name} ({c.header})' for c in can)}."
    )


def checked(column: Column, word: str, meaning: str) -> tuple[str, str]:
    """A word as it is kept, and its meaning as the vocabulary spells it.

    Raises: UsageError if the word is none, means itself already, or the meaning is not in the vocabulary.
    """
    if not fold(word):
        raise UsageError(f"the word for {column.name} is empty: say which word is meant.")
    spelled = {fold(one): one for one in vocabulary(column)}
    if fold(word) in spelled:
        raise UsageError(
            f"«{clean(word)}» is a word of the vocabulary of {column.name} and means itself; it cannot be mapped."
        )
    if fold(meaning) not in spelled:
        raise UsageError(
            f"«{clean(meaning)}» is not in the vocabulary of {column.name} ({column.header}); it has:"
            f" {', '.join(spelled.values())}."
        )
    return clean(word), spelled[fold(meaning)]


def said(export: Export, given: Mapping[str, Mapping[Any, str]], where: str) -> dict[str, dict[str, str]]:
    """The words that a file says, checked: a mapping of column to word to meaning.

    Raises: CatalogueError if it names what the contract does not have, or says two things of one word.
    """
    found: dict[str, dict[str, str]] = {}
    columns = {c.name: c for c in coded(export)}
    for name, words in given.items():
        if name not in columns:
            raise CatalogueError(
                f"{where}: words of {name!r}; {export.name} has the coded columns {', '.join(columns)}. Mend the name."
            )
        for word, meaning in words.items():
            if not isinstance(word, str | int) or isinstance(word, bool) or not isinstance(meaning, str):
                raise CatalogueError(f"{where}: {name}: put {word!r} and what it means in quotes.")
            try:
                kept, canonical = checked(columns[name], str(word), meaning)
            except UsageError as error:
                raise CatalogueError(f"{where}: {error}") from None
            if found.setdefault(name, {}).setdefault(fold(kept), canonical) != canonical:
                raise CatalogueError(f"{where}: {name}: «{kept}» is said to mean two things. Take out one of them.")
    return found


@cache
def _files(export: Export, folders: tuple[Path, ...]) -> tuple[tuple[bool, Words, Words], ...]:
    found = []
    for number, folder in enumerate(folders):
        path = folder / export.source / "words" / f"{export.name.partition('/')[2]}.yml"
        if not path.exists():
            continue
        content = read_yaml(path)
        if not isinstance(content, dict) or not content.keys() <= {"words", "numbers"}:
            raise CatalogueError(f"{path}: it has `words:` and `numbers:`, and nothing else. Mend the file.")
        words, numbers = (said(export, content.get(part) or {}, str(path)) for part in ("words", "numbers"))
        found.append((number == 0, words, numbers))
    return tuple(found)


def declared(export: Export) -> Iterator[tuple[str, Words, Words]]:
    """Where words are said, those that go before others last: "shipped" or "office"; words, and numbers of lists."""
    for is_shipped, words, numbers in _files(export, contract_folders()):
        yield "shipped" if is_shipped else "office", words, numbers


def layered(export: Export, *, layout: Layout | None, own: Words, of_layout: Words) -> Export:
    """The export as a file of this layout is read: its coded columns know what other words mean, its days which of
    their numbers is the month.

    A word of the vocabulary means itself. Otherwise what is said of the layout alone (by its file, by somebody:
    `of_layout`) goes before what is said of all files (by what ships, by the office's folder, by somebody: `own`), the
    last of these first. Numbers of code lists hold in files of our own format (no layout): those of a vendor may be of
    another list.
    """
    layers: list[Words] = []
    for _, words, numbers in declared(export):
        layers += [words, *(() if layout else (numbers,))]
    layers.append(own)
    if layout:
        layers += [{role: {fold(w): meaning for w, meaning in words.items()} for role, words in layout.words.items()}]
        layers.append(of_layout)
    columns = []
    for column in export.columns:
        meanings = {word: meaning for layer in layers for word, meaning in layer.get(column.name, {}).items()}
        month_first = layout is not None and column.name in layout.month_first
        columns.append(replace(column, words=tuple(sorted(meanings.items())), month_first=month_first))
    return replace(export, columns=tuple(columns))
