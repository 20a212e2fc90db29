"""Checking: which rows break which rule (columns, in Polars), and how many do (Great Expectations, in the warehouse).

The two say the same in two ways. Their counts must agree for every rule and column, or nothing of a file is loaded.
"""

import importlib.util
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import psycopg2
from psycopg2.extensions import connection as Connection

from etl import catalogue, masking, references
from etl.catalogue import project_files
from etl.errors import CatalogueError, RuleFailed
from etl.masking import Names, mask  # noqa: F401 - others ask checking for mask
from etl.reading import bounds
from etl.references import Lookup

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.validator.metric_configuration import MetricConfiguration

FAILURES = {"line": pl.Int64, "rule_id": pl.String, "severity": pl.String, "column_name": pl.String, "value": pl.String}
GATHERED_ROWS = 3_000_000  # of 24 bytes
QUOTED = re.compile(r" values: | value\(s\): |; valid columns: |\[")  # where Polars begins to quote
SESSION = "-c work_mem=128MB -c jit=off"  # a million codes are sorted in memory; compiling costs more than it saves


# --- which rows break a rule ----------------------------------------------------------------------------------------


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
    rules = catalogue.rules(export.name)
    where = f"expectations/{export.name}.yml"
    derived: dict[str, pl.Expr | Lookup | Call] = {}
    for name, definition in (said.get("derived") or {}).items():
        if isinstance(definition, str):
            derived[name] = _expression(definition, export, f"{where}: {name}")
        else:
            derived[name] = Call(**definition) if "call" in definition else references.lookup(definition)
    conditions = {
        (rule_id, column): _expression(condition, export, f"{where}: {rule_id}")
        for rule_id, rule in rules.items()
        for column, condition in rule.fails.items()
    }
    shaped = [c.name for c in export.shaped if any(c.name in rule.fails for rule in rules.values())]
    judged = tuple(dict.fromkeys([*said["judged"], *shaped]))
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


def lookups(connection: Connection, export: catalogue.Export) -> dict[str, pl.DataFrame]:
    """The reference data that the rules of an export ask, by name; fetched once for a file."""
    asked = [d for d in plan(export).derived.values() if isinstance(d, Lookup | Call)]
    names = {d.of for d in asked if d.of} | {d.then.of for d in asked if isinstance(d, Lookup) and d.then}
    return references.fetch(connection, sorted(names))


def asked_by(export: catalogue.Export) -> set[str]:
    """The reference data of the warehouse that the rules of an export ask, by name."""
    asked = [d for d in plan(export).derived.values() if isinstance(d, Lookup | Call)]
    names = {d.of for d in asked if d.of} | {d.then.of for d in asked if isinstance(d, Lookup) and d.then}
    return {name for name in names if (project_files.SQL / "lookups" / f"{name}.sql").exists()}


def failures(
    typed: pl.DataFrame,
    raw: pl.DataFrame,
    export: catalogue.Export,
    *,
    delivered_on: date,
    lookups: Mapping[str, pl.DataFrame],
    only: Collection[str] | None = None,
    names: Names | None = None,
) -> pl.DataFrame:
    """Every rule that every row breaks.

    Input:   `typed`, `raw`: the same rows in the same order, as values.typed and read.blocks give them; `typed` also
             has `raw_hash`, `key_repeated`, `key_given_again` where a rule asks. `only`: ids of the rules to run.
             `names`: those that earlier rows of the file held in personal columns; those of these rows join them.
    Output:  one row per line, rule and column that breaks it: line, rule_id, severity, column_name, value (as
             delivered; what is, or looks like, somebody's data is masked).
    Raises:  RuleFailed if a rule cannot be evaluated.
    """
    ours = plan(export)
    conditions = {pair: c for pair, c in ours.conditions.items() if only is None or pair[0] in only}
    frame = _derived(typed.with_columns(delivered_on=pl.lit(delivered_on, pl.Date)), export, lookups)
    broken = _evaluated(frame, conditions, export)
    names = names or Names()
    is_bad = pl.any_horizontal(broken) if broken else pl.lit(False)
    names.learn(raw if names.rows < masking.LEARNED_ROWS else raw.filter(is_bad), export)
    found = []
    for (rule_id, column_name), rows in zip(conditions, broken, strict=True):
        offenders = rows.arg_true()
        if not len(offenders):
            continue
        value = masking.shown_column(raw[column_name].gather(offenders), export.column(column_name), names)
        found.append(
            pl.select(
                line=typed["line"].gather(offenders),
                rule_id=pl.lit(rule_id),
                severity=pl.lit(ours.rules[rule_id].severity),
                column_name=pl.lit(column_name),
                value=value,
            )
        )
    return pl.concat(found) if found else pl.DataFrame(schema=FAILURES)


