"""Periods touch, never overlap, and are days of Việt Nam."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from etl import periods
from etl.errors import UsageError
from etl.periods import LOCAL, Period
from tests.tables import cells

WINDOWS = """
2021-Q1 | 2020-12-15 | 2021-03-14 | quarterly    | Quý I
2021-Q2 | 2021-03-15 | 2021-06-14 | quarterly    |
2021-Q3 | 2021-06-15 | 2021-09-14 | quarterly    | Quý III
2021-Q4 | 2021-09-15 | 2021-12-14 | quarterly    |
2021-6T | 2020-12-15 | 2021-06-14 | half_yearly  | 6 tháng
2021-9T | 2020-12-15 | 2021-09-14 | nine_monthly |
2021-N  | 2020-12-15 | 2021-12-14 | annual       | Năm
2024-Q1 | 2023-12-15 | 2024-03-14 | quarterly    | Quý I
"""


@pytest.mark.parametrize("row", cells(WINDOWS), ids=lambda row: row[0])
def test_a_code_means_a_window_of_days(row):
    code, first, last, cadence, declared = row
    period = Period.parse(code)
    assert [str(period.start), str(period.last_day), period.cadence, period.declared_name or ""] == [
        first,
        last,
        cadence,
        declared,
    ]
    assert period.year_start == Period.parse(f"{period.year}-N").start


@pytest.mark.parametrize("year", [2021, 2024, 2025])
def test_quarters_tile_the_year(year):
    quarters = [Period.parse(f"{year}-Q{n}") for n in (1, 2, 3, 4)]
    whole = Period.parse(f"{year}-N")
    assert [quarters[0].start, quarters[-1].end] == [whole.start, whole.end]
    assert all(one.end == next_one.start for one, next_one in itertools.pairwise(quarters))
    assert whole.end == Period.parse(f"{year + 1}-N").start


def test_every_day_lies_in_one_quarter():
    day = date(2020, 12, 1)
    while day < date(2022, 1, 31):
        assert len([p for p in periods.of_day(day) if p.cadence == "quarterly"]) == 1
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (datetime(2020, 12, 14, 23, 59, 59, tzinfo=LOCAL), "2020-Q4"),
        (datetime(2020, 12, 15, 0, 0, 0, tzinfo=LOCAL), "2021-Q1"),
        (datetime(2021, 3, 14, 16, 59, 59, tzinfo=UTC), "2021-Q1"),
        (datetime(2021, 3, 14, 17, 30, tzinfo=UTC), "2021-Q2"),  # 00:30 of the 15th in Việt Nam
        (datetime(2021, 12, 14, 23, 59, 59, tzinfo=LOCAL), "2021-Q4"),
    ],
)
def test_a_moment_counts_on_its_local_day(moment, quarter):
    assert periods.local_day(moment) in Period.parse(quarter)
    assert [p.code for p in periods.of_day(periods.local_day(moment)) if p.cadence == "quarterly"] == [quarter]


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(UsageError, match="time zone"):
        periods.local_day(datetime(2021, 3, 14, 17, 30))


def test_a_report_may_state_its_own_window():
    """The report of 2021 counts 15/12/2020 to 15/11/2021."""
    period = Period.parse("2021-N").with_window(date(2020, 12, 15), date(2021, 11, 15))
    assert (period.end, period.last_day, period.is_explicit) == (date(2021, 11, 16), date(2021, 11, 15), True)
    assert date(2021, 11, 15) in period and date(2021, 11, 16) not in period
    assert Period.parse("2021-N").with_window(None, None).is_explicit is False
    assert Period.parse("2021-Q3").with_window(date(2021, 7, 1), None).year_start == date(2020, 12, 15)
    with pytest.raises(UsageError, match="before it begins"):
        Period.parse("2021-N").with_window(date(2021, 2, 1), date(2021, 1, 31))


@pytest.mark.parametrize(
    "code", ["2021", "2021-Q5", "2021-Q0", "21-Q1", "2021-H1", "Q3-2021", "", "2021-N-1", "0021-N"]
)
def test_what_is_no_period_is_told_how_to_write_one(code):
    with pytest.raises(UsageError, match="2021-Q3"):
        Period.parse(code)


def test_spelling_is_forgiven():
    assert Period.parse(" 2021-q3 ") == Period.parse("2021-Q3")


def test_declared_names():
    assert [periods.declared(2021, name).code for name in periods.DECLARED] == [
        "2021-Q1",
        "2021-6T",
        "2021-Q3",
        "2021-N",
    ]
    with pytest.raises(UsageError, match="Quý II"):
        periods.declared(2021, "Quý II")


def test_touched_periods_come_in_the_order_in_which_they_close():
    codes = [p.code for p in periods.touched([date(2021, 5, 1), date(2021, 6, 15), date(2021, 5, 1)])]
    assert codes == ["2021-Q2", "2021-6T", "2021-Q3", "2021-9T", "2021-N"]
    assert periods.touched([]) == []


@pytest.mark.parametrize(
    ("first", "last"), [(date(1, 1, 1), None), (None, date(9999, 12, 31)), (date(1989, 12, 31), None)]
)
def test_a_window_beyond_all_reports_is_refused(first, last):
    with pytest.raises(UsageError, match="is no day of a report"):
        Period.parse("2021-N").with_window(first, last)
