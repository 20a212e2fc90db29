"""A period rests on what held then: made in time or made again when lists and states have moved on, it says the same.

The window is 2021-Q1: its last day is 14/3/2021, and what was delivered until 14/4/2021 tells of it. Every version of a row
stands in a table with the day on which it was told, and the day until which it was; `gone` says that the list left it out
from that day on. A case gives the figures that are made in time (of what was told by 14/4), and those made again in
December; where only the first are drawn, both are the same.
"""

# ruff: noqa: E501 - a table is easier to read wide than folded

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, pipeline, settings
from etl.figures import counts, period_figures, touches, window
from etl.periods import Period
from etl.warehouse import database
from tests import tables
from tests.inbox import deliver

Q1 = Period.parse("2021-Q1")
IN_TIME, AGAIN = date(2021, 4, 14), date(2021, 12, 1)
UNITS = """
org_code | told       | parent_code | unit_kind           | autonomy_group
H        | 2021-01-05 | -           | UBND cấp huyện      | -
P        | 2021-01-05 | H           | Cơ quan hành chính  | -
P2       | 2021-01-05 | H           | Cơ quan hành chính  | -
T        | 2021-01-05 | H           | Đơn vị sự nghiệp    | 4
X        | 2021-01-05 | H           | UBND cấp xã         | -
"""
# Lists that were there in time, so that what comes later is late.
OTHERS = {
    "staff": "staff_code | org_code | told       | staff_kind\nother | T | 2021-01-05 | Cán bộ cấp xã",
    "procedure": "procedure_code | told       | level\n1.999999 | 2021-01-05 | Sở",
    "quota": "org_code | told       | year | quota_kind\nP | 2021-01-05 | 2021 | Hợp đồng",
}


def tell(cursor: Cursor, thing: str, table: str, seen: date) -> None:
    """Put the versions of a table into the warehouse as they were on a day."""
    for row in tables.drawn(table):
        told, until, gone = row.pop("told"), row.pop("until", None), row.pop("gone", None)
        if date.fromisoformat(told) > seen:
            continue
        is_past = until is not None and date.fromisoformat(until) <= seen
        said = {**row, "delivered_on": told}
        if is_past:
            said |= {"superseded_by": "2", "superseded_on": until, "closed": "true" if gone else "false"}
        drawn = " | ".join(said) + "\n" + " | ".join(value or "-" for value in said.values())
        tables.insert(cursor, thing, drawn, history=is_past)


def given(cursor: Cursor, told: dict[str, str], seen: date) -> None:
    for thing, table in ({"unit": UNITS} | OTHERS).items():
        tell(cursor, thing, table, seen)
    for thing, table in told.items():
        tell(cursor, thing, table, seen)
    counts.recount(cursor, "dossier")


def made(cursor: Cursor, codes: list[str], unit: str) -> dict[str, Decimal | None]:
    indicators = catalogue.indicators()
    period_figures.compute(cursor, Q1, [indicators[code] for code in codes])
    found = tables.rows(
        cursor, "select indicator_code, value from window_figure where unit_code = %(unit)s", {"unit": unit}
    )
    return {code: None if value is None else int(value) for code, value in found}


@dataclass(frozen=True)
class Case:
    name: str
    told: dict[str, str]
    in_time: dict[str, int | None]
    again: dict[str, int | None] = field(default_factory=dict)
    unit: str = "H"


