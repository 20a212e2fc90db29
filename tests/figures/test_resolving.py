"""A dossier that one unit receives and another resolves, and one whose due day is extended."""

# ruff: noqa: E501 - a table is easier to read wide than folded

import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.figures import counts, period_figures, prove
from etl.periods import Period
from tests import tables

Q3, Q4 = Period.parse("2021-Q3"), Period.parse("2021-N[2021-09-15..2021-12-14]")
DOSSIERS = """
    dossier_code | org_code | resolving_org_code | received_on | due_on     | finished_on | status             | delivered_on
    late         | X        | S                  | 2021-07-01  | 2021-07-10 | 2021-07-12  | Đã trả kết quả     | 2021-09-10
    overdue      | X        | S                  | 2021-07-01  | 2021-07-10 | -           | Đang xử lý         | 2021-09-10
    own          | X        | -                  | 2021-07-01  | 2021-07-10 | 2021-07-09  | Đã trả kết quả     | 2021-09-10
    same         | X        | X                  | 2021-07-01  | 2021-10-10 | -           | Đang xử lý         | 2021-09-10
    for_another  | Y        | X                  | 2021-07-01  | 2021-10-10 | -           | Đang xử lý         | 2021-09-10
    carried      | X        | S                  | 2021-06-01  | 2021-10-10 | 2021-09-20  | Đã trả kết quả     | 2021-12-10
    done_before  | X        | S                  | 2021-06-01  | 2021-06-10 | 2021-06-09  | Đã trả kết quả     | 2021-09-10
    refused      | X        | S                  | 2021-07-01  | -          | -           | Không được tiếp nhận | 2021-09-10
    withdrawn    | X        | S                  | 2021-07-01  | 2021-07-05 | -           | Công dân rút hồ sơ | 2021-08-01
    paused       | X        | S                  | 2021-07-01  | 2021-07-05 | -           | Yêu cầu bổ sung    | 2021-09-10
"""
FLOW = {
    Q3: """
        unit_code | received | carried_over | resolved | resolved_early | resolved_late | pending | pending_overdue | refused | withdrawn | resolved_elsewhere
        X         | 6        | 1            | 1        | 1              | 0             | 2       | 0               | 1       | 0         | 4
        Y         | 1        | 0            | 0        | 0              | 0             | 0       | 0               | 0       | 0         | 1
        S         | 0        | 0            | 1        | 0              | 1             | 3       | 1               | 0       | 1         | -5
        H         | 7        | 1            | 1        | 1              | 0             | 2       | 0               | 1       | 0         | 5
        G         | 7        | 1            | 2        | 1              | 1             | 5       | 1               | 1       | 1         | 0
    """,
    Q4: """
        unit_code | received | carried_over | resolved | resolved_early | resolved_late | pending | pending_overdue | refused | withdrawn | resolved_elsewhere
        X         | 0        | 4            | 0        | 0              | 0             | 2       | 2               | 0       | 0         | 2
        Y         | 0        | 1            | 0        | 0              | 0             | 0       | 0               | 0       | 0         | 1
        S         | 0        | 0            | 1        | 1              | 0             | 2       | 1               | 0       | 0         | -3
        H         | 0        | 5            | 0        | 0              | 0             | 2       | 2               | 0       | 0         | 3
        G         | 0        | 5            | 1        | 1              | 0             | 4       | 3               | 0       | 0         | 0
    """,
}


def test_received_counts_where_it_was_received_and_resolved_where_it_is_resolved(
    warehouse_of_cases: Connection, cursor: Cursor
) -> None:
    """And every identity holds: per unit with what others resolve, of the province without."""
    tables.given(cursor, {"dossier": DOSSIERS})
    for period, expect in FLOW.items():
        period_figures.materialise(warehouse_of_cases, period)
        expected = tables.drawn(expect)
        found = tables.rows(
            cursor,
            f"select {', '.join(expected[0])} from reporting.dossier_flow where period_code = %(code)s"
            " and field = 'Tất cả' and unit_code = any(%(units)s)",
            {"code": period.code, "units": [row["unit_code"] for row in expected]},
        )
        assert sorted(tuple(map(str, row)) for row in found) == sorted(tuple(row.values()) for row in expected)
        assert prove.prove_period(warehouse_of_cases, period) == []


def test_shares_in_time_are_those_of_the_resolving_unit_at_its_level(cursor: Cursor) -> None:
    tables.given(cursor, {"dossier": DOSSIERS})
    asked = catalogue.indicators(Q3.last_day)
    period_figures.compute(cursor, Q3, [asked["3.4.1"], asked["3.4.3"]])
    found = tables.rows(
        cursor,
        "select indicator_code, unit_code, value::text from window_figure where unit_code in ('S', 'X') and value >= 0",
    )
    assert sorted(found) == [("3.4.1", "S", "0.00"), ("3.4.3", "X", "100.00")]


