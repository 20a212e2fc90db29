"""The indicators: an SQL file with a header for each that is computed, a row of form.yml for each that is declared.

A folder of indicators is the form, the appendix of the report. A folder in it is a group of its own beside the form,
with its own form.yml: figures that are made, kept and published as all others are, and never stand in the appendix.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from etl.catalogue.contracts import exports
from etl.catalogue.project_files import indicator_folders, read_sql, read_yaml
from etl.errors import CatalogueError
from etl.periods import TWO_TIERS_FROM

FORM = "form.yml"
DECLARATIONS = "declarations/indicators"
BEHAVIOURS = ("flow", "stock", "cumulative", "code", "share")
LEVELS = ("province", "department", "district", "commune", "office", "service_unit")
CADENCES = ("quarterly", "half_yearly", "nine_monthly", "annual")
# What every computed figure needs: without it nobody knows what is below a unit.
FRAME = ("hr/units.parent_code",)
LISTS = {"one_stop_shop/procedures", "hr/quotas"}  # exports that several units read the same figures off


@dataclass(frozen=True)
class Indicator:
    """One figure of the form, as the header of its `.sql` file or its row of form.yml defines it."""

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
    # The roles without which it cannot be told, `<export>.<column>`, beside those that every file has; None: the header
    # says nothing of it. And among which rows of window_unknown they are looked for, as a condition of SQL.
    needs: tuple[str, ...] | None = None
    among: str = "true"
    note: str = ""  # what a reader has to know of how it is counted, in Vietnamese
    group: str = ""  # the group beside the form in which it stands: the name of its folder; empty: in the form

    @property
    def is_computed(self) -> bool:
        return self.origin == "computed"

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles without which it cannot be told.

        Of a computed figure always who stands above whom. A header that says nothing needs
        whatever column a contract of its sources requires.
        """
        if not self.is_computed:
            return ()
        needs = self.needs
        if needs is None:
            sources = (export for export in exports().values() if export.name in self.source)
            needs = tuple(f"{e.name}.{c.name}" for e in sources for c in e.columns if c.required and not c.key)
        return (*FRAME, *needs)

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
    group: str = ""  # beside the form: the name of its folder
    note: str = ""


def _said_by_form(folder: Path) -> dict[str, Any]:
    """What form.yml of a folder says, if there is one: `defaults`, `headings`, `declared`."""
    path = folder / FORM
    said = read_yaml(path) if path.exists() else {}
    if not isinstance(said, dict) or not said.keys() <= {"defaults", "headings", "declared"}:
        raise CatalogueError(
            f"{path}: it has `defaults:`, `headings:` and `declared:`, and nothing else. Mend the file."
        )
    return said