STAFF = [
    Case(
        "a contract became a civil servant",
        {
            "staff": """
                staff_code | org_code | told       | until      | staff_kind
                A          | P        | 2021-01-05 | 2021-09-20 | Hợp đồng lao động
                A          | P        | 2021-09-20 | -          | Công chức
            """
        },
        {"4.2.2": 0, "4.2.3": 1},
    ),
    Case(
        "told on the last day that still tells of the window",
        {
            "staff": """
                staff_code | org_code | told       | until      | staff_kind
                A          | P        | 2021-01-05 | 2021-04-14 | Hợp đồng lao động
                A          | P        | 2021-04-14 | -          | Công chức
            """
        },
        {"4.2.2": 1, "4.2.3": 0},
    ),
    Case(
        "told on the day after it",
        {
            "staff": """
                staff_code | org_code | told       | until      | staff_kind
                A          | P        | 2021-01-05 | 2021-04-15 | Hợp đồng lao động
                A          | P        | 2021-04-15 | -          | Công chức
            """
        },
        {"4.2.2": 0, "4.2.3": 1},
    ),
    Case(
        "somebody works elsewhere now",
        {
            "staff": """
                staff_code | org_code | told       | until
                A          | P        | 2021-01-05 | 2021-09-20
                A          | P2       | 2021-09-20 | -
            """
        },
        {"4.2.2": 1},
        unit="P",
    ),
    Case(
        "somebody works elsewhere now, whose list tells it and a day of joining long ago",
        {
            "staff": """
                staff_code | org_code | sender | told       | until      | gone | joined_on
                A          | P        | office | 2021-01-05 | 2021-09-20 | yes  | 2010-01-01
                A          | P2       | P2     | 2021-09-20 | -          | -    | 2010-01-01
            """
        },
        {"4.2.2": 0},
        unit="P2",
    ),
    Case(
        "retired, nobody says when",
        {
            "staff": """
                staff_code | org_code | told       | until      | status
                A          | P        | 2021-01-05 | 2021-09-20 | Đang làm việc
                A          | P        | 2021-09-20 | -          | Nghỉ hưu
            """
        },
        {"4.2.2": 1},
    ),
    Case(
        "retired after the window, on a day",
        {
            "staff": """
                staff_code | org_code | told       | until      | status        | status_on
                A          | P        | 2021-01-05 | 2021-09-20 | Đang làm việc | -
                A          | P        | 2021-09-20 | -          | Nghỉ hưu      | 2021-03-15
            """
        },
        {"4.2.2": 1},
    ),
    Case(
        "retired on a day of the window, told late: shown",
        {
            "staff": """
                staff_code | org_code | told       | until      | status        | status_on
                A          | P        | 2021-01-05 | 2021-09-20 | Đang làm việc | -
                A          | P        | 2021-09-20 | -          | Nghỉ hưu      | 2021-03-14
            """
        },
        {"4.2.2": 1},
        {"4.2.2": 0},
    ),
    Case(
        "the day of a status is corrected: shown",
        {
            "staff": """
                staff_code | org_code | told       | until      | status   | status_on
                A          | P        | 2021-01-05 | 2021-09-20 | Nghỉ hưu | 2021-01-01
                A          | P        | 2021-09-20 | -          | Nghỉ hưu | 2021-04-01
            """
        },
        {"4.2.2": 0},
        {"4.2.2": 1},
    ),
    Case(
        "left before the window, came back long after it, and retired again",
        {
            "staff": """
                staff_code | org_code | told       | until      | status    | status_on
                A          | P        | 2021-01-05 | 2021-09-20 | Thôi việc | 2020-12-20
                A          | P        | 2021-09-20 | -          | Nghỉ hưu  | 2021-09-01
            """
        },
        {"4.2.2": 0},
    ),
    Case(
        "taken off the list within the month after the window",
        {"staff": "staff_code | org_code | told | until | gone\nA | P | 2021-01-05 | 2021-04-14 | yes"},
        {"4.2.2": 0},
    ),
    Case(
        "taken off the list later",
        {"staff": "staff_code | org_code | told | until | gone\nA | P | 2021-01-05 | 2021-04-15 | yes"},
        {"4.2.2": 1},
    ),
    Case(
        "retired after the window on a day, and taken off the list at once",
        {
            "staff": """
                staff_code | org_code | told       | until      | gone | status   | status_on
                A          | P        | 2021-01-05 | 2021-04-10 | yes  | Nghỉ hưu | 2021-03-20
            """
        },
        {"4.2.2": 1},
    ),
    Case(
        "taken off the list before the day on which the person was to leave: gone",
        {
            "staff": """
                staff_code | org_code | told       | until      | gone | status    | status_on
                A          | P        | 2021-01-05 | 2021-04-10 | yes  | Thôi việc | 2021-12-13
            """
        },
        {"4.2.2": 0},
    ),
    Case(
        "joined in the window, told late: shown",
        {"staff": "staff_code | org_code | told | joined_on\nA | P | 2021-09-20 | 2021-03-14"},
        {"4.2.2": 0},
        {"4.2.2": 1},
    ),
    Case(
        "told late, without a day: was not there",
        {"staff": "staff_code | org_code | told\nA | P | 2021-09-20"},
        {"4.2.2": 0},
    ),
    Case(
        "the first list of a sender tells of what was before it; its next one does not",
        {
            "staff": """
                staff_code | org_code | sender | told       | until      | staff_kind
                A          | P        | new    | 2021-09-20 | 2021-10-20 | Công chức
                A          | P        | new    | 2021-10-20 | -          | Hợp đồng lao động
                B          | P        | new    | 2021-10-20 | -          | Công chức
            """
        },
        {"4.2.2": 0, "4.2.3": 0},
        {"4.2.2": 1, "4.2.3": 0},
    ),
    Case(
        "who was made redundant is what the list of then said",
        {
            "staff": """
                staff_code | org_code | told       | until      | staff_kind
                A          | P        | 2021-01-05 | 2021-09-20 | Viên chức
                A          | P        | 2021-09-20 | -          | Công chức
            """,
            "staff_event": "staff_code | org_code | told | event_kind | decided_on\nA | P | 2021-03-20 | Tinh giản | 2021-03-01",
        },
        {"4.2.4": 0, "4.3.3": 1},
    ),
]

