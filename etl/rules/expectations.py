"""The sentences that the suites in `expectations/` are made of. Imports Great Expectations: only suites import this.

A suite says again, with expectation types that PostgreSQL counts, what the rules beside it say in columns. What follows
from the contract (`holds:`) is not said again: by_contract makes it. Expectations of one rule and column add up: their
failing rows must not overlap (a value is missing, or outside its vocabulary).
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import ComparisonCondition

from etl import catalogue
from etl.catalogue import Column, Export
from etl.errors import CatalogueError

# Great Expectations puts an alias of its own behind {batch}, unless the word "join" occurs in the query.
ROWS = "(select * from {batch}) as given"


def stated(rule_id: str, column: str) -> dict[str, Any]:
    """What an expectation carries of the rule that it restates: severity, sentence, and which it is."""
    rule = catalogue.rules().get(rule_id)
    if rule is None:
        raise CatalogueError(f"a suite states {rule_id} ({column}), but no rule has this id. Add it to its .yml.")
    return {
        "severity": {"error": "critical", "warning": "warning"}[rule.severity],
        "description": rule.message,
        "meta": {"rule_id": rule_id, "column": column},
    }


def by_contract(export_name: str) -> list[gxe.Expectation]:
    """What the contract alone asks of columns, for the rules whose `holds:` says so (catalogue: BY_CONTRACT).

    And what is asked of the rows of every export: that a column which reading has added says no.
    """
    export = catalogue.export(export_name)
    return [
        expectation
        for rule in catalogue.rules(export_name).values()
        for column, kind in rule.holds.items()
        for expectation in ASKED[kind](rule.rule_id, export.column(column))
    ] + [
        one_of(rule.rule_id, column, [False], typed=asked)
        for rule in catalogue.rules("*").values()
        for column, asked in rule.fails.items()
    ]


def given(rule_id: str, column: str, *, typed: str | None = None) -> gxe.Expectation:
    """The column is not empty; `typed` names the column that is empty when the text could not be read either."""
    return gxe.ExpectColumnValuesToNotBeNull(column=typed or column, **stated(rule_id, column))


def given_when(
    rule_id: str, column: str, condition: ComparisonCondition, *, typed: str | None = None
) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToNotBeNull(column=typed or column, row_condition=condition, **stated(rule_id, column))


def given_once(rule_id: str, column: str) -> gxe.Expectation:
    """No value of the column comes twice."""
    return gxe.ExpectColumnValuesToBeUnique(column=column, **stated(rule_id, column))


def told_once(rule_id: str, column: str, export: Export) -> gxe.Expectation:
    """No key comes twice; part of it may be empty. (Rows that say the same are one row before they are counted.)"""
    times = f"count(*) over (partition by {', '.join(export.key)}) as times"
    return no_rows(
        rule_id,
        column,
        f"select line from (select line, {times} from (select * from {{batch}}) as every) as given where times > 1",
    )


def in_vocabulary(rule_id: str, column: Column) -> list[gxe.Expectation]:
    """The column holds a word of its vocabulary, or nothing if it may be empty."""
    listed = gxe.ExpectColumnValuesToBeInSet(
        column=column.name, value_set=list(column.vocabulary), **stated(rule_id, column.name)
    )
    return [given(rule_id, column.name), listed] if column.required else [listed]


def listed(rule_id: str, column: Column) -> gxe.Expectation:
    """The column holds a word of its vocabulary; it may be empty."""
    return one_of(rule_id, column.name, list(column.vocabulary))


def readable(rule_id: str, column: Column) -> gxe.Expectation:
    """What is written in the column could be read as its type; it may be empty."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=f"{column.name}__unread", value_set=[False], **stated(rule_id, column.name)
    )


def matches(rule_id: str, column: str, pattern: str, *, typed: str | None = None) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToMatchRegex(column=typed or column, regex=pattern, **stated(rule_id, column))


def shaped(rule_id: str, column: Column) -> gxe.Expectation:
    """Keys, codes and what figures group by are as long, and of the form, that the contract says; each may be empty."""
    misshapen = _doubled(catalogue.misshapen(column))
    if column.is_key_text:
        return no_rows(rule_id, column.name, f"select line from {ROWS} where {misshapen}")
    if not column.pattern and not column.never:
        return gxe.ExpectColumnValueLengthsToBeBetween(
            column=column.name, max_value=column.longest, **stated(rule_id, column.name)
        )
    # a form is asked of each different text once: a million rows have few. Without `offset 0` PostgreSQL would ask it
    # of every row before it looks for the different ones
    return no_rows(
        rule_id,
        column.name,
        f"select line from {ROWS} where {column.name} in (select {column.name} from"
        f" (select distinct {column.name} from {{batch}} offset 0) as every where {misshapen})",
    )


# What `holds:` says of a column -> the expectations that count the rows for which it does not hold.
ASKED: dict[str, Callable[[str, Column], list[gxe.Expectation]]] = {
    "given": lambda rule_id, column: [given(rule_id, column.name, typed=column.day)],
    "readable": lambda rule_id, column: [readable(rule_id, column)],
    "in_vocabulary": in_vocabulary,
    "found": lambda rule_id, column: [given(rule_id, column.name)],
    "listed": lambda rule_id, column: [listed(rule_id, column)],
    "shaped": lambda rule_id, column: [shaped(rule_id, column)],
}


def _doubled(condition: str) -> str:
    """Braces doubled: Great Expectations formats the query."""
    return condition.replace("{", "{{").replace("}", "}}")


def one_of(rule_id: str, column: str, values: list[Any], *, typed: str | None = None) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToBeInSet(column=typed or column, value_set=values, **stated(rule_id, column))


def between(
    rule_id: str, column: str, least: Any = None, most: Any = None, *, typed: str | None = None
) -> gxe.Expectation:
    """The value is not below `least` and not above `most`; it may be empty."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=typed or column, min_value=least, max_value=most, **stated(rule_id, column)
    )


def not_before(rule_id: str, column: str, later: str, earlier: str) -> gxe.Expectation:
    """The day `later` is not before the day `earlier`; either may be empty."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=later, column_B=earlier, or_equal=True, ignore_row_if="neither", **stated(rule_id, column)
    )


def no_rows(rule_id: str, column: str, query: str) -> gxe.Expectation:
    """The query, over ROWS, finds no row. Braces of its own are doubled."""
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, **stated(rule_id, column))


def unit_exists(rule_id: str, column: str, day: str) -> gxe.Expectation:
    """The column names a unit that exists on that day; if the day cannot be read, one that is known at all."""
    return no_rows(rule_id, column, f"select line from {ROWS} where not exists ({unit_on(column, day)})")


def unit_on(column: str, day: str) -> str:
    """The rows of core.unit_period that a unit code means on a day."""
    return f"""select from core.unit_period as unit
        where unit.org_code = given.{column}
        and (given.{day} is null or (unit.valid_from <= given.{day} and given.{day} < unit.valid_to))"""


def listed_days(days: frozenset[date]) -> str:
    """Days as SQL literals."""
    return ", ".join(f"date '{day}'" for day in sorted(days))
