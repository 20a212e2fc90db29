"""The DAGs as Airflow sees them, and run for real: its own database, its own tasks, files in an inbox."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import psycopg2
import pytest
from inbox import PROCEDURES, UNITS, deliver
from sqlalchemy.engine import make_url

from etl import catalogue, embedded, quality, runs, warehouse
from etl.demo import airflow

# --- as they are parsed ------------------------------------------------------------------------------------------

LOOK = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
from etl import errors
import psycopg2

before, began = set(sys.modules), time.monotonic()
bag = DagBag()
seconds = time.monotonic() - began
tries = [errors.SetupError("x"), errors.UsageError("x"), errors.CatalogueError("x"), errors.RuleFailed("x"),
         errors.FileRejected("FIL-01", "x"), psycopg2.OperationalError("x"), KeyError("x")]
print("\\n" + json.dumps({
    "errors": bag.import_errors,
    "seconds": seconds,
    "imported": sorted(set(sys.modules) - before),
    "dags": {
        dag.dag_id: {
            "tasks": sorted(dag.task_ids),
            "schedule": getattr(dag.timetable, "expression", None),
            "zone": str(dag.timezone),
            "catchup": dag.catchup,
            "runs": dag.max_active_runs,
            "params": sorted(dag.params),
            "retries": {t.retries for t in dag.tasks if t.operator_name != "EmptyOperator"} == {2},
            "after": {
                type(e).__name__: [t.retry_policy.evaluate(e, 1, 3).action.value for t in dag.tasks] for e in tries
            },
        }
        for dag in bag.dags.values()
    },
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What Airflow finds in the folder of DAGs; no database is needed for that."""
    settings = airflow.environment(tmp_path_factory.mktemp("parsed"), "postgresql+psycopg2://nobody@127.0.0.1:1/none")
    done = subprocess.run([sys.executable, "-c", LOOK], env=settings, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_every_source_has_a_dag_and_so_have_the_figures(parsed: dict) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {
        "load__declarations",
        "load__document_management",
        "load__hr",
        "load__one_stop_shop",
        "materialise__indicators",
    }
    assert {f"load__{source}" for source in catalogue.sources()} < set(parsed["dags"])


def test_parsing_is_cheap(parsed: dict) -> None:
    heavy = {"great_expectations", "numpy", "pandas", "polars", "etl.pipeline", "etl.figures", "etl.warehouse"}
    assert heavy.isdisjoint(parsed["imported"])
    assert parsed["seconds"] < 1


@pytest.mark.parametrize(
    ("dag_id", "schedule"),
    [
        ("load__hr", "0 1 * * *"),
        ("load__declarations", "10 1 * * *"),
        ("load__document_management", "20 1 * * *"),
        ("load__one_stop_shop", "30 1 * * *"),
        ("materialise__indicators", None),  # when loads have changed something
    ],
)
def test_nights_are_vietnamese(parsed: dict, dag_id: str, schedule: str | None) -> None:
    dag = parsed["dags"][dag_id]
    assert (dag["schedule"], dag["zone"], dag["catchup"], dag["runs"]) == (schedule, "Asia/Ho_Chi_Minh", False, 1)


def test_a_range_of_days_and_a_window_can_be_asked_for(parsed: dict) -> None:
    assert parsed["dags"]["load__hr"]["params"] == ["since", "until"]
    assert parsed["dags"]["materialise__indicators"]["params"] == ["as_of", "from", "period", "to"]


@pytest.mark.parametrize(
    ("error", "action"),
    [
        ("SetupError", "retry"),  # the database is away, the disk is full
        ("OperationalError", "default"),
        ("KeyError", "default"),
        ("UsageError", "fail"),
        ("CatalogueError", "fail"),
        ("RuleFailed", "fail"),
        ("FileRejected", "fail"),
    ],
)
def test_only_what_can_get_better_is_tried_again(parsed: dict, error: str, action: str) -> None:
    for dag in parsed["dags"].values():
        assert dag["retries"]
        assert set(dag["after"][error]) == {action}


# --- run for real ------------------------------------------------------------------------------------------------

DOSSIERS = """
    Mã hồ sơ                  | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    000.00.16.H21-211201-0001 | 23857     | 01/12/2021     | 03/12/2021   | 02/12/2021          | Đã trả kết quả
    000.00.16.H21-211201-0002 | 23857     | 01/12/2021     | 07/12/2021   | 30/11/2021          | Đã trả kết quả
    000.00.16.H21-211201-0003 | 23863     | 01/12/2021     | 07/12/2021   | 03/12/2021          | Đã trả kết quả
"""
NEW_COMMUNE = """
    23863     | Xã Ia Krêl      | 631                | UBND cấp xã
"""


@dataclass(frozen=True)
class Story:
    """Five nights of a small district, told once: starting Airflow takes longer than running it."""

    warehouse_url: str = field(repr=False)  # holds a password
    airflow_url: str = field(repr=False)
    bad_file: airflow.Run
    again: airflow.Run
    bad_rows: airflow.Run
    figures: airflow.Run
    no_new_figures: airflow.Run
    window: airflow.Run
    too_late: airflow.Run
    in_range: airflow.Run
    after_correction: airflow.Run

    def rows(self, url: str, statement: str) -> list[tuple]:
        with closing(connected(url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


def connected(url: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


@pytest.fixture(scope="module")
def story(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("dags")
    inbox = folder / "inbox"
    url = embedded.database(server_url, "test_dags")
    warehouse.migrate(url)
    airflow_url = airflow.database_url(url)
    settings = airflow.environment(folder, airflow_url) | {
        "CCHC_HOME": str(folder),
        "CCHC_WAREHOUSE_URL": url,
        "CCHC_INBOX": str(inbox),
        "CCHC_ARCHIVE": str(folder / "archive"),
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0",
    }
    told: dict[str, airflow.Run] = {}
    with airflow.dags(settings, folder / "airflow.log") as dags:
        deliver(inbox, "hr/units", "2021-12-15", UNITS)
        staff = inbox / "hr" / "staff" / "2021-12-15" / "duc-co.csv"
        staff.parent.mkdir(parents=True)
        staff.write_text("Mã,Họ và tên\n1,Người Thử Nghiệm\n", "utf-8")
        lost = inbox / "hr" / "units" / "tháng mười hai" / "duc-co.csv"
        lost.parent.mkdir(parents=True)
        lost.write_text("Mã đơn vị\n631\n", "utf-8")
        told["bad_file"] = dags.run("load__hr")
        told["again"] = dags.run("load__hr")

        deliver(inbox, "one_stop_shop/procedures", "2021-12-15", PROCEDURES)
        deliver(inbox, "one_stop_shop/dossiers", "2021-12-15", DOSSIERS)
        told["bad_rows"] = dags.run("load__one_stop_shop")

        told["figures"] = dags.run("materialise__indicators")
        told["no_new_figures"] = dags.run("materialise__indicators")
        told["window"] = dags.run(
            "materialise__indicators",
            {"period": "2021-N", "from": "2020-12-15", "to": "2021-12-01", "as_of": "2021-12-05"},
        )

        deliver(inbox, "hr/units", "2021-12-16", UNITS.rstrip() + NEW_COMMUNE)
        told["too_late"] = dags.run("load__hr", {"since": "2021-12-01", "until": "2021-12-15"})
        told["in_range"] = dags.run("load__hr", {"since": "2021-12-16", "until": "2021-12-16"})
        told["after_correction"] = dags.run("materialise__indicators")
    yield Story(url, airflow_url, **told)
    with closing(connected(server_url)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("drop database test_dags_airflow with (force)")
            cursor.execute("drop database test_dags with (force)")


def test_a_bad_file_turns_the_run_red_and_stops_no_other(story: Story) -> None:
    run = story.bad_file
    assert run.state == "failed"
    assert sorted(state for task, state in run.tasks.items() if task.startswith("load_file")) == [
        "failed",
        "failed",
        "success",
    ]
    assert (run.tasks["finish"], run.tasks["all_went_in"]) == ("success", "upstream_failed")
    assert story.rows(
        story.warehouse_url, "select export, status from landing.file where file_id <= 3 order by 1, 2"
    ) == [("hr/staff", "rejected"), ("hr/units", "accepted"), ("hr/units", "rejected")]


def test_a_bad_file_is_tried_once(story: Story) -> None:
    tries = story.rows(
        story.airflow_url,
        "select distinct try_number from task_instance where task_id = 'load_file' and state = 'failed'",
    )
    assert tries == [(1,)]


def test_a_mapped_task_is_called_after_its_file(story: Story) -> None:
    names = story.rows(
        story.airflow_url, "select distinct rendered_map_index from task_instance where dag_id = 'load__one_stop_shop'"
    )
    assert ("one_stop_shop/dossiers · duc-co · 15/12/2021",) in names
    assert ("hr/units · duc-co · không rõ ngày giao",) in story.rows(
        story.airflow_url, "select distinct rendered_map_index from task_instance where state = 'failed'"
    )


def test_the_note_says_where_to_look(story: Story) -> None:
    for said in ("3 tệp", quality.STATUSES["rejected"], quality.STATUSES["accepted"], "cchc files", "data_docs"):
        assert said in story.bad_file.note
    assert "cchc quality --rows" in story.bad_rows.note
    assert "Thử Nghiệm" not in story.bad_file.note + story.bad_rows.note


def test_a_night_without_anything_new_changes_nothing(story: Story) -> None:
    assert story.again == airflow.Run(
        "load__hr",
        "success",
        runs.NOTHING_NEW,
        {"land": "success", "load_file": "skipped", "finish": "success", "all_went_in": "skipped"},
    )


def test_bad_rows_do_not_turn_a_run_red(story: Story) -> None:
    assert story.bad_rows.state == "success"
    assert story.rows(
        story.warehouse_url,
        "select rows_loaded, rows_quarantined from landing.file where export = 'one_stop_shop/procedures'",
    ) == [(1, 0)]


def test_the_figures_are_told_which_periods_changed(story: Story) -> None:
    told = story.rows(
        story.airflow_url,
        "select source_dag_id, extra->'periods' from asset_event order by id",
    )
    assert [dag_id for dag_id, _ in told] == ["load__hr", "load__one_stop_shop", "load__hr"]  # none for the empty night
    assert {"2021-Q4", "2021-N"} <= set(told[1][1])


def test_figures_are_made_once(story: Story) -> None:
    assert story.figures.state == story.no_new_figures.state == "success"
    assert "2021-Q4" in story.figures.note
    assert story.no_new_figures.note == runs.NOTHING_NEW


def test_a_report_keeps_the_window_it_stated(story: Story) -> None:
    assert story.window.state == "success"
    assert "2021-N" in story.window.note
    assert "2021-N" in story.after_correction.note  # made anew, because of the corrected file
    assert story.rows(
        story.warehouse_url,
        "select distinct period_start::text, period_end::text, as_of::text"
        " from mart.indicator_annual where period_code = '2021-N'",
    ) == [("2020-12-15", "2021-12-01", "2021-12-05")]
    assert story.rows(
        story.warehouse_url,
        "select distinct period_end::text from mart.indicator_quarterly where period_code = '2021-Q4'",
    ) == [("2021-12-14",)]


def test_a_backfill_takes_the_days_it_is_given(story: Story) -> None:
    assert story.too_late.note == runs.NOTHING_NEW
    assert story.in_range.tasks["load_file[0]"] == "success"


def test_what_a_load_made_stale_is_judged_again_in_the_same_run(story: Story) -> None:
    """The dossier of a commune that nobody knew is loaded by the night that brings the commune."""
    assert "one_stop_shop/dossiers" in story.in_range.note
    assert story.rows(
        story.warehouse_url,
        "select rows_loaded, rows_quarantined from landing.file where export = 'one_stop_shop/dossiers'",
    ) == [(2, 1)]
