"""Layouts: how systems write an export where they do not write it as its contract says; one YAML file for each.

A column of the contract is a *role*. A layout says which header has which role, by position where headers are equal;
what is the same in every row; what the office's own lists tell; and what is not needed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from etl.catalogue.contracts import Export, export, exports
from etl.catalogue.project_files import contract_folders, read_yaml
from etl.errors import CatalogueError

NOT_NEEDED, PERSONAL = "ignored", "personal"  # in place of a role; what is personal is not shown either
SAID = {"system", "export", "columns", "constants", "by_sender", "derived", "words", "month_first"}


@dataclass(frozen=True)
class Layout:
    """One layout, as its file states it."""

    name: str  # "igate"
    export: str
    system: str  # Vietnamese: whose export it is
    columns: tuple[tuple[str, str], ...]  # header and role, in the order of the file
    constants: Mapping[str, str] = field(default_factory=dict)  # role -> what every row says
    by_sender: tuple[str, ...] = ()  # roles that hold the unit whose lists the sender's are (core.list_owner)
    derived: tuple[str, ...] = ()  # roles that the contract knows how to find in the office's lists
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # role -> word -> word of its vocabulary
    month_first: tuple[str, ...] = ()  # days that are written month first

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that its columns have."""
        return tuple(role for _, role in self.columns if role not in (NOT_NEEDED, PERSONAL))

    @property
    def given(self) -> frozenset[str]:
        """The roles that its rows have, wherever from."""
        return frozenset((*self.roles, *self.constants, *self.by_sender, *self.derived))

    @property
    def meaning(self) -> int:
        """Changes whenever the same cells may be read otherwise; 0 if they are read as the contract says."""
        said = (sorted(self.constants.items()), self.by_sender, self.derived, self.month_first)
        said_of_words = sorted((role, sorted(words.items())) for role, words in self.words.items())
        if not any((*said, said_of_words)):
            return 0
        return int(hashlib.sha256(repr((said, said_of_words)).encode()).hexdigest()[:8], 16)


def needed(contract: Export) -> tuple[str, ...]:
    """The roles without which a file cannot be loaded: what gives a row its identity and its day (FIL-02)."""
    days = {contract.partition_by, *contract.touches}
    of_days = [c.name for c in contract.columns if c.name in days or (c.day and c.day in days)]
    return tuple(dict.fromkeys([*contract.key, *of_days, *contract.needed]))


def layout(said: Any, name: str, where: str) -> Layout:
    """A layout from what its YAML says.

    Raises: CatalogueError if it is none, with what is wrong and what to do.
    """
    if not isinstance(said, dict) or not said.keys() <= SAID or not {"export", "columns"} <= said.keys():
        raise CatalogueError(f"{where}: a layout has export, columns, and of {', '.join(sorted(SAID))} what it needs.")
    if said["export"] not in exports():
        raise CatalogueError(f"{where}: there is no export {said['export']!r}; known are {', '.join(exports())}.")
    contract = export(said["export"])
    try:
        columns = tuple((str(header), str(role)) for one in said["columns"] for header, role in one.items())
        found = Layout(
            name=name,
            export=contract.name,
            system=str(said.get("system") or name),
            columns=columns,
            constants={role: str(text) for role, text in (said.get("constants") or {}).items()},
            by_sender=tuple(said.get("by_sender") or ()),
            derived=tuple(said.get("derived") or ()),
            words={
                role: {str(word): str(meaning) for word, meaning in words.items()}
                for role, words in (said.get("words") or {}).items()
            },
            month_first=tuple(said.get("month_first") or ()),
        )
    except (AttributeError, TypeError):
        raise CatalogueError(f"{where}: columns is a list of `- header: role`. Mend the file.") from None
    _check(found, contract, where)
    return found


def _check(found: Layout, contract: Export, where: str) -> None:
    known = {c.name: c for c in contract.columns}
    sources = [*found.roles, *found.constants, *found.by_sender, *found.derived]
    for role in (*sources, *found.words, *found.month_first):
        if role not in known:
            raise CatalogueError(
                f"{where}: {role!r} is no column of {contract.name}. Write one of {', '.join(known)};"
                f" {NOT_NEEDED}; or {PERSONAL}."
            )
    if twice := sorted({role for role in sources if sources.count(role) > 1}):
        raise CatalogueError(f"{where}: {', '.join(twice)} comes from two places. Keep one of them.")
    if missing := [role for role in needed(contract) if role not in sources]:
        raise CatalogueError(
            f"{where}: no column has the role {', '.join(missing)}: without it a row has no identity or no day."
        )
    for role in found.derived:
        if role not in contract.derivations:
            raise CatalogueError(
                f"{where}: {contract.name} does not say how {role} is found. Known: {', '.join(contract.derivations)}."
            )
    for role, words in found.words.items():
        if strange := sorted(set(words.values()) - set(known[role].vocabulary)):
            raise CatalogueError(f"{where}: {role} has no word {', '.join(strange)} ({contract.name}.yml: vocabulary).")


def layouts(export_name: str) -> tuple[Layout, ...]:
    """The layouts of an export that ship with the project, and those in the folders of an office."""
    return _layouts(contract_folders()).get(export_name, ())


@cache
def _layouts(folders: tuple[Path, ...]) -> dict[str, tuple[Layout, ...]]:
    by_name: dict[str, Layout] = {}
    for folder in folders:  # of one name the office's goes before
        for path in sorted(folder.glob("*/layouts/*.yml")):
            by_name[path.stem] = layout(read_yaml(path), path.stem, str(path))
    found: dict[str, tuple[Layout, ...]] = {}
    for one in by_name.values():
        found[one.export] = (*found.get(one.export, ()), one)
    return found
