"""The catalogue: exports, rules and indicators, read from the files that define them. A file in place is registered."""

import csv
import hashlib
import itertools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from etl.errors import CatalogueError, UsageError
from etl.periods import TWO_TIERS_FROM

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "etl" / "contracts"
EXPECTATIONS = ROOT / "expectations"
SQL = ROOT / "sql"

TYPES = ("text", "code", "timestamp", "date", "partial_date", "amount", "integer", "flag")
PERSONAL = ("name", "id", "phone", "birth")
DELIVERIES = ("upsert", "snapshot")
RHYTHMS = ("daily", "monthly", "yearly")
# What `touches:` may say besides the name of a day: the days on which the counts of `sql/counts/` changed; the period
# that a row is declared for; the days that a list tells of, from a month before its delivery on.
# And a state that has no day of its own (paused, withdrawn), which a delivery tells of the month before it.
TOUCHES = ("counts", "state", "declared_period", "delivery")
# Where a row of core.<thing> came from.
ORIGIN = ("province_code", "sender", "delivered_on", "file_id", "line", "raw_hash")
SEVERITIES = ("fatal", "error", "warning")
SHAPED = "shaped"  # in place of the conditions of a rule
# Forms that contracts name (`pattern: unit_code`). None lets as many digits stand together as a phone or an identity
# number has, also in groups: what the province reads is grouped by these texts.
_FEW_DIGITS = "[.-]*([0-9][.-]*){0,8}"
FORMS = {
    # letters, digits, dots and dashes: 23857, H21.65, 000.00.16.H21, 64.631.23857.01
    "unit_code": {
        "pattern": f"^(({_FEW_DIGITS}[A-Za-zĐđ]+)*{_FEW_DIGITS}|([1-9][0-9]?|[1-9][0-9]{{4,7}})([.-][0-9]{{1,8}})+)$"
    },
    # codes of several units: 52.SNV;52.STC
    "unit_codes": {"pattern": f"^({_FEW_DIGITS}[A-Za-zĐđ;,]+)*{_FEW_DIGITS}$"},
    # a national code with what a province appends to it, or an older one: 2.000635.000.00.00.H21, T-GLA-123456-TT
    "procedure_code": {
        "pattern": "^([0-9][.][0-9]{6}([.][0-9]{2,3})*([.][A-Z][0-9]{2})?"
        "|([._/-]*([0-9][._/-]*){0,8}[A-Za-zĐđ]+)*[._/-]*([0-9][._/-]*){0,8})$"
    },
    # "Trường Nguyễn Văn Trỗi" is a unit, "Nguyễn Văn Trỗi" is a person
    "public_name": {
        "pattern": "^([ .-]*([0-9][ .-]*){0,8}[^0-9@ .[:cntrl:]-]+)*[ .-]*([0-9][ .-]*){0,8}$",
        "never": "^[^ ,.]+ (Văn|Thị|VĂN|THỊ) [^ ,.]+( [^ ,.]+)?( [^ ,.]+)?$",
    },
}

LONGEST_CODE = 100  # characters of a key, a code or a reference whose contract says nothing else

NAME = re.compile(r"[a-z][a-z0-9_]*")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a hundred definitions in 0.03 s, and in 0.25 s without C


@dataclass(frozen=True)
class Column:
    """One column of an export, as its contract states it."""

    name: str
    header: str
    type: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    key: bool = False
    personal: str | None = None
    compact: bool = False  # codes arrive with stray spaces inside: strip them all
    trailing: str = ""  # characters that may stand behind a code without meaning: strip them too
    vocabulary: tuple[str, ...] = ()
    formerly: str | None = None  # the name before the contract changed: what was loaded under it is kept
    max_length: int | None = None
    pattern: str = ""  # what the whole text must match, in words that Polars and PostgreSQL both know
    never: str = ""  # what it must not match
    readable: str = ""  # codes of this form are shown although a long number stands in them

    @property
    def longest(self) -> int | None:
        """How many characters a key, a code, a reference, or a text of which the contract says it may have."""
        is_code = self.key or self.compact or self.name.endswith("_code")
        return self.max_length or (LONGEST_CODE if is_code and self.type == "text" else None)

    @property
    def is_shaped(self) -> bool:
        """Whether a rule of length and form holds for its text: what a database indexes and groups is never free."""
        return self.personal is None and self.type == "text" and bool(self.longest or self.pattern)

    @property
    def is_loaded(self) -> bool:
        """Names, phones and birthdays stay in the export; an identity number is loaded as a keyed hash."""
        return self.personal in (None, "id")

    @property
    def day(self) -> str | None:
        """Name of the local calendar day that a moment is compared by: received_at -> received_on."""
        return self.name.removesuffix("_at") + "_on" if self.type == "timestamp" else None


