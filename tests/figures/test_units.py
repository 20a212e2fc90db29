"""A unit is what its code meant on a day: codes are used again, units are dissolved, and children live on elsewhere."""

from datetime import date

import pytest
from psycopg2.extensions import cursor as Cursor

from etl.figures import counts, period_figures, window
from etl.periods import Period
from tests import tables

BEFORE = """
org_code | org_name     | parent_code | unit_kind
64       | Tỉnh Gia Lai | -           | UBND cấp tỉnh
631      | Huyện Đức Cơ | 64          | UBND cấp huyện
23869    | Xã Ia Kla    | 631         | UBND cấp xã
23860    | Xã Ia Dơk    | 631         | UBND cấp xã
23872    | Xã Ia Dom    | 631         | UBND cấp xã
"""
AFTER = """
org_code | org_name     | parent_code | unit_kind      | established_on | dissolved_on
64       | Tỉnh Gia Lai | -           | UBND cấp tỉnh  | -              | -
631      | Huyện Đức Cơ | 64          | UBND cấp huyện | -              | 2025-07-01
23869    | Xã Ia Dơk    | 64          | UBND cấp xã    | 2025-07-01     | -
23872    | Xã Ia Dom    | 64          | UBND cấp xã    | -              | -
"""
MEANINGS = """
org_code | org_name     | valid_from | valid_to
23860    | Xã Ia Dơk    | -infinity  | 2025-07-01
23869    | Xã Ia Kla    | -infinity  | 2025-07-01
23869    | Xã Ia Dơk    | 2025-07-01 | infinity
23872    | Xã Ia Dom    | -infinity  | 2025-07-01
23872    | Xã Ia Dom    | 2025-07-01 | infinity
631      | Huyện Đức Cơ | -infinity  | 2025-07-01
64       | Tỉnh Gia Lai | -infinity  | infinity
"""


def merged(cursor: Cursor) -> None:
    """The district is abolished: what the new snapshot of units says, and what the old one said."""
    tables.insert(cursor, "unit", AFTER)
    origin = "file_id | superseded_by | superseded_on | closed"
    said = {row["org_code"]: row for row in tables.drawn(BEFORE)}
    for code in ("631", "23869", "23872", "23860"):
        row = said[code]
        values = " | ".join(row[c] or "-" for c in ("org_code", "org_name", "parent_code", "unit_kind"))
        closed = "true" if code == "23860" else "false"
        tables.insert(
            cursor,
            "unit",
            f"org_code | org_name | parent_code | unit_kind | {origin}\n{values} | 1 | 2 | 2025-07-01 | {closed}",
            history=True,
        )


def test_a_code_means_what_it_meant_on_the_day(cursor: Cursor) -> None:
    """Used again (23869), gone from the snapshot (23860), living on under another parent (23872)."""
    merged(cursor)
    found = tables.rows(
        cursor,
        "select org_code, org_name, valid_from::text, valid_to::text from core.unit_period"
        " order by org_code, valid_from",
    )
    assert found == [tuple(row.values()) for row in tables.drawn(MEANINGS)]


def test_every_day_of_a_known_code_reaches_one_meaning(cursor: Cursor) -> None:
    merged(cursor)
    for day in ("1990-01-01", "2025-06-30", "2025-07-01", "2030-01-01"):
        found = tables.rows(
            cursor,
            "select org_code, count(*) from core.unit_period"
            " where %(day)s >= reach_from and %(day)s < reach_to group by 1",
            {"day": day},
        )
        assert sorted(found) == [(code, 1) for code in ("23860", "23869", "23872", "631", "64")]