def _derived(frame: pl.DataFrame, export: catalogue.Export, lookups: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The frame with the columns of `derived:`, each of which may use those above it."""
    for name, definition in plan(export).derived.items():
        try:
            if isinstance(definition, Lookup):
                definition = references.looked_up(frame, definition, lookups)
            elif isinstance(definition, Call):
                definition = FUNCTIONS[definition.call](frame, lookups)
            frame = frame.with_columns(definition.alias(name))
        except Exception as error:  # functions are Python: what they trip over may be a value of a row
            reason = _reason(error) if isinstance(error, pl.exceptions.PolarsError) else type(error).__name__
            raise RuleFailed(
                f"expectations/{export.name}.yml: {name} could not be derived ({reason}). Mend it."
            ) from None
    return frame


def _evaluated(
    frame: pl.DataFrame, conditions: Mapping[tuple[str, str], pl.Expr], export: catalogue.Export
) -> list[pl.Series]:
    """The answers to the conditions, in their order."""
    named = {f"{rule_id} ({column})": condition for (rule_id, column), condition in conditions.items()}
    try:
        answers = frame.select(**named)
    except pl.exceptions.PolarsError:
        for name, condition in named.items():  # one of them: which?
            try:
                frame.select(condition)
            except pl.exceptions.PolarsError as error:
                raise RuleFailed(
                    f"{name} of {export.name} could not be evaluated: {_reason(error)}. Mend the rule."
                ) from None
        raise
    for name, dtype in answers.schema.items():
        if dtype not in (pl.Boolean, pl.Null):
            raise RuleFailed(f"{name} of {export.name} gives {dtype} and not true or false. Mend the rule.")
    return answers.cast(pl.Boolean).get_columns()


def _reason(error: BaseException) -> str:
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


# Of an issuer and year; by their hash, for texts would keep the blocks in memory in which they stood.
BOOK, NUMBER = (pl.struct("org_code", "issue_year", name).hash(2021).alias(name) for name in ("book", "number"))


def _serials_by_day(frame: pl.DataFrame) -> pl.DataFrame:
    return _largest_by_day(frame.drop_nulls(["serial", "issued_on"]).select(BOOK, "issued_on", "serial"))


def _largest_by_day(serials: pl.DataFrame) -> pl.DataFrame:
    return serials.group_by("book", "issued_on").agg(pl.col("serial").max())


def _largest_earlier_serial(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """The largest number that stands in the same book of the same issuer and year on an earlier day."""
    by_day = lookups["largest_earlier_serial"] if "largest_earlier_serial" in lookups else _serials_by_day(frame)
    largest = pl.col("serial").cum_max().shift(1).over("book")
    earlier = by_day.sort("issued_on").select("book", "issued_on", largest.alias("largest"))
    rows = frame.select(BOOK, "issued_on")
    return rows.join(earlier, on=["book", "issued_on"], how="left", maintain_order="left")["largest"]


def _rows_by_number(frame: pl.DataFrame) -> pl.DataFrame:
    return _first_and_last(frame.select(NUMBER, first="raw_hash", last="raw_hash"))


def _first_and_last(numbers: pl.DataFrame) -> pl.DataFrame:
    return numbers.group_by("number").agg(pl.col("first").min(), pl.col("last").max())


def _number_used_again(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Whether the issuer gave the number in the same year to a row that says something else."""
    numbers = lookups["number_used_again"] if "number_used_again" in lookups else _rows_by_number(frame)
    again = numbers.filter(pl.col("first") != pl.col("last"))["number"]
    return frame.select(NUMBER).to_series().is_in(again.implode())


def _parent_is_delivered(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Whether the parent stands in the file, or in another part of the same delivery."""
    delivered = lookups.get("delivered", frame)["org_code"]
    return frame["parent_code"].is_in(delivered.drop_nulls().implode())


def _is_own_ancestor(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Whether the way up from a unit comes back to it: by what the file says of a unit, else by what is known of it."""
    delivered_on = frame["delivered_on"].first()
    ours = frame.select("org_code", "parent_code").drop_nulls()
    known = lookups["units"].filter((pl.col("valid_from") <= delivered_on) & (delivered_on < pl.col("valid_to")))
    known = known.select("org_code", "parent_code").drop_nulls()
    known = known.join(frame.select("org_code"), on="org_code", how="anti")
    above: dict[str, set[str]] = {}
    for unit, parent in pl.concat([ours, known]).iter_rows():
        above.setdefault(unit, set()).add(parent)

    circle = _circles(above)
    rows = frame.select("org_code", "parent_code").iter_rows()
    comes_back = [None not in row and circle[row[0]] == circle[row[1]] for row in rows]
    return pl.Series(comes_back, dtype=pl.Boolean)


def _circles(above: Mapping[str, Collection[str]]) -> dict[str, str]:
    """For each unit one that stands for all from which a way up leads to it and back; in linear time (Kosaraju)."""
    left: dict[str, None] = {}  # units in the order in which all above them have been seen
    seen: set[str] = set()
    below: dict[str, list[str]] = {}
    for start in above:
        way = [] if start in seen else [(start, iter(above[start]))]
        seen.add(start)
        while way:
            unit, parents = way[-1]
            parent = next(parents, None)
            if parent is None:
                left[unit] = None
                way.pop()
                continue
            below.setdefault(parent, []).append(unit)
            if parent not in seen:
                seen.add(parent)
                way.append((parent, iter(above.get(parent, ()))))
    circle: dict[str, str] = {}
    for start in reversed(left):
        todo = [] if start in circle else [start]
        while todo:
            unit = todo.pop()
            if unit not in circle:
                circle[unit] = start
                todo += below.get(unit, ())
    return circle


FUNCTIONS: dict[str, Callable[[pl.DataFrame, Mapping[str, pl.DataFrame]], pl.Series]] = {
    "is_own_ancestor": _is_own_ancestor,
    "parent_is_delivered": _parent_is_delivered,
    "largest_earlier_serial": _largest_earlier_serial,
    "number_used_again": _number_used_again,
}
# What such a function needs of all rows: of each block, and of several of these put together.
GATHERED: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "largest_earlier_serial": (_serials_by_day, _largest_by_day),
    "number_used_again": (_rows_by_number, _first_and_last),
}


# --- how many rows break a rule, said by Great Expectations ---------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """What Great Expectations says of one rule and column."""

    rule_id: str
    column_name: str
    severity: str
    failed: int
    checked: int


@dataclass(frozen=True)
class Verdict:
    """The judgements of a file, and the validation result that Data Docs are made of (counts only, no samples)."""

    judgements: tuple[Judgement, ...]
    result: "ExpectationSuiteValidationResult"


def suite(export: catalogue.Export, delivered_on: date) -> "ExpectationSuite":
    """The Great Expectations suite of an export, from `expectations/<export>.py`.

    Raises: CatalogueError if there is none.
    """
    import_great_expectations()
    for folder in project_files.expectation_folders():
        path = folder / f"{export.name}.py"
        if path.exists():
            return _module(path).suite(delivered_on)
    raise CatalogueError(f"expectations/{export.name}.py is missing: every export has its suite there.")


@cache
def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("expectations_" + re.sub(r"\W", "_", path.stem), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What a suite calls the keys of a whole delivery, of which a file may be one part.
DELIVERED = "staging.delivered"


def judge(
    url: str, table: str, export: catalogue.Export, *, delivered_on: date, instead: Mapping[str, str] | None = None
) -> Verdict:
    """Count the rows of a staging table that break each rule.

    Input:   `url`: SQLAlchemy URL of the warehouse; `table`: schema.name of a committed table of the judged columns.
             `instead`: tables to ask in place of those that the suite names; without it a file is a whole delivery.
    Output:  one judgement per rule and column. Expectations that share one (not null, and in a set) add up.
    Raises:  RuleFailed if an expectation crashed, or the suite and the rules are not about the same columns.
    """
    asked = suite(export, delivered_on)
    pairs = set(plan(export).conditions)
    if different := {(e.meta["rule_id"], e.meta["column"]) for e in asked.expectations} ^ pairs:
        names = ", ".join(sorted(f"{rule_id} ({column})" for rule_id, column in different))
        raise RuleFailed(f"{names}: stated in one of expectations/{export.name}.yml and .py only. State it in both.")
    for expectation in asked.expectations:
        if query := getattr(expectation, "unexpected_rows_query", None):
            for named, table_instead in ({DELIVERED: table} | dict(instead or {})).items():
                query = re.sub(rf"\b{re.escape(named)}\b", table_instead, query)
            expectation.unexpected_rows_query = query
    checked, result = _validated(asked, url, table)
    failed = dict.fromkeys(pairs, 0)
    for one in result.results:
        meta = one.expectation_config.meta
        count = one.result.get("unexpected_count", one.result.get("observed_value"))
        if count is None:
            raise RuleFailed(
                f"{meta['rule_id']}: Great Expectations gave no count. Mend expectations/{export.name}.py."
            )
        failed[meta["rule_id"], meta["column"]] += int(count)
    severity = {rule.rule_id: rule.severity for rule in plan(export).rules.values()}
    return Verdict(
        tuple(Judgement(*pair, severity[pair[0]], failed[pair], checked) for pair in plan(export).conditions), result
    )


def import_great_expectations() -> None:
    """Import it, without telemetry and its hundred lines of log: a second or two, once per process."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    for name in ("scipy.stats", "altair"):
        _import_on_first_use(name)
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401
    # this one sets a level of its own when it is imported
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.CRITICAL)


def _import_on_first_use(name: str) -> None:
    """Great Expectations imports these for what nobody here asks of it, which takes as long as all of its own."""
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None:
        return
    module = importlib.util.module_from_spec(spec)

    def load(attribute: str) -> Any:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        real = importlib.import_module(name)
        module.__dict__.update(real.__dict__)
        return getattr(real, attribute)

    module.__getattr__ = load
    sys.modules[name] = module


def _validated(asked: "ExpectationSuite", url: str, table: str) -> "tuple[int, ExpectationSuiteValidationResult]":
    """The number of rows, and what `ValidationDefinition.run` gives, but without samples of failing values.

    The samples cost a query for each expectation, and would bring rows to where only counts belong. Without them all
    counts of columns are one statement.
    """
    from great_expectations import get_context
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.validator import calc_validation_statistics

    schema, _, name = table.rpartition(".")
    source = get_context(mode="ephemeral").data_sources.add_postgres(
        "warehouse", connection_string=url, kwargs={"connect_args": {"options": SESSION}}
    )
    try:
        asset = source.add_table_asset(name, table_name=name, schema_name=schema or None)
        batch = asset.add_batch_definition_whole_table(name).get_batch()
        engine = batch.data.execution_engine
        engine.batch_manager.load_batch_list([batch])
        row_count = MetricConfiguration("table.row_count", {"batch_id": batch.id}, {})
        bound, wanted = [], {row_count.id: row_count}
        for expectation in asked.expectations:
            configuration = expectation.configuration
            configuration.kwargs["batch_id"] = batch.id
            one = configuration.to_domain_obj()
            needs = one.get_validation_dependencies(engine, {"result_format": "BOOLEAN_ONLY"}).metric_configurations
            needs.pop("unexpected_rows_query.table", None)  # the rows themselves
            bound.append((one, needs))
            wanted |= {metric.id: metric for metric in needs.values()}
        try:
            metrics = _metrics(engine, wanted.values())
        except RuleFailed as error:
            blamed = sorted({one.meta["rule_id"] for one, needs in bound if _crashes(engine, needs.values())})
            raise RuleFailed(f"{', '.join(blamed)}: {error} Mend expectations/{asked.name}.py.") from None
        results = []
        for one, needs in bound:
            measured = {name: metrics[metric.id] for name, metric in needs.items()}
            # where no row meets an expectation's condition, the sum of its failures is null
            measured = {n: 0 if v is None and n.endswith("unexpected_count") else v for n, v in measured.items()}
            raw = one._validate({"unexpected_rows_query.table": [], **measured}, {"result_format": "BASIC"}, engine)
            results.append(one._build_evr(raw))
    finally:
        for pool in (source.get_execution_engine().engine, source.get_engine()):
            pool.dispose()
    statistics = calc_validation_statistics(results)
    result = ExpectationSuiteValidationResult(
        suite_name=asked.name,
        success=statistics.success,
        results=results,
        statistics={
            "evaluated_expectations": statistics.evaluated_expectations,
            "successful_expectations": statistics.successful_expectations,
            "unsuccessful_expectations": statistics.unsuccessful_expectations,
            "success_percent": statistics.success_percent,
        },
        meta={},
    )
    return metrics[row_count.id], result


def _metrics(engine: "SqlAlchemyExecutionEngine", wanted: "Iterable[MetricConfiguration]") -> dict[Any, Any]:
    from great_expectations.exceptions import MetricResolutionError
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    try:
        return MetricsCalculator(engine).compute_metrics(list(wanted), {"catch_exceptions": False})[0]
    except MetricResolutionError as error:
        raise RuleFailed(f"Great Expectations could not count ({_reason(error)}).") from None


def _crashes(engine: "SqlAlchemyExecutionEngine", needs: "Iterable[MetricConfiguration]") -> bool:
    """Whether one expectation crashes when it is alone: counted together, one takes the others with it."""
    try:
        _metrics(engine, needs)
    except RuleFailed:
        return True
    return False