PROCEDURES = [
    Case(
        "service level and payment",
        {
            "procedure": """
                procedure_code | told       | until      | service_level | online_payment
                1.000001       | 2021-01-05 | 2021-09-20 | 3             | false
                1.000001       | 2021-09-20 | -          | 4             | true
            """
        },
        {"7.8.1": 1, "7.8.2": 0, "3.5.3": 0},
    ),
    Case(
        "interlink and workflows",
        {
            "procedure": """
                procedure_code | told       | until      | interlink     | workflow_approved
                1.000001       | 2021-01-05 | 2021-09-20 | Cùng cấp      | true
                1.000001       | 2021-09-20 | -          | Giữa các cấp  | false
            """
        },
        {"3.3.1": 1, "3.3.2": 0, "3.3.3": 100},
    ),
    Case(
        "told within the month after the window",
        {
            "procedure": """
                procedure_code | told       | until      | service_level
                1.000001       | 2021-01-05 | 2021-04-14 | 3
                1.000001       | 2021-04-14 | -          | 4
            """
        },
        {"7.8.1": 0, "7.8.2": 1},
    ),
    Case(
        "repealed in the window, told late: shown",
        {
            "procedure": """
                procedure_code | told       | until      | repealed_on
                1.000001       | 2021-01-05 | 2021-09-20 | -
                1.000001       | 2021-09-20 | -          | 2021-03-14
            """
        },
        {"3.1.3": 1},
        {"3.1.3": 0},
    ),
    Case(
        "repealed after the window",
        {
            "procedure": """
                procedure_code | told       | until      | repealed_on
                1.000001       | 2021-01-05 | 2021-09-20 | -
                1.000001       | 2021-09-20 | -          | 2021-03-15
            """
        },
        {"3.1.3": 1},
    ),
    Case(
        "announced in the window, told late: shown; announced after it",
        {
            "procedure": """
                procedure_code | told       | announced_on
                1.000001       | 2021-09-20 | 2021-03-14
                1.000002       | 2021-09-20 | 2021-03-15
            """
        },
        {"3.1.3": 0},
        {"3.1.3": 1},
    ),
    Case(
        "taken off the list",
        {
            "procedure": """
                procedure_code | told       | until      | gone
                1.000001       | 2021-01-05 | 2021-04-14 | yes
                1.000002       | 2021-01-05 | 2021-04-15 | yes
                1.000003       | 2021-01-05 | -          | -
            """
        },
        {"3.1.3": 2},
    ),
    Case(
        "taken off the list because it was repealed: the day of repeal speaks",
        {
            "procedure": """
                procedure_code | told       | until      | gone | repealed_on
                1.000001       | 2021-01-05 | 2021-04-10 | yes  | 2021-03-20
                1.000002       | 2021-01-05 | 2021-03-10 | yes  | 2021-03-01
            """
        },
        {"3.1.3": 1},
    ),
    Case(
        "taken off the list long before the day of repeal that it had: gone",
        {
            "procedure": """
                procedure_code | told       | until      | gone | repealed_on
                1.000001       | 2021-01-05 | 2021-04-10 | yes  | 2021-10-07
            """
        },
        {"3.1.3": 0},
    ),
    Case(
        "taken off the list, and put back long after the window",
        {
            "procedure": """
                procedure_code | told       | until      | gone
                1.000001       | 2021-01-05 | 2021-02-05 | yes
                1.000001       | 2021-09-20 | -          | -
            """
        },
        {"3.1.3": 0},
    ),
    Case(
        "dossiers of a procedure whose service level changed",
        {
            "procedure": """
                procedure_code | told       | until      | service_level
                1.000001       | 2021-01-05 | 2021-09-20 | 3
                1.000001       | 2021-09-20 | -          | 4
            """,
            "dossier": """
                dossier_code | org_code | told       | received_on | channel
                A            | H        | 2021-03-20 | 2021-03-01  | Trực tuyến
            """,
        },
        {"7.8.3": 100, "7.8.4": None},
    ),
]

