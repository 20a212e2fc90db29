"""The warehouse knows which periods are older than their loads, however runs end and in whatever order they commit."""

from datetime import date
from pathlib import Path

import pytest

from etl import pipeline, settings
from etl.figures import touches
from etl.nightly import dag_runs
from etl.periods import Period
from etl.warehouse import database
from tests.inbox import PROCEDURES, UNITS, deliver

DOSSIERS = """
    Mã hồ sơ                  | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    000.00.16.H21-211201-0001 | 01/12/2021     | 03/12/2021   | 02/12/2021          | Đã trả kết quả
    000.00.16.H21-211201-0002 | 01/12/2021     | 07/12/2021   |                     | Đang xử lý
"""
LATE = DOSSIERS.replace("01/12/2021", "01/06/2021").replace("211201", "210601")
OF_DECEMBER = ["2021-Q4", "2021-N"]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    return settings.read()


def load(configured: settings.Settings, url: str, inbox: Path) -> None:
    pipeline.land(configured, url, inbox=str(inbox))
    assert all(r.status.startswith("accepted") for r in pipeline.load_waiting(configured, url))


def make(url: str, codes: list[str]) -> None:
    for code in codes:
        pipeline.materialise(url, Period.parse(code))


@pytest.fixture
def made(configured: settings.Settings, warehouse_url: str, inbox: Path) -> str:
    """A warehouse whose periods have all been made since their loads."""
    deliver(inbox, "hr/units", "2021-12-10", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-10", PROCEDURES)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-10", DOSSIERS)
    load(configured, warehouse_url, inbox)
    make(warehouse_url, dag_runs.stale_periods(warehouse_url))
    assert dag_runs.stale_periods(warehouse_url) == []
    return warehouse_url


def test_periods_older_than_their_loads_come_in_closing_order(
    made: str, configured: settings.Settings, inbox: Path
) -> None:
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-14", LATE, sender="chu-prong")
    load(configured, made, inbox)
    assert dag_runs.stale_periods(made) == ["2021-Q2", "2021-6T", "2021-Q3", "2021-9T", "2021-Q4", "2021-N"]
    make(made, ["2021-Q2", "2021-N"])
    assert dag_runs.stale_periods(made) == ["2021-6T", "2021-Q3", "2021-9T", "2021-Q4"]


def test_a_run_that_failed_is_made_up_for_by_the_next(made: str, configured: settings.Settings, inbox: Path) -> None:
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-14", LATE, sender="chu-prong")
    load(configured, made, inbox)
    night = dag_runs.stale_periods(made)
    # nothing is made of them; the next night brings nothing that concerns the second quarter
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-13", DOSSIERS.replace("211201", "211202"), sender="ia-grai")
    load(configured, made, inbox)
    assert dag_runs.stale_periods(made) == night


def test_figures_made_while_a_load_is_under_way_are_older_than_it(
    made: str, configured: settings.Settings, inbox: Path
) -> None:
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-13", DOSSIERS.replace("211201", "211202"), sender="ia-grai")
    load(configured, made, inbox)
    with database.transaction(made) as connection:
        touches.record(connection)  # not committed yet: who makes figures now does not see it
        make(made, OF_DECEMBER)
    assert dag_runs.stale_periods(made) == OF_DECEMBER


def test_a_load_that_is_taken_back_and_refused_leaves_its_periods_old(
    made: str, configured: settings.Settings, inbox: Path
) -> None:
    """The list of the 12th is loaded; a longer one of the 11th, found late, makes it look cut off: it is refused."""
    longer = PROCEDURES + "    2.000636\n    2.000637\n"
    deliver(inbox, "one_stop_shop/procedures", "2021-12-12", PROCEDURES, sender="631")
    load(configured, made, inbox)
    make(made, dag_runs.stale_periods(made))
    deliver(inbox, "one_stop_shop/procedures", "2021-12-11", longer, sender="631")
    pipeline.land(configured, made, inbox=str(inbox))
    list(pipeline.load_waiting(configured, made))
    assert [f.status for f in dag_runs.became(made, [4])] in (["rejected"], ["held"])
    assert set(OF_DECEMBER) <= set(dag_runs.stale_periods(made))


def test_a_window_that_a_report_stated_grows_old_by_itself(
    made: str, configured: settings.Settings, inbox: Path
) -> None:
    stated = Period.parse("2021-N").with_window(None, date(2021, 12, 5))
    pipeline.materialise(made, stated)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-13", DOSSIERS.replace("211201", "211202"), sender="ia-grai")
    load(configured, made, inbox)
    make(made, dag_runs.stale_periods(made))
    assert dag_runs.stale_periods(made) == ["2021-N"]  # over the calendar's window it is new
    pipeline.materialise(made, stated)
    assert "2021-N" not in dag_runs.stale_periods(made)


def test_nothing_new_makes_nothing_old(made: str, configured: settings.Settings, inbox: Path) -> None:
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-13", DOSSIERS)  # the same rows on a later day
    load(configured, made, inbox)
    assert dag_runs.stale_periods(made) == []


def test_loads_from_before_are_taken_up_once(made: str) -> None:
    """A warehouse of an older version has loads and figures, and no touches."""
    with database.transaction(made) as connection, connection.cursor() as cursor:
        cursor.execute(
            "delete from mart.touch; update landing.file set touched_for = null;"
            " update mart.materialisation set touches = 0"
        )
    old = dag_runs.stale_periods(made)
    assert set(OF_DECEMBER) <= set(old)
    make(made, old)
    assert dag_runs.stale_periods(made) == []
