"""The official forms: what each looks like is data (`etl/forms/<form>/<version>.yml`), valid from a day to a day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from etl.catalogue import project_files
from etl.errors import CatalogueError, UsageError


@dataclass(frozen=True)
class Column:
    """A column of a form."""

    title: str
    of: str  # what stands in it
    width: float  # the others' widths beside it are what counts
    under: str = ""  # the heading that it shares with its neighbours


@dataclass(frozen=True)
class Form:
    """One version of a form, as its file says it."""

    name: str
    version: str
    title: tuple[str, ...]
    legal_basis: str
    valid_from: date
    valid_to: date
    rows: str  # what its rows are: appendix, flow, levels
    columns: tuple[Column, ...]
    number: str = ""
    measure: str = ""
    provisional: str = ""
    landscape: bool = False
    sentence_of_a_row: str = ""
    sentences: tuple[str, ...] = ()


def form(name: str, last_day: date) -> Form:
    """The version of a form that is in force on the last day of a period.

    Raises: UsageError if there is no such form, or none of that day; CatalogueError if its file says too little.
    """
    versions = _versions(name)
    if not versions:
        raise UsageError(f"no form {name!r}; there are {', '.join(names())}.")
    for one in reversed(versions):
        if one.valid_from <= last_day <= one.valid_to:
            return one
    raise UsageError(f"the form {name!r} has no version for {last_day}: etl/forms/{name} begins later.")


def names() -> list[str]:
    """The forms that there are."""
    return sorted({path.parent.name for folder in project_files.form_folders() for path in folder.glob("*/*.yml")})


def _versions(name: str) -> list[Form]:
    found = [
        _form(path) for folder in project_files.form_folders() for path in sorted(folder.glob("*/*.yml"))
        if path.parent.name == name
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.valid_from)


def _form(path: Path) -> Form:
    said: dict[str, Any] = project_files.read_yaml(path)
    try:
        columns = tuple(Column(**column) for column in said.pop("columns"))
        return Form(
            name=path.parent.name,
            version=path.stem,
            columns=columns,
            title=tuple(said.pop("title")),
            valid_to=said.pop("valid_to", date.max),
            sentences=tuple(said.pop("sentences", ())),
            **said,
        )
    except (KeyError, TypeError) as error:
        raise CatalogueError(
            f"{path}: {error}. A form has title, legal_basis, valid_from, rows and columns of title, of and width."
        ) from None