UNIT_CASES = [
    Case(
        "autonomy",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind        | autonomy_group
                T2       | H           | 2021-01-05 | 2021-09-20 | Đơn vị sự nghiệp | 3
                T2       | H           | 2021-09-20 | -          | Đơn vị sự nghiệp | 2
            """
        },
        {"6.3": 1, "6.2": 0},
    ),
    Case(
        "positions approved",
        {
            "unit": """
                org_code | parent_code | told       | until      | positions_approved
                P3       | H           | 2021-01-05 | 2021-09-20 | false
                P3       | H           | 2021-09-20 | -          | true
            """
        },
        {"5.1.1": 0},
    ),
    Case(
        "who manages it",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind        | managed_by
                T2       | H           | 2021-01-05 | 2021-09-20 | Đơn vị sự nghiệp | UBND huyện
                T2       | H           | 2021-09-20 | -          | Đơn vị sự nghiệp | UBND tỉnh
            """
        },
        {"4.1.4.c": 2},
    ),
    Case(
        "a company, nobody says since when",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind        | equitised | autonomy_group
                T2       | H           | 2021-01-05 | 2021-09-20 | Đơn vị sự nghiệp | false     | 1
                T2       | H           | 2021-09-20 | -          | Đơn vị sự nghiệp | true      | 1
            """
        },
        {"6.5": 0, "6.1": 1},
    ),
    Case(
        "a company since a day of the window, told late: shown",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind        | equitised | autonomy_group | dissolved_on
                T2       | H           | 2021-01-05 | 2021-09-20 | Đơn vị sự nghiệp | false     | 1              | -
                T2       | H           | 2021-09-20 | -          | Đơn vị sự nghiệp | true      | 1              | 2021-03-14
            """
        },
        {"6.5": 0, "6.1": 1},
        {"6.5": 1, "6.1": 0},
    ),
    Case(
        "a company that was taken off the list afterwards",
        {
            "unit": """
                org_code | parent_code | told       | until      | gone | unit_kind        | equitised
                T2       | H           | 2021-01-05 | 2021-09-20 | yes  | Đơn vị sự nghiệp | true
            """
        },
        {"6.5": 1},
    ),
    Case(
        "its parent",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind        | autonomy_group
                T2       | X           | 2021-01-05 | 2021-09-20 | Đơn vị sự nghiệp | 3
                T2       | P           | 2021-09-20 | -          | Đơn vị sự nghiệp | 3
            """,
            "staff": "staff_code | org_code | told       | staff_kind\nA | T2 | 2021-01-05 | Viên chức",
        },
        {"4.3.2": 0},
    ),
    Case(
        "its kind",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind
                Y        | H           | 2021-01-05 | 2021-09-20 | Cơ quan hành chính
                Y        | H           | 2021-09-20 | -          | UBND cấp xã
            """,
            "staff": "staff_code | org_code | told\nA | Y | 2021-01-05",
        },
        {"4.2.2": 1},
    ),
    Case(
        "its day of establishment was told later, and its autonomy with it",
        {
            "unit": """
                org_code | parent_code | told       | until      | unit_kind        | autonomy_group | established_on
                T2       | H           | 2021-01-05 | 2021-09-20 | Đơn vị sự nghiệp | 3              | -
                T2       | H           | 2021-09-20 | -          | Đơn vị sự nghiệp | 2              | 2015-01-01
            """
        },
        {"6.3": 1, "6.2": 0},
    ),
    Case(
        "a unit without days is valid always, also when it is told late",
        {
            "unit": """
                org_code | parent_code | told       | unit_kind        | autonomy_group
                T2       | H           | 2021-09-20 | Đơn vị sự nghiệp | 3
            """
        },
        {"6.3": 0},
        {"6.3": 1},
    ),
]

