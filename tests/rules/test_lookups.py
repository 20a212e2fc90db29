"""Reference data: which days are off, by law, by what the project knows beside it, and by what an office says."""

from datetime import date
from pathlib import Path

import pytest

from etl.errors import CatalogueError
from etl.rules import lookups

DAYS = """
2026-01-01 off  New Year
2026-01-02 off  swapped for the 10th
2026-01-10 on   a Saturday that makes up for it
2026-01-11 off  a Sunday
2025-04-26 on
2026-08-22 on
2021-09-03 off
2021-09-06 on
"""


def is_off(day: date) -> bool:
    """As our own rule asks; and as Great Expectations' rule does."""
    ours = day in lookups.FRAMES["days_off"]()["day"].to_list()
    theirs = (day.isoweekday() > 5 or day in lookups.holidays()) and day not in lookups.make_up_days()
    assert ours == theirs
    return ours


@pytest.mark.parametrize("line", DAYS.strip().splitlines())
def test_a_day_is_off_or_worked(line: str) -> None:
    day, state, *_ = line.split()
    assert is_off(date.fromisoformat(day)) == (state == "off")


def test_an_office_adds_days_of_both_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local day off, a Saturday that is worked, and a day that the project has otherwise."""
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "working_days.csv").write_text(
        "date,is_working,reason\n2026-05-20,no,lễ của tỉnh\n2026-05-23,yes,làm bù\n2026-01-02,yes,trực\n", "utf-8"
    )
    assert [is_off(date(2026, *d)) for d in ((5, 20), (5, 23), (1, 2), (1, 10))] == [False, True, True, False]
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert [is_off(date(2026, *d)) for d in ((5, 20), (5, 23), (1, 2), (1, 10))] == [True, False, False, False]


@pytest.mark.parametrize("row", ["20/5/2026,no,", "2026-05-20,nghỉ,", "2026-05-20"])
def test_a_day_that_cannot_be_read_is_named(row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "working_days.csv").write_text(f"date,is_working,reason\n{row}\n", "utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    with pytest.raises(CatalogueError, match=r"working_days\.csv, line 2: write a date as 2026-01-02"):
        lookups.holidays()
