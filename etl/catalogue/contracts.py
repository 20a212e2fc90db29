"""What an export looks like: one YAML file below etl/contracts for each."""

import csv
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from etl.catalogue.project_files import contract_folders, read_yaml, reference_files
from etl.errors import CatalogueError, UsageError

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
SHAPED = "shaped"  # in place of the conditions of a rule
# Forms that contracts name (`pattern: unit_code`). None lets as many digits stand together as a phone or an identity
# number has, also in groups: what the province reads is grouped by these texts.
_FEW_DIGITS = "[.-]*([0-9][.-]*){0,8}"
# Text that lost its letters on the way: H? t?ch, or Há»™ tá»‹ch where it cannot be put right.
_GARBLED = "[a-zA-Z][?][a-z]|[?].*[?]|\ufffd|á[»º][^ .,;:)]|Ã[¡¢£¨©ª¬²³¹º]|Æ[°¡]|Ä‘"
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
        "never": f"^[^ ,.]+ (Văn|Thị|VĂN|THỊ) [^ ,.]+( [^ ,.]+)?( [^ ,.]+)?$|{_GARBLED}",
    },
    # words by which figures tell rows apart
    "whole_words": {"pattern": "", "never": _GARBLED},
}

LONGEST_CODE = 100  # characters of a key, a code or a reference whose contract says nothing else
CASES = ("upper", "lower", "kept")
READINGS = 2  # one more whenever etl/reading/values.py reads cells otherwise that a contract says the same of
# What no key is, and spreadsheets make of keys: 2,02102E+13, 23857.0, a day, #N/A and the like; and words for nothing.
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|thg ?[0-9]{1,2})"
SPOILT = (
    "(?i)^([0-9]+([.,][0-9]+)?e[+-][0-9]+|[0-9][.,][0-9]+e[0-9]+|[0-9]{5,}[.,]0+"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2}([t ]?[0-9]{2}:.*)?|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}( ?[0-9]{1,2}:.*)?"
    f"|[0-9]{{1,2}}-{_MONTH}(-[0-9]{{2,4}})?|{_MONTH}-[0-9]{{2}}|null|nan|none|n/a|undefined|[-_./]+)$"
)
LONGEST_SPOILT = 25  # characters; the forms of a dossier code are hardly ever that short, and are not compared

NAME = re.compile(r"[a-z][a-z0-9_]*")


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
    of_sender: bool = False  # the unit of a row; of a file that has no column for it, its sender's
    readable: str = ""  # codes of this form are shown although a long number stands in them
    month_first: bool = False  # how days are written; no contract says it, but a layout may
    words: tuple[tuple[str, str], ...] = ()  # what other words mean; no contract says it: catalogue.words does
    case: str = ""  # upper, lower or kept: how the letters of a code are written, however they were typed
    mixed: tuple[str, ...] = ()  # words that are written as here where a code is in capitals: CTr

    @property
    def longest(self) -> int | None:
        """How many characters a key, a code, a reference, or a text of which the contract says it may have."""
        is_code = self.key or self.compact or self.name.endswith("_code")
        return self.max_length or (LONGEST_CODE if is_code and self.type == "text" else None)

    @property
    def is_read(self) -> bool:
        """Whether a cell may be given and yet mean nothing: it is no day, no number, or no word of the list."""
        if self.type == "code":
            return bool(self.vocabulary)
        return self.type != "text"

    @property
    def written(self) -> str:
        """How the letters of its text are written: a code that says nothing else is in capitals."""
        return self.case or ("upper" if self.compact and self.personal is None else "kept")

    @property
    def is_key_text(self) -> bool:
        return self.key and self.type == "text"

    @property
    def is_shaped(self) -> bool:
        """Whether a rule of length and form holds for its text: what a database indexes and groups is never free."""
        return self.personal is None and self.type == "text" and bool(self.longest or self.pattern or self.never)

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
    needed: tuple[str, ...] = ()  # columns without which no file is loaded, beside those of its key and its day
    removed: tuple[str, ...] = ()  # columns that the contract had: what was loaded of them is dropped
    # column -> how it is found in the office's lists where a layout says so (etl/rules/derivations.py)
    derivations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)

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
        columns = [
            (c.name, c.type, c.compact, c.trailing, c.personal, c.vocabulary, c.written, c.mixed) for c in self.columns
        ]
        return hashlib.sha256(repr((READINGS, columns)).encode()).hexdigest()[:8]

    @property
    def loaded(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.is_loaded)

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def shaped(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.is_shaped)


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
        said = {**said, **{listed: tuple(said.get(listed, ())) for listed in ("aliases", "vocabulary", "mixed")}}
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
        if column.case not in ("", *CASES):
            raise CatalogueError(f"{path}: column {column_name}: case is one of {', '.join(CASES)}.")
        if column.key and not column.is_loaded:
            raise CatalogueError(
                f"{path}: column {column_name} is a key and personal: a {column.personal} is not loaded, so it cannot"
                " tell rows apart. Use another key."
            )
        columns.append(column)
    for attribute in ("ignored", "refers_to", "removed", "needed"):
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


def misshapen(column: Column) -> str:
    """The condition, in SQL, under which a text is longer, or of another form, than its contract says, or is spoilt."""
    conditions = []
    if column.longest:
        conditions.append(f"length({column.name}) > {column.longest}")
    if column.pattern:
        conditions.append(f"not {column.name} ~ '{column.pattern}'")
    if column.never:
        conditions.append(f"{column.name} ~ '{column.never}'")
    if column.is_key_text:
        spoilt = f"length({column.name}) < {LONGEST_SPOILT} and {column.name} ~ '{SPOILT}'"
        conditions.append(f"starts_with({column.name}, '#') or {spoilt}")
    return " or ".join(conditions)


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