QUOTAS = [
    Case(
        "the number of a decision",
        {
            "quota": """
                org_code | told       | until      | assigned
                P        | 2021-01-05 | 2021-09-20 | 10
                P        | 2021-09-20 | -          | 12
            """
        },
        {"4.2.1": 10},
    ),
    Case(
        "a decision of the window, told late: shown; one after it",
        {
            "quota": """
                org_code | told       | assigned | decided_on
                P        | 2021-01-05 | 10       | 2021-01-10
                P        | 2021-09-20 | 9        | 2021-03-14
                P        | 2021-09-20 | 8        | 2021-03-15
            """
        },
        {"4.2.1": 10},
        {"4.2.1": 9},
    ),
    Case(
        "taken back within the month after the window, and later",
        {
            "quota": """
                org_code | told       | until      | gone | assigned
                P        | 2021-01-05 | 2021-04-14 | yes  | 10
                P2       | 2021-01-05 | 2021-04-15 | yes  | 20
            """
        },
        {"4.2.1": 20},
    ),
    Case(
        "a list that went on to another year at once",
        {
            "quota": """
                org_code | sender | told       | until      | gone | year | decided_on | assigned
                P        | P      | 2021-01-05 | 2021-02-05 | yes  | 2021 | 2021-01-02 | 9
                P2       | P      | 2021-01-05 | 2021-03-05 | yes  | 2021 | 2021-01-02 | 10
                P2       | P      | 2021-03-05 | -          | -    | 2022 | 2021-03-02 | 20
            """
        },
        {"4.2.1": 10},
    ),
    Case(
        "a quota ends with its unit",
        {
            "unit": """
                org_code | parent_code | told       | dissolved_on
                P3       | H           | 2021-01-05 | 2021-03-14
                P4       | H           | 2021-01-05 | 2021-03-15
            """,
            "quota": "org_code | told       | assigned\nP3 | 2021-01-05 | 10\nP4 | 2021-01-05 | 20",
        },
        {"4.2.1": 20},
    ),
    Case(
        "a total that stands beside its parts is none, also when a part has ended",
        {
            "unit": "org_code | parent_code | told       | dissolved_on\nP3 | H | 2021-01-05 | 2021-03-14",
            "quota": """
                org_code | told       | assigned
                H        | 2021-01-05 | 30
                P        | 2021-01-05 | 20
                P3       | 2021-01-05 | 10
            """,
        },
        {"4.2.1": 20},
    ),
]


@pytest.mark.parametrize("case", [*STAFF, *PROCEDURES, *UNIT_CASES, *QUOTAS], ids=lambda case: case.name)
@pytest.mark.parametrize("seen", [IN_TIME, AGAIN], ids=["in time", "again"])
def test_lists_are_as_they_were_told_then(cursor: Cursor, case: Case, seen: date) -> None:
    given(cursor, case.told, seen)
    expected = case.in_time | case.again if seen == AGAIN else case.in_time
    assert made(cursor, list(expected), case.unit) == expected


def test_the_name_of_a_unit_is_that_of_then(cursor: Cursor) -> None:
    named = "org_code | told | until | unit_kind | org_name\n"
    told = named + "Y | 2021-01-05 | 2021-09-20 | UBND cấp xã | Xã Một\nY | 2021-09-20 | - | UBND cấp xã | Phường Một"
    given(cursor, {"unit": told}, AGAIN)
    for code, name in (("2021-Q1", "Xã Một"), ("2021-Q2", "Xã Một"), ("2021-Q3", "Phường Một")):
        window.open_window(cursor, Period.parse(code))
        assert tables.rows(cursor, "select name from window_unit where code = 'Y'") == [(name,)]