def test_the_period_of_the_change_shows_both_meanings_of_a_code(cursor: Cursor) -> None:
    """Quý III năm 2025 runs from 15/6 to 14/9: the district and Ia Kla until 30/6, Ia Dơk since."""
    merged(cursor)
    tables.insert(
        cursor,
        "dossier",
        """
        org_code | received_on | finished_on
        23869    | 2025-06-30  | 2025-07-10
        23869    | 2025-07-01  | -
        23872    | 2025-06-20  | 2025-06-21
        23872    | 2025-07-02  | 2025-07-03
        631      | 2025-06-30  | -
        """,
    )
    counts.recount(cursor, "dossier")
    assert period_figures.materialise(cursor.connection, Period.parse("2025-Q3")) > 0
    found = tables.rows(
        cursor,
        "select unit_code, unit_name, received, resolved, pending from reporting.dossier_flow"
        " where field = 'Tất cả' order by unit_code, unit_valid_from",
    )
    assert found == [
        ("23860", "Xã Ia Dơk", 0, 0, 0),
        ("23869", "Xã Ia Kla", 1, 0, 0),  # still open on 30/6: handed over, and finished at the new Ia Dơk
        ("23869", "Xã Ia Dơk", 1, 1, 1),
        ("23872", "Xã Ia Dom", 1, 1, 0),
        ("23872", "Xã Ia Dom", 1, 1, 0),
        ("631", "Huyện Đức Cơ", 3, 1, 1),
        ("64", "Tỉnh Gia Lai", 5, 3, 2),
    ]


def test_a_quarter_later_only_what_lives_has_figures_and_the_province_carries_the_rest(cursor: Cursor) -> None:
    merged(cursor)
    tables.insert(cursor, "dossier", "org_code | received_on | finished_on\n631 | 2025-06-30 | 2025-10-01")
    counts.recount(cursor, "dossier")
    period_figures.materialise(cursor.connection, Period.parse("2025-Q4"))
    found = tables.rows(
        cursor,
        "select unit_code, carried_over, resolved from reporting.dossier_flow"
        " where field = 'Tất cả' order by unit_code",
    )
    assert found == [("23869", 0, 0), ("23872", 0, 0), ("64", 1, 1)]


def test_the_shipped_codes_resolve_by_day(cursor: Cursor) -> None:
    """Source: Nghị quyết 202/2025/QH15, Nghị quyết 1664/NQ-UBTVQH15."""

    def name(code: str, day: date) -> list[tuple]:
        return tables.rows(
            cursor,
            "select name from core.administrative_unit where code = %(c)s and valid_from <= %(d)s and %(d)s < valid_to",
            {"c": code, "d": day},
        )

    assert name("23869", date(2025, 6, 30)) == [("Xã Ia Kla",)]
    assert name("23869", date(2025, 7, 1)) == [("Xã Ia Dơk",)]
    assert name("52", date(2025, 6, 30)) == [("Tỉnh Bình Định",)]
    assert name("52", date(2025, 7, 1)) == [("Tỉnh Gia Lai",)]
    assert name("631", date(2025, 7, 1)) == []
    known = {code for (code,) in tables.rows(cursor, "select code from core.administrative_unit")}
    for old, new in tables.rows(cursor, "select old_code, new_code from core.unit_succession"):
        assert {old, new} <= known
    assert tables.rows(
        cursor, "select count(*) from reporting.unit_succession where old_name is null or new_name is null"
    ) == [(0,)]


def test_a_series_can_be_shown_on_the_boundaries_of_now(cursor: Cursor) -> None:
    """Ia Kla and the old Ia Dơk are the new Ia Dơk: 1 of 2 and 3 of 4 are 4 of 6, not the average of 50 % and 75 %."""
    tables.insert(cursor, "unit", BEFORE)
    rows = [
        ("23869", "2021-07-05", 1),
        ("23869", "2021-07-20", 1),
        ("23860", "2021-07-05", 3),
        ("23860", "2021-07-20", 1),
    ]
    drawn = "\n".join(f"{unit} | 2021-07-01 | 2021-07-10 | {done}" for unit, done, times in rows for _ in range(times))
    tables.insert(cursor, "dossier", f"org_code | received_on | due_on | finished_on\n{drawn}")
    counts.recount(cursor, "dossier")
    period_figures.materialise(cursor.connection, Period.parse("2021-Q3"))
    found = tables.rows(
        cursor,
        "select unit_code, value, numerator, denominator, merged_from from reporting.indicator_now_boundaries"
        " where indicator_code = '3.4.3' and unit_code like '238%%' and denominator > 0",
    )
    assert [(u, str(v), n, d, sorted(m)) for u, v, n, d, m in found] == [("23869", "66.67", 4, 6, ["23860", "23869"])]


