"""The state of a morning: given what was delivered and what fails, what a steward sees first."""

from datetime import date, datetime

import pytest
from psycopg2.extensions import cursor as Cursor

from etl.periods import LOCAL
from etl.stewardship import overview
from tests.failures import FILES, ROWS, UNITS, failing, files
from tests.tables import insert

NOW = datetime(2021, 12, 2, 18, 0, tzinfo=LOCAL)  # a Thursday
MORE = """
id | export                 | sender | day        | status   | rule
21 | one_stop_shop/dossiers | X      | 2021-12-01 | accepted | -
22 | one_stop_shop/dossiers | X      | 2021-12-02 | rejected | FIL-02
23 | one_stop_shop/dossiers | Y      | 2021-11-30 | accepted | -
24 | one_stop_shop/dossiers | Y      | 2021-12-01 | accepted | -
"""


@pytest.fixture
def given(cursor: Cursor) -> Cursor:
    insert(cursor, "unit", UNITS)
    files(cursor, FILES)
    files(cursor, MORE)
    failing(cursor, ROWS)
    return cursor


def test_what_arrived_is_missing_and_open(given: Cursor) -> None:
    seen = overview.today(given, units=None, now=NOW)
    assert [f.file_id for f in seen.arrived] == [24, 22, 21, 3, 2, 1]
    both = seen.yesterday_and_today
    assert (both.accepted, both.with_errors, both.refused) == (2, 3, 1)
    assert seen.owing == ["Hồ sơ một cửa · Y: lần giao gần nhất 01/12/2021"]
    assert [(day.day.day, day.accepted, day.with_errors, day.refused) for day in seen.days[-3:]] == [
        (30, 1, 0, 0),
        (1, 2, 1, 0),
        (2, 0, 2, 1),
    ]
    assert (len(seen.days), seen.issues, seen.rows) == (14, 7, 8)
    assert [(g.code, g.issues, g.rows) for g in seen.by_rule] == [("DOS-10", 4, 4), ("DOS-13", 2, 3), ("FIL-02", 1, 1)]
    assert [(g.title, g.rows) for g in seen.by_unit] == [
        ("UBND xã Một", 5),
        ("", 1),
        ("UBND huyện", 1),
        ("UBND xã Hai", 1),
    ]
    assert (seen.report.period.code, seen.report.days_left) == ("2021-N", 12)
    assert (seen.report.rows, seen.report.files, seen.report.owing) == (7, 1, 1)


def test_somebody_of_one_unit_sees_that_unit_alone(given: Cursor) -> None:
    seen = overview.today(given, units=["Y"], now=NOW)
    assert ([f.file_id for f in seen.arrived], seen.issues, [g.code for g in seen.by_unit]) == ([24], 1, ["Y"])
    assert seen.owing == ["Hồ sơ một cửa · Y: lần giao gần nhất 01/12/2021"]
    assert [day.accepted for day in seen.days[-3:]] == [1, 1, 0]
    assert overview.today(given, units=["X"], now=NOW).owing == []


def test_nothing_delivered_nothing_open(cursor: Cursor) -> None:
    seen = overview.today(cursor, units=None, now=NOW)
    assert (seen.arrived, seen.owing, seen.issues, seen.by_rule) == ([], [], 0, [])
    assert {day.accepted for day in seen.days} == {0}
    assert seen.days[0].day == date(2021, 11, 19)
