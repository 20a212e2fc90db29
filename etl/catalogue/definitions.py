"""The indicators: one SQL file with a header for each definition, and the printed form that orders them."""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from etl.catalogue.project_files import indicator_folders, read_yaml, sql_header
from etl.errors import CatalogueError
from etl.periods import TWO_TIERS_FROM

ORIGINS = ("computed", "declared")
BEHAVIOURS = ("flow", "stock", "cumulative", "code", "share")
LEVELS = ("province", "department", "district", "commune", "office", "service_unit")
CADENCES = ("quarterly", "half_yearly", "nine_monthly", "annual")
LISTS = {"one_stop_shop/procedures", "hr/quotas"}  # exports that several units read the same figures off


@dataclass(frozen=True)
class Indicator:
    """One figure of the form, as the header of its `.sql` file defines it."""

    code: str
    parent: str
    title: str  # Vietnamese, as printed
    unit: str  # as printed: "%", a word for what is counted, or a list of codes "Chưa = 0; Hoàn thành = 1"
    behaviour: str
    levels: tuple[str, ...]  # where it is reported; elsewhere it is not applicable
    origin: str
    valid_from: date
    valid_to: date | None  # the last day on which it is defined so
    legal_basis: str
    source: tuple[str, ...]  # exports
    cadence: tuple[str, ...]
    decimals: int
    version: str  # changes whenever the definition does
    query: str  # empty if it is declared

    @property
    def is_computed(self) -> bool:
        return self.origin == "computed"

    @property
    def is_share(self) -> bool:
        return self.unit == "%"

    def levels_on(self, day: date) -> tuple[str, ...]:
        """Where it is reported on a day: since there are no districts, a commune answers for what its district did."""
        inherits = day >= TWO_TIERS_FROM and "district" in self.levels and "commune" not in self.levels
        return (*self.levels, "commune") if inherits else self.levels

    @property
    def adds_up(self) -> bool:
        """Whether figures of units that were merged may be added up.

        Not what each unit reads off one list: two communes with the same procedure have one procedure, and a quota is
        given anew to who takes over. Not a code, nor a share that only the unit itself can say.
        """
        if self.behaviour == "code" or (self.behaviour == "share" and not self.is_computed):
            return False
        return not set(self.source) <= LISTS

    @property
    def codes(self) -> dict[int, str]:
        """What each code of a coded figure means; empty for counts and shares: {0: "Chưa", 1: "Hoàn thành"}."""
        pairs = (part.rsplit("=", 1) for part in self.unit.split(";") if "=" in part)
        return {int(number): meaning.strip() for meaning, number in pairs}


@dataclass(frozen=True)
class FormRow:
    """One row of the printed form: a section, a group or an indicator."""

    order: int
    code: str
    parent: str
    kind: str
    title: str
    unit: str


def form_order(code: str) -> tuple[tuple[int, str], ...]:
    """The place of a code in the form, as a sort key: 1.9 comes before 1.10, and 3.1.3 before 3.1.3.a."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in code.split("."))


def _indicator(path: Path) -> Indicator:
    text = path.read_text("utf-8")
    try:
        said, query = sql_header(text)
        for attribute in ("levels", "source", "cadence"):
            said[attribute] = tuple(said[attribute])
        indicator = Indicator(**said, version=_definition_version(said, query), query=query)
    except (TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path}: this is not the header of an indicator ({error}). Mend the file.") from None
    for attribute, known in (("origin", ORIGINS), ("behaviour", BEHAVIOURS), ("levels", LEVELS), ("cadence", CADENCES)):
        value = getattr(indicator, attribute)
        for one in (value,) if isinstance(value, str) else value:
            if one not in known:
                raise CatalogueError(f"{path}: {attribute} is one of {', '.join(known)}, not {one!r}.")
    if indicator.is_computed != bool(query):
        raise CatalogueError(f"{path}: a computed indicator has a query below its header, a declared one has none.")
    return indicator


def _definition_version(said: Mapping[str, Any], query: str) -> str:
    """The day from which a definition holds, and a hash of all that makes its figures: not of how it is worded.

    A definition that is ended by `valid_to`, or a comment that is mended, leaves the figures made by it as they are.
    """
    statement = "\n".join(line for line in query.splitlines() if not line.lstrip().startswith("--"))
    made_by = ("code", "unit", "behaviour", "levels", "origin", "source", "decimals", "valid_from")
    parts = [said[name] for name in made_by]
    return f"{said['valid_from']}/{hashlib.sha256(repr([*parts, statement]).encode()).hexdigest()[:8]}"


def indicator_versions() -> tuple[Indicator, ...]:
    """Every definition there is or was, by code in form order and then by the day from which it holds."""
    return _indicators(indicator_folders())


@cache
def _indicators(folders: tuple[Path, ...]) -> tuple[Indicator, ...]:
    found = [_indicator(path) for folder in folders for path in sorted(folder.glob("*.sql"))]
    found.sort(key=lambda one: (form_order(one.code), one.valid_from))
    for one, following in itertools.pairwise(found):
        if one.code == following.code and (one.valid_to is None or one.valid_to >= following.valid_from):
            raise CatalogueError(
                f"{one.code} is defined twice on {following.valid_from}: end one definition by `valid_to`."
            )
    return tuple(found)


def indicators(on: date | None = None) -> dict[str, Indicator]:
    """The definitions in force on a day, by code in form order; without a day, the newest of each code.

    A new rule is a new file with the same code (`3.4.2@2026.sql`) and `valid_to` in the old one.
    """
    every = indicator_versions()
    return {i.code: i for i in every if on is None or i.valid_from <= on <= (i.valid_to or date.max)}


def reported(on: date) -> dict[str, Indicator]:
    """The rows that a report of a day has, by code in form order: definitions in force, and those that have ended.

    A row that has ended keeps its place in the form and is reported nowhere any more: it has no levels.
    """
    rows = {i.code: replace(i, levels=()) for i in indicator_versions() if i.valid_to and i.valid_to < on}
    rows |= indicators(on)
    return {code: rows[code] for code in sorted(rows, key=form_order)}


@cache
def _form(folders: tuple[Path, ...]) -> tuple[FormRow, ...]:
    headings = [said for folder in folders if (folder / "form.yml").exists() for said in read_yaml(folder / "form.yml")]
    rows = [(h["code"], h["parent"], h["kind"], h["title"], "") for h in headings]
    rows += [
        (i.code, i.parent, "indicator", i.title, i.unit) for i in {i.code: i for i in _indicators(folders)}.values()
    ]
    ordered = sorted(rows, key=lambda row: form_order(row[0]))
    return tuple(FormRow(order, *row) for order, row in enumerate(ordered, start=1))


def form(on: date | None = None) -> tuple[FormRow, ...]:
    """Every row of the form in its order: sections, groups and indicators; with a day, those reported on it."""
    every = _form(indicator_folders())
    if on is None:
        return every
    rows = reported(on)
    return tuple(row for row in every if row.kind != "indicator" or row.code in rows)