def test_what_does_not_add_up_is_not_added_on_the_boundaries_of_now(cursor: Cursor) -> None:
    """Ia Kla and the old Ia Dơk read the same procedure off one list, and quotas are given anew; persons add up."""
    tables.insert(cursor, "unit", f"{BEFORE.strip()}\n99001 | Xã Không Còn | 631 | UBND cấp xã")
    cursor.execute("update core.unit set dissolved_on = '2021-08-01' where org_code = '99001'")
    tables.insert(cursor, "procedure", "procedure_code | level\n1.000001 | Xã")
    tables.insert(
        cursor, "document", "org_code | issued_on\n23869 | 2021-07-01\n23860 | 2021-07-01\n99001 | 2021-07-01"
    )
    tables.insert(
        cursor, "declaration", "indicator_code | org_code | value\n7.1 | 23869 | 1\n7.1 | 23860 | 0\n7.1 | 23872 | 1"
    )
    counts.recount(cursor, "document")
    period_figures.materialise(cursor.connection, Period.parse("2021-Q3"))
    columns = "unit_code, indicator_code, value, status, unit_name, unit_level, as_of::text, is_without_successor"
    found = tables.rows(
        cursor,
        f"select {columns} from reporting.indicator_now_boundaries where indicator_code in ('3.1.3.c', '7.6.2', '7.1')"
        " and unit_code in ('23869', '23872', '99001')",
    )
    drawn = """
        unit  | indicator | value | status         | name         | without
        23869 | 3.1.3.c   | -     | not_applicable | Xã Ia Dơk    | False
        23872 | 3.1.3.c   | 1     | observed       | Xã Ia Dom    | False
        99001 | 3.1.3.c   | 1     | observed       | Xã Không Còn | True
        23869 | 7.6.2     | 2     | observed       | Xã Ia Dơk    | False
        23872 | 7.6.2     | 0     | observed       | Xã Ia Dom    | False
        99001 | 7.6.2     | 1     | observed       | Xã Không Còn | True
        23869 | 7.1       | -     | not_applicable | Xã Ia Dơk    | False
        23872 | 7.1       | 1     | observed       | Xã Ia Dom    | False
    """
    assert sorted((u, i, None if v is None else str(v), s, n, str(w)) for u, i, v, s, n, _, _, w in found) == sorted(
        tuple(row.values()) for row in tables.drawn(drawn)
    )
    assert {(level, as_of) for *_, level, as_of, _ in found} == {("commune", "2021-09-14")}
    twice = "select 1 from reporting.indicator_now_boundaries group by period_code, unit_code, indicator_code"
    assert tables.rows(cursor, f"{twice} having count(*) > 1") == []


# What units became, one step after the other: code, valid_from -> code, valid_from, on a day.
STEPS = {
    "the last one may have been there for ever": """
        old | since      | new | new_since  | on
        A   | -infinity  | B   | 2025-01-01 | 2025-01-01
        B   | 2025-01-01 | C   | -infinity  | 2026-01-01
    """,
    "a code that ended twice": """
        old | since      | new | new_since  | on
        A   | -infinity  | B   | -infinity  | 2023-01-01
        A   | 2023-06-01 | C   | -infinity  | 2025-01-01
    """,
    "a code that ended twice became the second time what it had been": """
        old | since      | new | new_since  | on
        A   | -infinity  | B   | 2023-01-01 | 2023-01-01
        B   | 2023-01-01 | A   | 2024-01-01 | 2024-01-01
        A   | 2024-01-01 | C   | -infinity  | 2025-01-01
    """,
}
# Figures of which units (3.1.1, added up) go to which.
BECOME = {
    "the last one may have been there for ever": {("A", "-infinity"): "C", ("B", "2025-01-01"): "C"},
    "a code that ended twice": {("A", "-infinity"): "B", ("A", "2023-06-01"): "C", ("A", "2025-06-01"): "A"},
    "a code that ended twice became the second time what it had been": {
        ("A", "-infinity"): "C",
        ("B", "2023-01-01"): "C",
        ("A", "2024-01-01"): "C",
    },
}