def test_what_is_resolved_for_another_moves_to_the_successor(warehouse_of_cases: Connection, cursor: Cursor) -> None:
    """Z takes over from X what X had to resolve, and what X had received."""
    tables.given(
        cursor,
        {
            "unit": """
                org_code | parent_code | unit_kind     | dissolved_on | established_on | successor_code
                G        | -           | UBND cấp tỉnh | -            | -              | -
                S        | G           | Sở, ngành     | -            | -              | -
                X        | G           | UBND cấp xã   | 2021-08-01   | -              | Z
                Z        | G           | UBND cấp xã   | -            | 2021-08-01     | -
                Y        | G           | UBND cấp xã   | -            | -              | -
            """,
            "dossier": """
                org_code | resolving_org_code | received_on | due_on     | finished_on
                Y        | X                  | 2021-07-01  | 2021-10-10 | 2021-08-05
                Y        | X                  | 2021-07-01  | 2021-10-10 | -
                X        | S                  | 2021-07-01  | 2021-10-10 | -
                X        | Y                  | 2021-06-01  | 2021-10-10 | -
            """,
        },
    )
    expected = {
        Q3: [
            # received, carried over, taken over, resolved, pending, handed over, resolved elsewhere
            ("G", 3, 1, 0, 1, 3, 0, 0),
            ("S", 0, 0, 0, 0, 1, 0, -1),
            ("X", 1, 1, 0, 0, 0, 2, 0),
            ("Y", 2, 0, 0, 0, 1, 0, 1),
            ("Z", 0, 0, 2, 1, 1, 0, 0),
        ],
        Q4: [
            ("G", 0, 3, 0, 0, 3, 0, 0),
            ("S", 0, 0, 0, 0, 1, 0, -1),
            ("Y", 0, 1, 0, 0, 1, 0, 0),
            ("Z", 0, 2, 0, 0, 1, 0, 1),
        ],
    }
    for period, flow in expected.items():
        period_figures.materialise(warehouse_of_cases, period)
        assert flow == tables.rows(
            cursor,
            "select unit_code, received, carried_over, taken_over, resolved, pending, handed_over, resolved_elsewhere"
            " from mart.dossier_flow where period_code = %(code)s and field = 'Tất cả' order by 1",
            {"code": period.code},
        )
        assert prove.prove_period(warehouse_of_cases, period) == []


def test_a_code_that_is_used_again_names_the_resolving_unit_of_the_day_of_receipt(cursor: Cursor) -> None:
    tables.insert(
        cursor, "unit", "org_code | org_name | unit_kind\n23869 | Xã Ia Kla | UBND cấp xã\nX | Xã | UBND cấp xã"
    )
    tables.insert(
        cursor,
        "dossier",
        """
        org_code | resolving_org_code | received_on | finished_on
        X        | 23869              | 2025-06-30  | 2025-07-05
        23869    | X                  | 2025-07-01  | 2025-07-05
        """,
    )
    counts.add_changes(cursor, "dossier", "(select *, 1 as sign from core.dossier)")
    cursor.execute(
        "insert into core.unit_history select *, 2, '2025-07-02', false from core.unit where org_code = '23869';"
        "update core.unit set org_name = 'Xã Ia Dơk', established_on = '2025-07-01', file_id = 2 where org_code = '23869'"
    )
    counts.add_changes(cursor, "unit", "(select *, 1 as sign from core.unit)")
    folded = tables.rows(cursor, "select * from mart.dossier_daily order by org_code, unit_from, day")
    counts.recount(cursor, "dossier")
    assert folded == tables.rows(cursor, "select * from mart.dossier_daily order by org_code, unit_from, day")
    assert tables.rows(
        cursor,
        "select unit_from::text, sum(resolved_on_time) from mart.dossier_daily where org_code = '23869' group by 1",
    ) == [("-infinity", 1), ("2025-07-01", 0)]


EXTENDED = """
    due_on     | extended_due_on | finished_on | how
    2021-07-10 | -               | 2021-07-11  | resolved_late
    2021-07-10 | 2021-07-20      | 2021-07-11  | resolved_early
    2021-07-10 | 2021-07-20      | 2021-07-20  | resolved_on_time
    2021-07-10 | 2021-07-20      | 2021-07-21  | resolved_late
    2021-07-10 | 2021-07-05      | 2021-07-10  | resolved_on_time
    -          | 2021-07-20      | 2021-07-21  | resolved_late
    2021-07-10 | 2021-10-20      | -           | pending_in_time
    2021-07-10 | 2021-07-20      | -           | pending_overdue
"""


@pytest.mark.parametrize("row", tables.drawn(EXTENDED), ids=lambda row: " ".join(str(v) for v in row.values()))
def test_of_two_due_days_the_later_one_counts(
    warehouse_of_cases: Connection, cursor: Cursor, row: dict[str, str | None]
) -> None:
    how = row["how"]
    given = {"org_code": "X", "received_on": "2021-07-01", **{n: v or "-" for n, v in row.items() if n != "how"}}
    tables.given(cursor, {"dossier": f"{' | '.join(given)}\n{' | '.join(given.values())}"})
    period_figures.materialise(warehouse_of_cases, Q3)
    ways = ("resolved_early", "resolved_on_time", "resolved_late", "pending_in_time", "pending_overdue")
    (found,) = tables.rows(
        cursor, f"select {', '.join(ways)} from mart.dossier_flow where unit_code = 'X' and field = 'Tất cả'"
    )
    assert dict(zip(ways, found, strict=True)) == {way: int(way == how) for way in ways}