def _groups(folders: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    """Each folder in which indicators lie and the group that it is: empty if it is the form.

    >>> list(_groups((Path("no such folder"),)))
    [(PosixPath('no such folder'), '')]
    """
    for folder in folders:
        yield folder, ""
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_dir():
                yield path, path.name


def form_order(code: str) -> tuple[tuple[int, str], ...]:
    """The place of a code in the form, as a sort key: 1.9 comes before 1.10, and 3.1.3 before 3.1.3.a."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in code.split("."))


def _indicator(said: dict[str, Any], query: str, path: Path, defaults: Mapping[str, Any]) -> Indicator:
    """Input: what a header or a row of form.yml says, and the query below the header; the rest is by default."""
    said = {"valid_to": None, **defaults, **said, "origin": "computed" if query else "declared"}
    try:
        for attribute in ("levels", "source", "cadence", "needs"):
            if said.get(attribute) is not None:
                said[attribute] = tuple(said[attribute])
        indicator = Indicator(**said, version=_definition_version(said, query), query=query)
    except (TypeError, KeyError) as error:
        raise CatalogueError(f"{path}: this is not the header of an indicator ({error}). Mend the file.") from None
    for attribute, known in (("behaviour", BEHAVIOURS), ("levels", LEVELS), ("cadence", CADENCES)):
        value = getattr(indicator, attribute)
        for one in (value,) if isinstance(value, str) else value:
            if one not in known:
                raise CatalogueError(f"{path}: {attribute} is one of {', '.join(known)}, not {one!r}.")
    return indicator


def indicator_of(said: Mapping[str, Any], query: str) -> Indicator:
    """An indicator as it was kept: what its header said, read from JSON, and its query."""
    lists = ("levels", "source", "cadence", "needs")
    days = ("valid_from", "valid_to")
    read = dict(said)
    read |= {name: tuple(said[name]) for name in lists if said.get(name) is not None}
    read |= {name: date.fromisoformat(said[name]) for name in days if said.get(name)}
    return Indicator(**read, query=query)


def _computed(path: Path, defaults: Mapping[str, Any]) -> Indicator:
    said, query = read_sql(path)
    if not query:
        raise CatalogueError(
            f"{path}: there is no query below the header. Write one, or, if units declare this figure, move the header"
            " to `declared:` of form.yml."
        )
    return _indicator(said, query, path, defaults)


def _definition_version(said: Mapping[str, Any], query: str) -> str:
    """The day from which a definition holds, and a hash of all that makes its figures: not of how it is worded.

    A definition that is ended by `valid_to`, or a comment that is mended, leaves the figures made by it as they are.
    """
    statement = "\n".join(line for line in query.splitlines() if not line.lstrip().startswith("--"))
    made_by = ("code", "unit", "behaviour", "levels", "origin", "source", "decimals", "valid_from")
    parts = [said[name] for name in made_by]
    return f"{said['valid_from']}/{hashlib.sha256(repr([*parts, statement]).encode()).hexdigest()[:8]}"


def indicator_versions() -> tuple[Indicator, ...]:
    """Every definition there is or was, in form order and then by the day from which it holds; those beside it last."""
    return _indicators(indicator_folders())


@cache
def _indicators(folders: tuple[Path, ...]) -> tuple[Indicator, ...]:
    found: list[Indicator] = []
    defaults: dict[str, Any] = {}
    for folder, group in _groups(folders):
        said = _said_by_form(folder)
        own = defaults | said.get("defaults", {})
        if not group:
            defaults = own  # an office's own folder may say otherwise
        computed = [_computed(path, own) for path in sorted(folder.glob("*.sql"))]
        declared = [
            _indicator({"source": [DECLARATIONS], **row}, "", folder / FORM, own) for row in said.get("declared", ())
        ]
        found += [replace(one, group=group) for one in (*computed, *declared)]
    found.sort(key=lambda one: (form_order(one.code), one.valid_from))
    for one, following in itertools.pairwise(found):
        if one.code == following.code and (one.valid_to is None or one.valid_to >= following.valid_from):
            raise CatalogueError(
                f"{one.code} is defined twice on {following.valid_from}: end one definition by `valid_to`."
            )
    return tuple(sorted(found, key=_place))


def _place(one: Indicator | FormRow) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Sort key: the form in its order, then each group beside it in its own."""
    return one.group, form_order(one.code)


def indicators(on: date | None = None) -> dict[str, Indicator]:
    """The definitions in force on a day, by code in form order; without a day, the newest of each code.

    A new rule is a new file with the same code (`3.4.2@2026.sql`) and `valid_to` in the old one.
    """
    every = indicator_versions()
    return {i.code: i for i in every if on is None or i.valid_from <= on <= (i.valid_to or date.max)}


def reported(on: date) -> dict[str, Indicator]:
    """The rows that a report of a day has, by code in form order: definitions in force, and those that have ended.

    Those beside the form come last, and say so (`group`).

    A row that has ended keeps its place in the form and is reported nowhere any more: it has no levels.
    """
    rows = {i.code: replace(i, levels=()) for i in indicator_versions() if i.valid_to and i.valid_to < on}
    rows |= indicators(on)
    return {one.code: one for one in sorted(rows.values(), key=_place)}


@cache
def _rows(folders: tuple[Path, ...]) -> tuple[FormRow, ...]:
    """Every row of the form in its order, and then those of the groups beside it."""
    found = [
        FormRow(0, h["code"], h["parent"], h["kind"], h["title"], "", group)
        for folder, group in _groups(folders)
        for h in _said_by_form(folder).get("headings", ())
    ]
    newest = {i.code: i for i in _indicators(folders)}
    found += [FormRow(0, i.code, i.parent, "indicator", i.title, i.unit, i.group, i.note) for i in newest.values()]
    return tuple(replace(row, order=order) for order, row in enumerate(sorted(found, key=_place), start=1))


def form(on: date | None = None) -> tuple[FormRow, ...]:
    """Every row of the form in its order: sections, groups and indicators; with a day, those reported on it."""
    return tuple(row for row in _rows_on(on) if not row.group)


def beside(on: date | None = None) -> tuple[FormRow, ...]:
    """The rows that stand beside the form, group by group: sections, groups and indicators; with a day, as `form`."""
    return tuple(row for row in _rows_on(on) if row.group)


def _rows_on(on: date | None) -> tuple[FormRow, ...]:
    every = _rows(indicator_folders())
    if on is None:
        return every
    rows = reported(on)
    return tuple(row for row in every if row.kind != "indicator" or row.code in rows)