@pytest.mark.parametrize("steps", STEPS)
def test_figures_go_to_the_last_of_those_that_took_over(cursor: Cursor, steps: str) -> None:
    cursor.execute("delete from core.unit_succession")
    for row in tables.drawn(STEPS[steps]):
        cursor.execute(
            "insert into core.unit_succession values (%(old)s, %(since)s, %(new)s, %(new_since)s, %(on)s, '')", row
        )
    for number, (code, since) in enumerate(BECOME[steps]):
        cursor.execute(
            "insert into mart.indicator select 'H21', 'annual', %s, '2022-01-01', '2022-12-14', '2022-12-14', %s, %s,"
            " '', 'commune', '7.6.2', 1, 1, null, 'observed', '', null, false, now()",
            (f"{number}-N", code, since),
        )
    found = tables.rows(cursor, "select period_code, unit_code, value from reporting.indicator_now_boundaries")
    assert sorted(found) == [(f"{n}-N", unit, 1) for n, unit in enumerate(BECOME[steps].values())]


def test_every_fact_stays_with_what_its_code_meant_that_day(cursor: Cursor) -> None:
    """The code K changes its meaning on 1/8/2021, from a body to another: facts of 31/7 and of 1/8 part."""
    tables.insert(
        cursor,
        "unit",
        """
        org_code | org_name | parent_code | unit_kind          | established_on
        H        | Huyện    | -           | UBND cấp huyện     | -
        K        | Mới      | H           | Cơ quan hành chính | 2021-08-01
        """,
    )
    tables.insert(
        cursor,
        "unit",
        """
        org_code | org_name | parent_code | unit_kind          | superseded_by | superseded_on | closed
        K        | Cũ       | H           | Cơ quan hành chính | 2             | 2021-08-01    | false
        """,
        history=True,
    )
    facts = {
        "document": "org_code | issued_on",
        "task": "org_code | assigned_on",
        "staff_event": "org_code | decided_on | event_kind",
        "quota": "org_code | decided_on | assigned",
    }
    more = {"staff_event": (" | Bổ nhiệm", " | Bổ nhiệm"), "quota": (" | 5", " | 7")}
    for thing, header in facts.items():
        before, after = more.get(thing, ("", ""))
        tables.insert(cursor, thing, f"{header}\nK | 2021-07-31{before}\nK | 2021-08-01{after}\nK | 2021-08-02{after}")
    tables.insert(cursor, "staff", "org_code\nK")
    tables.insert(cursor, "dossier", "org_code | received_on\nK | 2021-07-31\nK | 2021-08-01\nK | 2021-08-02")
    for thing in ("document", "dossier"):
        counts.recount(cursor, thing)
    window.open_window(cursor, Period.parse("2021-Q3"))
    new, old = "K@H21@2021-08-01", "K@H21@-infinity"
    for count, relation in [
        ("sum(sent)", "window_document"),
        ("count(*)", "window_task"),
        ("count(*)", "window_event"),
        ("sum(received_direct)", "window_dossier"),
    ]:
        found = tables.rows(cursor, f"select unit_code, {count} from {relation} group by 1 order by 1")
        assert found == [("H", 3), (old, 1), (new, 2)], relation
    assert tables.rows(cursor, "select unit_code, assigned from window_quota order by 1") == [
        ("H", 7),
        (old, None),  # a quota ends with its unit
        (new, 7),
    ]
    assert tables.rows(cursor, "select unit_code, present from window_staff order by 1") == [("H", 1), (new, 1)]


def test_of_two_deliveries_of_one_catalogue_the_later_is_believed(cursor: Cursor) -> None:
    """And who a person is, is what was said last."""
    tables.given(
        cursor,
        {
            "procedure": """
                procedure_code | sender   | delivered_on | online_payment
                1.000001       | office   | 2021-09-02   | true
                1.000001       | G        | 2021-09-01   | false
            """,
            "staff": """
                org_code | staff_code | sender     | delivered_on | staff_kind
                P        | A          | office     | 2021-09-02   | Công chức
                P        | A          | department | 2021-09-01   | Viên chức
            """,
            "staff_event": "org_code | staff_code | decided_on\nP | A | 2021-07-01",
        },
    )
    window.open_window(cursor, Period.parse("2021-Q3"))
    assert tables.rows(cursor, "select in_force, online_payment from window_procedure where unit_code = 'H'") == [
        (1, 1)
    ]
    assert tables.rows(cursor, "select employment from window_event where unit_code = 'P'") == [("Công chức",)]
