"""Where definitions lie, the project's and an office's own, and how their files are read."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from etl.errors import CatalogueError

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "etl" / "contracts"
EXPECTATIONS = ROOT / "expectations"
FORMS = ROOT / "etl" / "forms"
SQL = ROOT / "sql"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a hundred definitions in 0.03 s, and in 0.25 s without C


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises: CatalogueError if it is not YAML.
    """
    try:
        return yaml.load(path.read_text("utf-8"), Loader=LOADER)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: this is not YAML ({error}). Mend the file.") from None


def _of_offices(name: str) -> tuple[Path, ...]:
    """The folders of this name that offices keep themselves: below those of CCHC_CATALOGUE, separated by ':'."""
    return tuple(Path(folder) / name for folder in os.environ.get("CCHC_CATALOGUE", "").split(os.pathsep) if folder)


def contract_folders() -> tuple[Path, ...]:
    """Where contracts are looked for: the project's, and an office's own."""
    return CONTRACTS, *_of_offices("contracts")


def expectation_folders() -> tuple[Path, ...]:
    """Where rules and suites are looked for: the project's, and an office's own."""
    return EXPECTATIONS, *_of_offices("expectations")


def form_folders() -> tuple[Path, ...]:
    """Where printed forms are looked for: the project's, and an office's own."""
    return FORMS, *_of_offices("forms")


def sql_files(kind: str) -> tuple[Path, ...]:
    """The project's files in `sql/<kind>/` and those in the folders of this name that offices keep, in that order."""
    return tuple(path for folder in (SQL / kind, *_of_offices(kind)) for path in sorted(folder.glob("*.sql")))


# --- reference data ---------------------------------------------------------------------------------------------------

REFERENCE = ROOT / "etl" / "reference"


def reference_files() -> list[Path]:
    """Every file of reference data: the project's, and an office's own."""
    return [path for folder in (REFERENCE, *_of_offices("reference")) for path in sorted(folder.glob("*.*"))]


# --- SQL --------------------------------------------------------------------------------------------------------------


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


def statement(name: str, **placeholders: str) -> str:
    """The statement of the project's file `sql/<name>.sql`, with its placeholders filled in.

    What it does with data is no office's to change: folders of CCHC_CATALOGUE are not asked.
    """
    return fill(_statement(SQL / f"{name}.sql"), **placeholders)


@cache
def _statement(path: Path) -> str:
    return re.sub(r"\A(--.*\n|\n)*", "", path.read_text("utf-8")).strip()  # the comment above it is for who reads it


def fill(statement: str, **placeholders: str) -> str:
    """SQL with what is filled in for its placeholders, `{name}`. Other braces stay: '{}' is an empty array, x{2} is xx.

    >>> fill("select {columns} from {core} where code ~ '^[0-9]{6}'", columns="code, name", core="core.unit")
    "select code, name from core.unit where code ~ '^[0-9]{6}'"
    """
    return re.sub(r"\{([a-z_]+)\}", lambda found: placeholders.get(found[1], found[0]), statement)


# --- indicators -------------------------------------------------------------------------------------------------------

INDICATORS = SQL / "indicators"


def indicator_folders() -> tuple[Path, ...]:
    """Where indicators are looked for: the project's, and an office's own."""
    return INDICATORS, *_of_offices("indicators")
