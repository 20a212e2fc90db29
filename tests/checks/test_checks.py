"""Each check is seen to hold and to break: `holds` breaks nothing, `breaks` gives the offenders drawn under `found`."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.figures import prove
from tests import tables

CASES = yaml.safe_load((Path(__file__).parent / "cases.yml").read_text("utf-8"))
UNITS = {i.code: i.unit for i in catalogue.indicators().values()}
FLOW = [
    "received",
    "carried_over",
    "resolved",
    "resolved_early",
    "resolved_on_time",
    "resolved_late",
    "pending",
    "pending_in_time",
    "pending_overdue",
    "refused",
    "withdrawn",
    "own_received",
    "previous_pending",
    "carried_elsewhere",
    "resolved_elsewhere",
    "taken_over",
    "handed_over",
]


def check(rule_id: str) -> prove.Check:
    return next(c for c in prove.checks() if c.rule_id == rule_id)


def figures_of(cursor: Cursor, drawn: str) -> None:
    cursor.execute(
        "create temp table proved_figure (unit_code text, code text, value numeric, unit_of_measure text)"
        " on commit drop"
    )
    for code, value in (pair.split("=") for pair in drawn.split()):
        cursor.execute("insert into proved_figure values ('H', %s, %s, %s)", (code, value, UNITS[code]))


def flow_of(cursor: Cursor, drawn: str) -> None:
    measures = ", ".join(f"{m} bigint" for m in FLOW)
    cursor.execute(
        f"create temp table proved_flow (unit_code text, unit_key text, parent_unit text, unit_level text, field text,"
        f" as_of date, period_end date, {measures}) on commit drop"
    )
    for row in tables.drawn(drawn):
        values = dict.fromkeys(FLOW, 0) | {"previous_pending": None, "field": "Tất cả", "unit_level": "district"}
        values |= {"as_of": "2021-09-14", "period_end": "2021-09-14", "parent_unit": None, **row}
        values["unit_key"] = values["unit_code"]
        cursor.execute(
            f"insert into proved_flow ({', '.join(values)}) values ({', '.join(f'%({v})s' for v in values)})", values
        )


def handover_of(cursor: Cursor, drawn: str) -> None:
    cursor.execute("create temp table proved_handover (unit_code text, ended_code text, pending bigint) on commit drop")
    for row in tables.drawn(drawn):
        cursor.execute("insert into proved_handover values (%(unit_code)s, %(ended_code)s, %(pending)s)", row)


def broken(cursor: Cursor, rule_id: str, drawn: str) -> list[tuple[str, ...]]:
    given = handover_of if rule_id == "FIG-16" else flow_of if check(rule_id).over == "flow" else figures_of
    given(cursor, drawn)
    found = tables.rows(
        cursor, f"select subject, left_side, right_side from ({check(rule_id).query}) as broken order by subject"
    )
    return [tuple("-" if v is None else str(v) for v in row) for row in found]


def test_every_check_has_cases() -> None:
    assert [c.rule_id for c in prove.checks()] == list(CASES)
    assert all(case["holds"] and case["breaks"] for case in CASES.values())


@pytest.mark.parametrize(
    ("rule_id", "drawn"), [(rule, drawn) for rule, case in CASES.items() for drawn in case["holds"]]
)
def test_a_check_is_seen_to_hold(cursor: Cursor, rule_id: str, drawn: str) -> None:
    assert broken(cursor, rule_id, drawn) == []


@pytest.mark.parametrize(
    ("rule_id", "case"), [(rule, broken) for rule, case in CASES.items() for broken in case["breaks"]]
)
def test_a_check_is_seen_to_break(cursor: Cursor, rule_id: str, case: dict[str, Any]) -> None:
    assert broken(cursor, rule_id, case["given"]) == [tuple(row.values()) for row in drawn_with_dashes(case["found"])]


def drawn_with_dashes(table: str) -> list[dict[str, str]]:
    return [{name: cell or "-" for name, cell in row.items()} for row in tables.drawn(table)]
