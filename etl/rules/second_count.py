"""How many rows break a rule, said a second time by Great Expectations, which knows nothing of our conditions."""

import importlib.util
import logging
import os
import re
import sys
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError, RuleFailed

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.validator.metric_configuration import MetricConfiguration
from etl.rules.conditions import plan, why_it_failed

SESSION = "-c work_mem=128MB -c jit=off"  # a million codes are sorted in memory; compiling costs more than it saves


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
    """The Great Expectations suite of an export: what `expectations/<export>.py` states, and what the contract asks.

    Raises: CatalogueError if there is none.
    """
    import_great_expectations()
    from etl.rules.expectations import by_contract

    for folder in project_files.expectation_folders():
        path = folder / f"{export.name}.py"
        if path.exists():
            made = _module(path).suite(delivered_on)
            made.expectations.extend(by_contract(export.name))
            return made
    raise CatalogueError(f"expectations/{export.name}.py is missing: every export has its suite there.")


@cache
def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("expectations_" + re.sub(r"\W", "_", path.stem), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rule_and_column(stated: Any) -> tuple[str, str]:
    """Which rule an expectation, or its configuration, restates (expectations.stated), and of which column."""
    return stated.meta["rule_id"], stated.meta["column"]


# What a suite calls the keys of a whole delivery, of which a file may be one part.
DELIVERED = "staging.delivered"


def judge(
    url: str,
    table: str,
    export: catalogue.Export,
    *,
    delivered_on: date,
    instead: Mapping[str, str] | None = None,
    but: Collection[tuple[str, str]] = (),
) -> Verdict:
    """Count the rows of a staging table that break each rule.

    Input:   `url`: SQLAlchemy URL of the warehouse; `table`: schema.name of a committed table of the judged columns.
             `instead`: tables to ask in place of those that the suite names; without it a file is a whole delivery.
             `but`: rules and columns that say nothing of this file (conditions.not_run).
    Output:  one judgement per rule and column. Expectations that share one (not null, and in a set) add up.
    Raises:  RuleFailed if an expectation crashed, or the suite and the rules are not about the same columns.
    """
    asked = suite(export, delivered_on)
    pairs = set(plan(export).conditions)
    if different := {rule_and_column(e) for e in asked.expectations} ^ pairs:
        names = ", ".join(sorted(f"{rule_id} ({column})" for rule_id, column in different))
        raise RuleFailed(f"{names}: stated in one of expectations/{export.name}.yml and .py only. State it in both.")
    asked.expectations = [e for e in asked.expectations if rule_and_column(e) not in but]
    for expectation in asked.expectations:
        if query := getattr(expectation, "unexpected_rows_query", None):
            for named, table_instead in ({DELIVERED: table} | dict(instead or {})).items():
                query = re.sub(rf"\b{re.escape(named)}\b", table_instead, query)
            setattr(expectation, "unexpected_rows_query", query)  # noqa: B010 - the base class does not know it
    checked, result = _validated(asked, url, table)
    failed = dict.fromkeys(pairs.difference(but), 0)
    for one in result.results:
        rule_id, column = rule_and_column(one.expectation_config)
        count = one.result.get("unexpected_count", one.result.get("observed_value"))
        if count is None:
            raise RuleFailed(f"{rule_id}: Great Expectations gave no count. Mend expectations/{export.name}.py.")
        failed[rule_id, column] += int(count)
    severity = {rule.rule_id: rule.severity for rule in plan(export).rules.values()}
    return Verdict(
        tuple(
            Judgement(*pair, severity[pair[0]], failed[pair], checked)
            for pair in plan(export).conditions
            if pair in failed
        ),
        result,
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

    vars(module)["__getattr__"] = load
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
        "warehouse",
        connection_string=url,
        kwargs={"connect_args": {"options": SESSION}},  # type: ignore[call-arg] # its own declaration leaves it out
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
            blamed = sorted({rule_and_column(one)[0] for one, needs in bound if _crashes(engine, needs.values())})
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
        raise RuleFailed(f"Great Expectations could not count ({why_it_failed(error)}).") from None


def _crashes(engine: "SqlAlchemyExecutionEngine", needs: "Iterable[MetricConfiguration]") -> bool:
    """Whether one expectation crashes when it is alone: counted together, one takes the others with it."""
    try:
        _metrics(engine, needs)
    except RuleFailed:
        return True
    return False