# A dossier received on 10/2 and due on 1/3, by its versions; the state of it on 14/3, and on 14/6.
STATES = {
    "in work": """
        told       | until      | status
        2021-03-20 | -          | Đang xử lý
        """,
    "paused then, and finished since": """
        told       | until      | status          | finished_on
        2021-03-20 | 2021-06-20 | Yêu cầu bổ sung | -
        2021-06-20 | -          | Đã xử lý xong   | 2021-05-01
        """,
    "paused then, and in work since": """
        told       | until      | status
        2021-03-20 | 2021-04-15 | Dừng xử lý
        2021-04-15 | -          | Đang xử lý
        """,
    "paused before, and in work then": """
        told       | until      | status
        2021-03-01 | 2021-04-14 | Dừng xử lý
        2021-04-14 | -          | Đang xử lý
        """,
    "in work then, and paused since": """
        told       | until      | status
        2021-03-20 | 2021-07-16 | Đang xử lý
        2021-07-16 | -          | Yêu cầu thực hiện nghĩa vụ tài chính
        """,
    "paused when it was first told, long after": """
        told       | until      | status
        2021-09-20 | 2021-10-20 | Yêu cầu bổ sung
        2021-10-20 | -          | Đang xử lý
        """,
    "paused all the time, and of another sender in between": """
        told       | until      | status          | sender
        2021-03-20 | 2021-04-01 | Yêu cầu bổ sung | office
        2021-04-01 | 2021-04-02 | Đang xử lý      | other
        2021-04-02 | -          | Yêu cầu bổ sung | office
        """,
    "withdrawn, nobody says when": """
        told       | until      | status
        2021-03-20 | 2021-05-20 | Đang xử lý
        2021-05-20 | 2021-08-20 | Công dân rút hồ sơ
        2021-08-20 | -          | Công dân rút hồ sơ
        """,
    "withdrawn when it was first told": """
        told       | until      | status
        2021-03-14 | -          | Công dân rút hồ sơ
        """,
    "withdrawn on a day that was told later": """
        told       | until      | status             | returned_on
        2021-03-20 | 2021-05-20 | Đang xử lý         | -
        2021-05-20 | 2021-08-20 | Công dân rút hồ sơ | -
        2021-08-20 | -          | Công dân rút hồ sơ | 2021-03-10
        """,
    "withdrawn, taken up again, and withdrawn again": """
        told       | until      | status
        2021-03-01 | 2021-03-10 | Công dân rút hồ sơ
        2021-03-10 | 2021-04-20 | Đang xử lý
        2021-04-20 | -          | Công dân rút hồ sơ
        """,
    "paused, then withdrawn": """
        told       | until      | status
        2021-03-20 | 2021-05-20 | Dừng xử lý
        2021-05-20 | -          | Công dân rút hồ sơ
        """,
    "refused in the end: it was never received": """
        told       | until      | status
        2021-03-20 | 2021-05-20 | Dừng xử lý
        2021-05-20 | -          | Không được tiếp nhận
        """,
}
STATE = "received | carried_over | resolved | withdrawn | pending | pending_overdue"
# name of the case, then STATE of Q1 and of Q2
THEN = """
in work                                               | 1 0 0 0 1 1 | 0 1 0 0 1 1
paused then, and finished since                       | 1 0 0 0 1 0 | 0 1 1 0 0 0
paused then, and in work since                        | 1 0 0 0 1 0 | 0 1 0 0 1 1
paused before, and in work then                       | 1 0 0 0 1 1 | 0 1 0 0 1 1
in work then, and paused since                        | 1 0 0 0 1 1 | 0 1 0 0 1 1
paused when it was first told, long after             | 1 0 0 0 1 0 | 0 1 0 0 1 0
paused all the time, and of another sender in between | 1 0 0 0 1 0 | 0 1 0 0 1 0
withdrawn, nobody says when                           | 1 0 0 0 1 1 | 0 1 0 1 0 0
withdrawn when it was first told                      | 1 0 0 1 0 0 | 0 0 0 0 0 0
withdrawn on a day that was told later                | 1 0 0 1 0 0 | 0 0 0 0 0 0
withdrawn, taken up again, and withdrawn again        | 1 0 0 0 1 1 | 0 1 0 1 0 0
paused, then withdrawn                                | 1 0 0 0 1 0 | 0 1 0 1 0 0
refused in the end: it was never received             | 0 0 0 0 0 0 | 0 0 0 0 0 0
"""


@pytest.mark.parametrize("row", tables.cells(THEN), ids=lambda row: row[0])
def test_a_dossier_is_in_the_state_of_then(cursor: Cursor, row: list[str]) -> None:
    """Pending, overdue and withdrawn on the last day of the window, as told up to a month after it."""
    name, *expected = row
    header, *versions = (line.strip() for line in STATES[name].strip().splitlines())
    dossier = f"dossier_code | org_code | received_on | due_on | {header}\n"
    dossier += "\n".join(f"A | X | 2021-02-10 | 2021-03-01 | {version}" for version in versions)
    given(cursor, {"dossier": dossier}, AGAIN)
    for code, state in zip(("2021-Q1", "2021-Q2"), expected, strict=True):
        period_figures.materialise(cursor.connection, Period.parse(code))
        found = tables.rows(
            cursor,
            f"select {STATE.replace(' | ', ', ')} from mart.dossier_flow"
            " where period_code = %(code)s and unit_code = 'H' and field = 'Tất cả'",
            {"code": code},
        )
        assert [" ".join(map(str, one)) for one in found] == [state], (code, STATE)