@dataclass(frozen=True)
class Export:
    """One export of a source system: its columns, and how a delivery of it is merged."""

    name: str  # "one_stop_shop/dossiers"
    title: str
    delivery: str
    thing: str  # core.<thing>
    columns: tuple[Column, ...]
    ignored: tuple[str, ...] = ()
    partition_by: str | None = None
    refers_to: tuple[str, ...] = ()
    delivers: str | None = None  # how often each sender is expected: daily, monthly, yearly; None: nobody waits for it
    touches: tuple[str, ...] = ()  # which days' figures a row changes: names of its days, or TOUCHES
    reaches_on: bool = False  # it tells a state: from the first of these days on, up to the delivery
    owned: bool = False  # its rows name no unit: they are those of its sender's owner units
    removed: tuple[str, ...] = ()  # columns that the contract had: what was loaded of them is dropped

    @property
    def source(self) -> str:
        return self.name.split("/")[0]

    @property
    def short_title(self) -> str:
        """The title as far as it names the thing: "Hồ sơ một cửa" of "Hồ sơ một cửa (thủ tục hành chính)"."""
        return re.split(r"\s*[(:]", self.title)[0]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.key)

    @property
    def meaning(self) -> str:
        """Changes whenever the same cells of a file may be read otherwise."""
        columns = [(c.name, c.type, c.compact, c.trailing, c.personal, c.vocabulary) for c in self.columns]
        return hashlib.sha256(repr(columns).encode()).hexdigest()[:8]

    @property
    def loaded(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.is_loaded)

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def shaped(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.is_shaped)


