"""Checking: which rows break which rule (columns, in Polars), and how many do (Great Expectations, in the warehouse).

The two say the same in two ways. Their counts must agree for every rule and column, or nothing of a file is loaded.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import psycopg2
from psycopg2.extensions import connection as Connection

from etl import catalogue, masking
from etl.catalogue import project_files
from etl.errors import CatalogueError, RuleFailed
from etl.masking import Names
from etl.reading import bounds
from etl.reading.rows import CELLS
from etl.rules.functions import FUNCTIONS, GATHERED
from etl.rules.lookups import Lookup, fetch, looked_up, lookup, queries

FAILURES = dict.fromkeys(("line", "rule_id", "severity", "column_name", "value", "cell"), pl.String) | {
    "line": pl.Int64
}
GATHERED_ROWS = 3_000_000  # of 24 bytes
OTHER_CELLS = "has_other_cells"  # whether a row has more or fewer cells than the header
QUOTED = re.compile(r" values: | value\(s\): |; valid columns: |\[")  # where Polars begins to quote


@dataclass(frozen=True)
class Call:
    """A column that SQL over one row cannot say: a function of the whole frame, from FUNCTIONS."""

    call: str
    of: str | None = None  # reference data that it reads


@dataclass(frozen=True)
class Plan:
    """What `expectations/<export>.yml` says, ready to be run."""

    judged: tuple[str, ...]
    whole_file: bool  # rows are compared with one another: all of a file, also those that are known
    at_once: bool  # in one frame; otherwise in batches, by what `gathered` has found in all of them before
    derived: Mapping[str, pl.Expr | Lookup | Call]
    rules: Mapping[str, catalogue.Rule]
    conditions: Mapping[tuple[str, str], pl.Expr]  # (rule, column) -> true where the row breaks the rule


def plan(export: catalogue.Export) -> Plan:
    """The rules of an export, compiled once per process.

    Raises: CatalogueError if a condition cannot be read.
    """
    return _plan(export, project_files.expectation_folders())


@cache
def _plan(export: catalogue.Export, folders: tuple[Path, ...]) -> Plan:
    said = catalogue.rule_settings(export.name)
    rules = catalogue.row_rules(export.name)
    where = f"expectations/{export.name}.yml"
    derived: dict[str, pl.Expr | Lookup | Call] = {}
    for name, definition in (said.get("derived") or {}).items():
        if isinstance(definition, str):
            derived[name] = _expression(definition, export, f"{where}: {name}")
        else:
            derived[name] = Call(**definition) if "call" in definition else lookup(definition)
    conditions = {
        (rule_id, column): _expression(condition, export, f"{where}: {rule_id}")
        for rule_id, rule in rules.items()
        for column, condition in rule.fails.items()
    }
    by_contract = [name for rule in rules.values() for name in catalogue.judged_columns(rule)]
    judged = tuple(dict.fromkeys([*said["judged"], *by_contract, OTHER_CELLS]))
    whole_file = said.get("whole_file")
    compared = [str(said.get("derived")), *(condition for rule in rules.values() for condition in rule.fails.values())]
    if whole_file is not True and any(re.search(r"(?i)\bover\s*\(", one) for one in compared):
        raise CatalogueError(
            f"{where}: rows are compared with one another (`over`), but judged in batches. Say `whole_file: true`, or"
            " compare them in a function that gathers what it needs of all rows."
        )
    return Plan(judged, bool(whole_file), whole_file is True, derived, rules, conditions)


def _expression(condition: str, export: catalogue.Export, where: str) -> pl.Expr:
    """A condition in SQL; `:channel` stands for the vocabulary of that column."""

    def listed(found: re.Match[str]) -> str:
        return ", ".join("'" + word.replace("'", "''") + "'" for word in export.column(found[1]).vocabulary)

    try:
        return pl.sql_expr(re.sub(r"(?<=\():(\w+)(?=\))", listed, condition))
    except (pl.exceptions.PolarsError, StopIteration) as error:
        raise CatalogueError(f"{where}: the condition cannot be read ({error}). Mend it.") from None


def lookups_of(connection: Connection, export: catalogue.Export) -> dict[str, pl.DataFrame]:
    """The reference data that the rules of an export ask, by name; fetched once for a file."""
    return fetch(connection, sorted(_asked(export)))


def asked_by(export: catalogue.Export) -> set[str]:
    """The reference data of the warehouse that the rules of an export ask, by name."""
    return _asked(export) & queries().keys()


def _asked(export: catalogue.Export) -> set[str]:
    asked = [d for d in plan(export).derived.values() if isinstance(d, Lookup | Call)]
    return {d.of for d in asked if d.of} | {d.then.of for d in asked if isinstance(d, Lookup) and d.then}


def not_run(
    export: catalogue.Export, absent: Collection[str], derived: Collection[str] = ()
) -> dict[tuple[str, str], str]:
    """Which rules, of which column, say nothing of a file, and why (Vietnamese).

    Input:  `absent`: roles that the file has no column for; `derived`: those that its layout finds in the office's
            lists. What is not found there is unknown, and no fault of the row: what is asked of a column that is given
            (given, in_vocabulary) is asked of none that is derived, and what is asked of one that is derived (found)
            of no other.
    """
    ours = plan(export)
    lacking: dict[tuple[str, str], str] = {}
    for (rule_id, column), roles in looks_at(export).items():
        kind = ours.rules[rule_id].holds.get(column)
        gone = next((role for role in roles if role in absent), None)
        if gone:
            lacking[rule_id, column] = f"không có cột «{export.column(gone).header}»"
        elif column in derived and kind in ("given", "in_vocabulary"):
            lacking[rule_id, column] = f"cột «{export.column(column).header}» được tìm trong danh mục"
        elif column not in derived and kind == "found":
            lacking[rule_id, column] = f"cột «{export.column(column).header}» có trong tệp"
    return lacking


@cache
def looks_at(export: catalogue.Export) -> dict[tuple[str, str], tuple[str, ...]]:
    """The columns of the contract that each condition looks at, also by what is derived from them."""
    ours = plan(export)
    of_column: dict[str, tuple[str, ...]] = {
        name: (c.name,) for c in export.columns for name in (c.name, c.day, *_read_as(c)) if name
    }
    for name, definition in ours.derived.items():
        asked: list[str] = []
        if isinstance(definition, pl.Expr):
            asked = definition.meta.root_names()
        elif isinstance(definition, Lookup):
            then = list(definition.then.match) if definition.then else []
            asked = [*definition.match, *filter(None, [definition.day]), *(definition.during or ()), *then]
        of_column[name] = tuple(role for one in asked for role in of_column.get(one, ()))
    return {
        pair: tuple(dict.fromkeys(role for name in condition.meta.root_names() for role in of_column.get(name, ())))
        for pair, condition in ours.conditions.items()
    }


def _read_as(column: catalogue.Column) -> tuple[str, str]:
    return f"{column.name}__unread", f"{column.name}__shape"


def failures(
    typed: pl.DataFrame,
    raw: pl.DataFrame,
    export: catalogue.Export,
    *,
    delivered_on: date,
    lookups: Mapping[str, pl.DataFrame],
    only: Collection[str] | None = None,
    but: Collection[tuple[str, str]] = (),
    names: Names | None = None,
) -> pl.DataFrame:
    """Every rule that every row breaks.

    Input:   `typed`, `raw`: the same rows in the same order, as values.typed and read.blocks give them; `typed` also
             has `raw_hash`, `key_repeated`, `key_given_again` where a rule asks. `only`: ids of the rules to run;
             `but`: rules and columns that are not (`not_run`).
             `names`: those that earlier rows of the file held in personal columns; those of these rows join them.
    Output:  one row per line, rule and column that breaks it: line, rule_id, severity, column_name, value (as
             delivered; what is, or looks like, somebody's data is masked), cell (as delivered: never to be shown).
    Raises:  RuleFailed if a rule cannot be evaluated.
    """
    ours = plan(export)
    conditions = {
        pair: c for pair, c in ours.conditions.items() if (only is None or pair[0] in only) and pair not in but
    }
    frame = _derived(typed.with_columns(delivered_on=pl.lit(delivered_on, pl.Date)), export, lookups)
    broken = _evaluated(frame, conditions, export)
    names = names or Names()
    said = raw.select(c.name for c in export.columns if c.personal == "name" and c.name in raw.columns)
    if names.rows >= masking.LEARNED_ROWS:
        said = said.filter(pl.any_horizontal(broken) if broken else pl.lit(False))
    names.learn(said, export)
    found = []
    for (rule_id, column_name), rows in zip(conditions, broken, strict=True):
        if not rows.any():
            continue
        offenders = np.flatnonzero(rows.to_numpy())
        cell = value = raw[column_name][offenders]
        if column_name != CELLS:
            value = masking.shown_column(value, export.column(column_name), names)
        found.append(
            pl.DataFrame([
                typed["line"][offenders],
                pl.Series("rule_id", [rule_id]).new_from_index(0, len(offenders)),
                pl.Series("severity", [ours.rules[rule_id].severity]).new_from_index(0, len(offenders)),
                pl.Series("column_name", [column_name]).new_from_index(0, len(offenders)),
                value.alias("value"),
                cell.alias("cell"),
            ])
        )
    return pl.concat(found) if found else pl.DataFrame(schema=FAILURES)


def _derived(frame: pl.DataFrame, export: catalogue.Export, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The frame with the columns of `derived:`, each of which may use those above it."""
    for name, definition in plan(export).derived.items():
        try:
            column: pl.Expr | pl.Series
            if isinstance(definition, Lookup):
                column = looked_up(frame, definition, lookups)
            elif isinstance(definition, Call):
                column = FUNCTIONS[definition.call](frame, lookups)
            else:  # in batches no row's answer hangs on other rows
                column = definition if plan(export).at_once else _of_each_text(frame, definition)
            frame = frame.with_columns(column.alias(name))
        except Exception as error:  # functions are Python: what they trip over may be a value of a row
            reason = why_it_failed(error) if isinstance(error, pl.exceptions.PolarsError) else type(error).__name__
            raise RuleFailed(
                f"expectations/{export.name}.yml: {name} could not be derived ({reason}). Mend it."
            ) from None
    return frame


def _of_each_text(frame: pl.DataFrame, said: pl.Expr) -> pl.Expr | pl.Series:
    """What an expression gives, asked once of each different text if it is about one column that repeats few."""
    roots = set(said.meta.root_names())
    column = roots.pop() if len(roots) == 1 else ""
    if frame.schema.get(column) != pl.String or not said.meta.is_row_separable():
        return said
    texts = frame.select(column).unique()
    if texts.height * 4 > frame.height:
        return said
    answers = texts.with_columns(said.alias("answer"))
    return frame.select(column).join(answers, on=column, how="left", nulls_equal=True, maintain_order="left")["answer"]


def _evaluated(
    frame: pl.DataFrame, conditions: Mapping[tuple[str, str], pl.Expr], export: catalogue.Export
) -> list[pl.Series]:
    """The answers to the conditions, in their order: yes or no."""
    named = {f"{rule_id} ({column})": condition for (rule_id, column), condition in conditions.items()}
    try:
        answers = frame.select(**named)
    except pl.exceptions.PolarsError:
        for name, condition in named.items():  # one of them: which?
            try:
                frame.select(condition)
            except pl.exceptions.PolarsError as error:
                raise RuleFailed(
                    f"{name} of {export.name} could not be evaluated: {why_it_failed(error)}. Mend the rule."
                ) from None
        raise
    for name, dtype in answers.schema.items():
        if dtype not in (pl.Boolean, pl.Null):
            raise RuleFailed(f"{name} of {export.name} gives {dtype} and not true or false. Mend the rule.")
    return answers.select(pl.all().cast(pl.Boolean).fill_null(False)).get_columns()


def why_it_failed(error: BaseException) -> str:
    """What went wrong, in one line, without the values that Polars and PostgreSQL quote: they may be personal."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, psycopg2.Error):
        cause = getattr(cause, "orig", None) or cause.__cause__  # SQLAlchemy keeps the driver's error in `orig`
    said = (str(cause or error).strip().splitlines() or [""])[0]
    # of data PostgreSQL says: invalid input syntax for type bigint: "…"; elsewhere it quotes names of columns
    said = said.split('"')[0] if isinstance(cause, psycopg2.DataError) else QUOTED.split(said)[0]
    return f"{type(cause or error).__name__}: {said.strip(' :')}"


def gathered(blocks: Iterable[pl.DataFrame], export: catalogue.Export) -> dict[str, pl.DataFrame]:
    """What the functions of `derived:` have to know of all rows of a file, where these are judged in batches.

    Input:  `blocks`: all typed rows. Output: beside the lookups, by name of the function.
    Raises: FileRejected FIL-01 if that alone is more than can be held.
    """
    derived = plan(export).derived
    calls = [d.call for d in derived.values() if isinstance(d, Call) and d.call in GATHERED]
    found: dict[str, list[pl.DataFrame]] = {call: [] for call in calls}
    for block in blocks:
        for name, definition in derived.items():
            if isinstance(definition, pl.Expr):
                with suppress(pl.exceptions.ColumnNotFoundError):  # it uses a lookup, and no function that gathers does
                    block = block.with_columns(definition.alias(name))
        for call, parts in found.items():
            first_look, again = GATHERED[call]
            parts.append(first_look(block))
            if sum(part.height for part in parts) > GATHERED_ROWS:
                parts[:] = [again(pl.concat(parts))]
                if parts[0].height > GATHERED_ROWS * 2 // 3:
                    raise bounds.long_list(GATHERED_ROWS * 2 // 3)
    return {call: GATHERED[call][1](pl.concat(parts)) for call, parts in found.items() if parts}