@pytest.mark.parametrize(
    "known, read",
    # before it has seen the table, the planner hashes what nobody withdrew, and looks at one row to see if there is any
    [("select", 51), ("analyze core.dossier", 50)],
    ids=["after the first night", "after a later one"],
)
def test_of_dossiers_only_those_that_are_paused_are_read(cursor: Cursor, known: str, read: int) -> None:
    """1 in 100 of 5,000 is paused, in any of 100 units; what was loaded just now, the planner does not know."""
    communes = "\n".join(f"C{n} | 2021-01-05 | H | UBND cấp xã" for n in range(100))
    given(cursor, {"unit": f"org_code | told | parent_code | unit_kind\n{communes}"}, AGAIN)
    cursor.execute(
        "insert into core.dossier (province_code, dossier_code, org_code, field, channel, received_on, due_on, status,"
        " delivered_on, sender, file_id, line) select 'H21', n, 'C' || n / 50, 'Chứng thực', 'Trực tiếp', '2021-02-10',"
        " '2021-03-01', case n % 100 when 7 then 'Dừng xử lý' else 'Đang xử lý' end, '2021-03-20', 'office', 1, n"
        " from generate_series(0, 4999) as n"
    )
    cursor.execute(known)
    cursor.execute(
        "insert into core.dossier_history select *, 2, date '2021-03-20', false from core.dossier where line % 20 = 7"
    )
    rows_read = (
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
        " where schemaname = 'core' and relname like 'dossier!_2%' escape '!'"
    )
    [(before,)] = tables.rows(cursor, rows_read)
    window.open_window(cursor, Q1)
    [(after,)] = tables.rows(cursor, rows_read)
    assert after - before == read


def test_an_as_of_is_the_day_whose_state_is_told(cursor: Cursor) -> None:
    """Paused until a delivery of 1/6: so it was on 30/4, and not on 1/5, of which that delivery still tells."""
    table = """
        dossier_code | org_code | received_on | due_on     | told       | until      | status
        A            | X        | 2021-02-10  | 2021-03-01 | 2021-03-20 | 2021-06-01 | Dừng xử lý
        A            | X        | 2021-02-10  | 2021-03-01 | 2021-06-01 | -          | Đang xử lý
    """
    given(cursor, {"dossier": table}, AGAIN)
    for as_of, overdue in ((date(2021, 4, 30), 0), (date(2021, 5, 1), 1)):
        window.open_window(cursor, replace(Q1, state_on=as_of))
        assert tables.rows(cursor, "select sum(pending_overdue) from window_dossier where unit_code = 'X'") == [
            (overdue,)
        ]


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        ("Dừng xử lý", "2021-Q1 2021-Q2 2021-6T 2021-9T 2021-N"),
        ("Công dân rút hồ sơ", "2021-Q1 2021-Q2 2021-6T 2021-9T 2021-N"),
        ("Được tiếp nhận", "2021-Q1 2021-Q2 2021-6T 2021-9T 2021-N"),
    ],
)
def test_a_change_of_state_touches_the_periods_that_it_tells_of(cursor: Cursor, status: str, codes: str) -> None:
    """A delivery of 10/4/2021 tells of 14/3 too, whatever it changed."""
    cursor.execute(
        "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status)"
        " values ('one_stop_shop', 'one_stop_shop/dossiers', 'office', '2021-04-10', 'p', 'x', 1, 1, 'a', 'accepted') returning file_id"
    )
    file_id = cursor.fetchone()[0]
    said = "dossier_code | org_code | received_on | due_on | delivered_on | status | file_id"
    before = f"A | X | 2021-02-10 | 2021-03-01 | 2021-03-20 | Đang xử lý | {file_id - 1}"
    tables.insert(
        cursor,
        "dossier",
        f"{said} | superseded_by | superseded_on | closed\n{before} | {file_id} | 2021-04-10 | false",
        history=True,
    )
    tables.insert(cursor, "dossier", f"{said}\nA | X | 2021-02-10 | 2021-03-01 | 2021-04-10 | {status} | {file_id}")
    assert touches.touched_periods(cursor.connection, [file_id]) == codes.split()


def test_a_pause_without_a_due_day_takes_nothing_from_what_is_overdue(cursor: Cursor) -> None:
    table = """
        dossier_code | org_code | received_on | due_on     | told       | status
        A            | X        | 2021-02-10  | -          | 2021-03-20 | Dừng xử lý
        B            | X        | 2021-02-10  | 2021-03-01 | 2021-03-20 | Đang xử lý
        C            | X        | 2021-02-10  | -          | 2021-03-10 | Công dân rút hồ sơ
    """
    given(cursor, {"dossier": table}, AGAIN)
    window.open_window(cursor, Q1)
    measures = "sum(pending), sum(pending_overdue), sum(withdrawn)"
    assert tables.rows(cursor, f"select {measures} from window_dossier where unit_code = 'X'") == [(2, 1, 1)]