@dataclass(frozen=True)
class Rule:
    """One rule of a file, a value, a row or a group of rows; `statement` is what holds, `message` what is told."""

    rule_id: str
    export: str  # "*" for the rules of every file
    layer: str  # file, value, row, group, reference
    severity: str
    statement: str
    message: str  # Vietnamese: what is wrong
    remedy: str  # Vietnamese: what to do
    # column -> condition under which it breaks the rule; `fails: shaped`: the lengths and forms that the contract says
    fails: Mapping[str, str] = field(default_factory=dict)
    refers_to: tuple[str, ...] = ()  # exports whose change makes this rule run again


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises: CatalogueError if it is not YAML.
    """
    try:
        return yaml.load(path.read_text("utf-8"), Loader=LOADER)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: this is not YAML ({error}). Mend the file.") from None


def _contract(path: Path, root: Path) -> Export:
    try:
        return _export(path, path.relative_to(root).with_suffix("").as_posix())
    except (AttributeError, KeyError, TypeError) as error:
        raise CatalogueError(f"{path}: this is not a contract ({error}). Mend the file.") from None


def _export(path: Path, name: str) -> Export:
    described = read_yaml(path)
    columns = []
    for column_name, said in described.pop("columns").items():
        said |= FORMS.get(said.get("pattern"), {})
        said = {**said, "aliases": tuple(said.get("aliases", ())), "vocabulary": tuple(said.get("vocabulary", ()))}
        column = Column(name=column_name, **said)
        if not NAME.fullmatch(column.name) or column.name in ORIGIN:
            raise CatalogueError(
                f"{path}: a column cannot be called {column_name!r}: use small letters, digits and _, and none of"
                f" {', '.join(ORIGIN)}."
            )
        if column.type not in TYPES:
            raise CatalogueError(
                f"{path}: column {column_name} has type {column.type!r}; known are {', '.join(TYPES)}."
            )
        if column.personal not in (None, *PERSONAL):
            raise CatalogueError(f"{path}: column {column_name}: personal is one of {', '.join(PERSONAL)}.")
        if column.key and not column.is_loaded:
            raise CatalogueError(
                f"{path}: column {column_name} is a key and personal: a {column.personal} is not loaded, so it cannot"
                " tell rows apart. Use another key."
            )
        columns.append(column)
    for attribute in ("ignored", "refers_to", "removed"):
        described[attribute] = tuple(described.get(attribute, ()))
    touches = described.get("touches") or (("delivery",) if described.get("delivery") == "snapshot" else ())
    described["touches"] = (touches,) if isinstance(touches, str) else tuple(touches)
    export = Export(name=name, columns=tuple(columns), **described)
    if export.delivery not in DELIVERIES:
        raise CatalogueError(f"{path}: delivery is one of {', '.join(DELIVERIES)}, not {export.delivery!r}.")
    if export.delivers not in (None, *RHYTHMS):
        raise CatalogueError(f"{path}: delivers is one of {', '.join(RHYTHMS)}, not {export.delivers!r}.")
    if not export.key:
        raise CatalogueError(f"{path}: no column is marked `key: true`.")
    days = [c.day or c.name for c in columns if c.is_loaded and c.type in ("date", "partial_date", "timestamp")]
    if not export.touches:
        raise CatalogueError(
            f"{path}: `touches:` is missing. Say which days' figures a row changes: {', '.join([*days, 'delivery'])};"
            " or `counts`, if sql/counts counts it by day."
        )
    for said in export.touches:
        if said not in (*TOUCHES, *days):
            raise CatalogueError(f"{path}: touches names {said!r}; it is one of {', '.join([*days, *TOUCHES])}.")
    now = {c.name for c in columns}
    for gone in (*export.removed, *(c.formerly for c in columns if c.formerly)):
        if gone in now:
            raise CatalogueError(f"{path}: {gone} is a column, and is said to be one no more. Take out one of the two.")
    return export


def _of_offices(name: str) -> tuple[Path, ...]:
    """The folders of this name that offices keep themselves: below those of CCHC_CATALOGUE, separated by ':'."""
    return tuple(Path(folder) / name for folder in os.environ.get("CCHC_CATALOGUE", "").split(os.pathsep) if folder)


def contract_folders() -> tuple[Path, ...]:
    """Where contracts are looked for: the project's, and an office's own."""
    return CONTRACTS, *_of_offices("contracts")


def expectation_folders() -> tuple[Path, ...]:
    """Where rules and suites are looked for: the project's, and an office's own."""
    return EXPECTATIONS, *_of_offices("expectations")


@cache
def _exports(folders: tuple[Path, ...]) -> dict[str, Export]:
    found = [_contract(path, root) for root in folders for path in sorted(root.glob("*/*.yml"))]
    by_name = {e.name: e for e in found}
    by_thing: dict[str, str] = {}
    for export in by_name.values():
        if by_thing.setdefault(export.thing, export.name) != export.name:
            raise CatalogueError(
                f"{export.name} and {by_thing[export.thing]} would both be kept in core.{export.thing}:"
                " change one `thing:`."
            )

    def depth(export: Export, seen: tuple[str, ...] = ()) -> int:
        if export.name in seen:
            raise CatalogueError(f"contracts refer to each other in a circle: {' -> '.join((*seen, export.name))}")
        known = [by_name[r] for r in export.refers_to if r in by_name]
        return 1 + max((depth(r, (*seen, export.name)) for r in known), default=0)

    return {e.name: e for e in sorted(found, key=lambda e: (depth(e), e.name))}


def exports() -> dict[str, Export]:
    """Every export by name, in the order in which one delivery day is loaded: what is referred to comes first."""
    return _exports(contract_folders())


def export(name: str) -> Export:
    """Raises: UsageError if no contract has this name."""
    if name not in exports():
        raise UsageError(f"no export {name!r}; the catalogue has: {', '.join(exports())}")
    return exports()[name]


def sources() -> dict[str, list[Export]]:
    """The exports of each source system, by source."""
    grouped: dict[str, list[Export]] = {}
    for one in exports().values():
        grouped.setdefault(one.source, []).append(one)
    return grouped


def _rules(folders: tuple[Path, ...]) -> Iterator[Rule]:
    for folder in folders:
        for path in sorted(folder.rglob("*.yml")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            for rule_id, said in (read_yaml(path).get("rules") or {}).items():
                said = {**said, "refers_to": tuple(said.get("refers_to", ()))}
                if said.get("fails") == SHAPED:
                    said["fails"] = {c.name: misshapen(c) for c in export(name).shaped}
                rule = Rule(rule_id=rule_id, export="*" if name == "file" else name, **said)
                if rule.severity not in SEVERITIES:
                    raise CatalogueError(f"{path}: {rule_id}: severity is one of {', '.join(SEVERITIES)}.")
                yield rule


def misshapen(column: Column) -> str:
    """The condition, in SQL, under which a text is longer or of another form than its contract says."""
    conditions = []
    if column.longest:
        conditions.append(f"length({column.name}) > {column.longest}")
    if column.pattern:
        conditions.append(f"not {column.name} ~ '{column.pattern}'")
    if column.never:
        conditions.append(f"{column.name} ~ '{column.never}'")
    return " or ".join(conditions)


@cache
def _all_rules(folders: tuple[Path, ...], contracts: tuple[Path, ...]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in _rules(folders):
        if rule.rule_id in found:
            raise CatalogueError(f"{rule.rule_id} is defined for {found[rule.rule_id].export} and for {rule.export}.")
        found[rule.rule_id] = rule
    return found


def rules(export_name: str | None = None) -> dict[str, Rule]:
    """The rules of one export (or all), by id. Rules of files (`expectations/file.yml`) have the export "*"."""
    every = _all_rules(expectation_folders(), contract_folders())
    return every if export_name is None else {i: r for i, r in every.items() if r.export == export_name}


def rule_settings(export_name: str) -> dict[str, Any]:
    """What `expectations/<export>.yml` says besides its rules: derived columns, lookups, columns that are judged."""
    for folder in expectation_folders():
        path = folder / f"{export_name}.yml"
        if path.exists():
            return {k: v for k, v in read_yaml(path).items() if k != "rules"}
    raise CatalogueError(f"expectations/{export_name}.yml is missing: every export has its rules there.")


def sql_files(kind: str) -> tuple[Path, ...]:
    """The project's files in `sql/<kind>/` and those in the folders of this name that offices keep, in that order."""
    return tuple(path for folder in (SQL / kind, *_of_offices(kind)) for path in sorted(folder.glob("*.sql")))


# --- reference data ---------------------------------------------------------------------------------------------------

REFERENCE = ROOT / "etl" / "reference"


def reference_files() -> list[Path]:
    """Every file of reference data: the project's, and an office's own."""
    return [path for folder in (REFERENCE, *_of_offices("reference")) for path in sorted(folder.glob("*.*"))]


def fields() -> list[tuple[str, ...]]:
    """The fields of procedures (Lĩnh vực): how each is written, and how it is written also.

    Those that ship with the project (`etl/reference/field.csv`), then an office's own (`reference/field.csv`).
    """
    found = []
    for path in reference_files():
        if path.name == "field.csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    found.append((row["field"], *filter(None, (row.get("also") or "").split("|"))))
    return found


def sql_header(text: str) -> tuple[dict[str, Any], str]:
    """Split a `.sql` file into its YAML header (the leading comment lines) and its statement."""
    lines = text.splitlines()
    head = []
    while lines and lines[0].startswith("--") and lines[0].strip() != "--":
        head.append(lines.pop(0).removeprefix("--").removeprefix(" "))
    return yaml.load("\n".join(head), Loader=LOADER) or {}, "\n".join(lines).strip()


def read_sql(path: Path) -> tuple[dict[str, Any], str]:
    """The header and the statement of a `.sql` file.

    Raises: CatalogueError if the header is not YAML.
    """
    try:
        return sql_header(path.read_text("utf-8"))
    except yaml.YAMLError:
        raise CatalogueError(
            f"{path}: the comments above the first empty line are its header, `-- name: value`; they cannot be read."
            " Leave a line empty below the header, or mend it."
        ) from None


# --- indicators -------------------------------------------------------------------------------------------------------

INDICATORS = SQL / "indicators"
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


def indicator_folders() -> tuple[Path, ...]:
    """Where indicators are looked for: the project's, and an office's own."""
    return INDICATORS, *_of_offices("indicators")


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