# Delivered as files: what a quarter says when it is made in time, and when lists and dossiers have moved on.
IN_MARCH = {
    ("hr/units", "2021-01-05"): """
        Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
        631       | UBND huyện |                    | UBND cấp huyện
        631.P1    | Phòng Một  | 631                | Cơ quan hành chính
        631.P2    | Phòng Hai  | 631                | Cơ quan hành chính
        23869     | Xã Ia Kla  | 631                | UBND cấp xã
    """,
    ("one_stop_shop/procedures", "2021-01-05"): """
        Mã thủ tục | Cấp thực hiện | Mức độ | Thanh toán trực tuyến
        1.000001   | Huyện         | 3      | Không
        1.000002   | Xã            | 4      | Không
    """,
    ("hr/staff", "2021-01-05"): """
        Mã CBCCVC | Họ và tên | Loại              | Mã đơn vị | Trạng thái
        H1        | Người Một | Hợp đồng lao động | 631.P1    | Đang làm việc
        B         | Người Hai | Công chức         | 631.P1    | Đang làm việc
        R         | Người Ba  | Công chức         | 631.P1    | Đang làm việc
    """,
    ("one_stop_shop/dossiers", "2021-03-20"): """
        Mã hồ sơ | Mã đơn vị | Mã thủ tục | Ngày tiếp nhận | Ngày hẹn trả | Trạng thái
        D1       | 631       | 1.000001   | 10/02/2021     | 01/03/2021   | Yêu cầu bổ sung
        D2       | 631       | 1.000001   | 10/02/2021     | 01/03/2021   | Đang xử lý
        D3       | 631       | 1.000001   | 12/02/2021     | 01/04/2021   | Đang xử lý
    """,
}
BY_SEPTEMBER = {
    ("one_stop_shop/dossiers", "2021-06-20"): """
        Mã hồ sơ | Mã đơn vị | Mã thủ tục | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
        D1       | 631       | 1.000001   | 10/02/2021     | 01/03/2021   | 01/05/2021          | Đã xử lý xong
        D3       | 631       | 1.000001   | 12/02/2021     | 01/04/2021   |                     | Công dân rút hồ sơ
    """,
    ("one_stop_shop/procedures", "2021-09-20"): """
        Mã thủ tục | Cấp thực hiện | Mức độ | Thanh toán trực tuyến
        1.000001   | Huyện         | 4      | Có
        1.000002   | Xã            | 4      | Không
    """,
    ("hr/staff", "2021-09-20"): """
        Mã CBCCVC | Họ và tên | Loại      | Mã đơn vị | Trạng thái
        H1        | Người Một | Công chức | 631.P1    | Đang làm việc
        B         | Người Hai | Công chức | 631.P2    | Đang làm việc
        R         | Người Ba  | Công chức | 631.P1    | Nghỉ hưu
    """,
}
MADE = {"7.8.1": 1, "7.8.2": 1, "3.5.3": 0, "4.2.2": 2, "4.2.3": 1}


def test_a_quarter_made_again_in_september_is_that_of_march(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered as files and loaded: procedures, people and dossiers moved on, and the figures stay."""
    for name in ("home", "archive"):
        monkeypatch.setenv(f"CCHC_{name.upper()}", str(tmp_path / name))
    configured = settings.read()

    def load(files: dict[tuple[str, str], str]) -> None:
        for (export, day), table in files.items():
            deliver(tmp_path / "inbox", export, day, table)
        pipeline.land(configured, warehouse_url, inbox=str(tmp_path / "inbox"))
        assert [r.status for r in pipeline.load_waiting(configured, warehouse_url)] == ["accepted"] * len(files)

    def told() -> tuple[dict[str, int], list[tuple]]:
        with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
            found = tables.rows(
                cursor,
                "select indicator_code, value from mart.indicator where period_code = '2021-Q1' and unit_code = '631'"
                " and indicator_code = any(%(codes)s)",
                {"codes": list(MADE)},
            )
            flow = tables.rows(
                cursor,
                "select pending, pending_overdue, withdrawn from mart.dossier_flow"
                " where period_code = '2021-Q1' and unit_code = '631' and field = 'Tất cả'",
            )
        return {code: int(value) for code, value in found}, flow

    load(IN_MARCH)
    assert pipeline.materialise(warehouse_url, Q1) > 0
    assert told() == (MADE, [(3, 1, 0)])
    load(BY_SEPTEMBER)
    pipeline.materialise(warehouse_url, Q1)
    assert told() == (MADE, [(3, 1, 0)])
    for period, flow in (("2021-Q2", (2, 2, 0)), ("2021-Q3", (1, 1, 1))):
        pipeline.materialise(warehouse_url, Period.parse(period))
        with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
            assert tables.rows(
                cursor,
                "select pending, pending_overdue, withdrawn from mart.dossier_flow"
                " where period_code = %(period)s and unit_code = '631' and field = 'Tất cả'",
                {"period": period},
            ) == [flow]
