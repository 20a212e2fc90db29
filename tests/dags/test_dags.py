"""The DAGs as Airflow sees them, and run for real: its own database, its own tasks, files in an inbox."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from demo import airflow
from etl import catalogue
from etl.migration import schema
from etl.nightly import dag_runs
from etl.reports import quality
from etl.stewardship import people, questions
from etl.warehouse import embedded
from tests.inbox import PROCEDURES, UNITS, deliver

# the story is told before the first test that asks for it
pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]


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
            "retries": {t.retries for t in dag.tasks} == {2},
            "after": {
                type(e).__name__: [t.retry_policy.evaluate(e, 1, 3).action.value for t in dag.tasks] for e in tries
            },
            "hours": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds() / 3600,
            "limited": all(t.execution_timeout and t.execution_timeout <= dag.dagrun_timeout for t in dag.tasks),
            "pools": sorted({t.pool for t in dag.tasks}),
            "owner": dag.owner,
            "shown": [dag.dag_display_name, *(t.task_display_name for t in dag.tasks)],
        }
        for dag in bag.dags.values()
    },
}))
"""


def look(folder: Path, **given: str) -> dict:
    """What Airflow finds in the folder of DAGs; no database is needed for that."""
    settings = airflow.environment(folder, "postgresql+psycopg2://nobody@127.0.0.1:1/none") | given
    done = subprocess.run([sys.executable, "-c", LOOK], env=settings, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return look(tmp_path_factory.mktemp("parsed"))


def test_every_source_has_a_dag_and_so_have_the_figures(parsed: dict) -> None:
    assert parsed["errors"] == {}
    loads = {f"load__{source}" for source in catalogue.sources()}
    assert set(parsed["dags"]) == loads | {"materialise__indicators", "notice__night", "publish__period"}
    assert {"load__declarations", "load__document_management", "load__hr", "load__one_stop_shop"} <= loads


def test_parsing_is_cheap(parsed: dict) -> None:
    heavy = {"great_expectations", "numpy", "pandas", "polars", "etl.pipeline", "etl.figures", "etl.warehouse"}
    assert heavy.isdisjoint(parsed["imported"])
    assert parsed["seconds"] < 1


def minutes(schedule: str) -> int:
    minute, hour, *_ = schedule.split()
    return 60 * int(hour) + int(minute)


def test_sources_are_loaded_one_after_the_other_and_units_first(parsed: dict) -> None:
    begins = {name: minutes(dag["schedule"]) for name, dag in parsed["dags"].items() if name.startswith("load__")}
    assert sorted(begins.values()) == [60 + 10 * place for place in range(len(begins))]
    assert min(begins, key=begins.get) == "load__hr"


@pytest.mark.parametrize(
    ("dag_id", "schedule"),
    [
        ("load__hr", "0 1 * * *"),
        ("materialise__indicators", None),  # when loads have changed something
        ("notice__night", "0 6 * * *"),
        ("publish__period", "30 7 * * *"),
    ],
)
def test_nights_are_vietnamese(parsed: dict, dag_id: str, schedule: str | None) -> None:
    dag = parsed["dags"][dag_id]
    assert (dag["schedule"], dag["zone"], dag["catchup"], dag["runs"]) == (schedule, "Asia/Ho_Chi_Minh", False, 1)


def test_a_range_of_days_and_a_window_can_be_asked_for(parsed: dict) -> None:
    assert parsed["dags"]["load__hr"]["params"] == ["again", "since", "until"]
    assert parsed["dags"]["materialise__indicators"]["params"] == ["as_of", "from", "period", "to"]
    assert parsed["dags"]["publish__period"]["params"] == ["period", "unit"]


def test_the_times_of_the_night_are_settings(tmp_path: Path) -> None:
    dags = look(tmp_path, CCHC_NIGHTLY="23:50", CCHC_NOTICE_TIME="07:15")["dags"]
    begins = sorted(minutes(dag["schedule"]) for name, dag in dags.items() if name.startswith("load__"))
    assert begins == sorted((23 * 60 + 50 + 10 * place) % (24 * 60) for place in range(len(begins)))
    assert (dags["load__hr"]["schedule"], dags["notice__night"]["schedule"]) == ("50 23 * * *", "15 7 * * *")


def test_every_task_ends_and_takes_its_turn_in_the_warehouse(parsed: dict) -> None:
    for name, dag in parsed["dags"].items():
        assert dag["limited"], name
        assert dag["hours"] < 24, name  # the next night does not queue behind one that hangs
        # what is told of a night does not queue behind it
        assert dag["pools"] == ["default_pool" if name == "notice__night" else "warehouse"], name


def test_people_read_vietnamese_names(parsed: dict) -> None:
    for name, dag in parsed["dags"].items():
        assert dag["owner"] == "cchc", name
        assert name not in dag["shown"]
        assert all(re.search("[à-ỹđ]", shown, re.IGNORECASE) for shown in dag["shown"]), dag["shown"]
    assert parsed["dags"]["load__one_stop_shop"]["shown"][0] == (
        "Nạp: Tạm dừng, gia hạn của hồ sơ; Danh mục thủ tục hành chính; Hồ sơ một cửa"
    )


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
    000.00.16.H21-211201-0004 | 23857     | 01/12/2021     | 07/12/2021   | 03/12/2021          | Đã trả kết quả
"""
BAD_DOSSIERS = """
    Mã hồ sơ                  | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    000.00.16.H21-211202-0001 | 23857     | 02/12/2021     | 03/12/2021   | 02/12/2021          | Đã trả kết quả
    000.00.16.H21-211202-0002 | 23857     | 02/12/2021     | 07/12/2021   | 30/11/2021          | Đã trả kết quả
    000.00.16.H21-211202-0003 | 23857     | 02/12/2021     | 07/12/2021   | 29/11/2021          | Đã trả kết quả
"""
NEW_COMMUNE = """
    23863     | Xã Ia Krêl      | 631                | UBND cấp xã
"""
MORE_PROCEDURES = """
    Mã thủ tục
    2.000635
    2.000636
    2.000637
"""
CEILING = "50"


def mark(path: Path) -> None:
    """Say that a file has been delivered whole."""
    path.with_name(f"{path.name}.done").touch()


def done(inbox: Path, export: str, day: str, text: str, *, sender: str = "duc-co") -> None:
    mark(deliver(inbox, export, day, text, sender=sender))


@dataclass(frozen=True)
class Story:
    """Some nights of a small district, told once: starting Airflow takes longer than running it."""

    warehouse_url: str = field(repr=False)  # holds a password
    airflow_url: str = field(repr=False)
    log: Path
    runs: dict[str, airflow.Run]
    facts: dict[str, list[tuple]]  # what stood in the warehouse at some moment

    def __getattr__(self, name: str) -> airflow.Run:
        try:
            return self.runs[name]
        except KeyError:
            raise AttributeError(name) from None

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
    schema.migrate(url)
    airflow_url = airflow.database_url(url)
    settings = airflow.environment(folder, airflow_url) | {
        "CCHC_HOME": str(folder),
        "CCHC_WAREHOUSE_URL": url,
        "CCHC_INBOX": str(inbox),
        "CCHC_ARCHIVE": str(folder / "archive"),
        "CCHC_QUARANTINE_CEILING": CEILING,
        "CCHC_LANDING_DONE_MARKER": "yes",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0",
    }
    told: dict[str, airflow.Run] = {}
    facts: dict[str, list[tuple]] = {}
    tale = Story(url, airflow_url, folder / "airflow.log", told, facts)
    with airflow.dags(settings, tale.log) as dags:
        told["no_inbox"] = dags.run("load__hr")
        done(inbox, "hr/units", "2021-12-15", UNITS)
        staff = inbox / "hr" / "staff" / "2021-12-15" / "duc-co.csv"
        staff.parent.mkdir(parents=True)
        staff.write_text("Mã,Họ và tên\n1,Người Thử Nghiệm\n", "utf-8")
        mark(staff)
        deliver(inbox, "hr/units", "2021-12-15", UNITS, sender="chua-xong")  # still being copied
        for place in ("hr/units/tháng mười hai", "hr/unit/2021-12-15"):  # no day; no such export
            (inbox / place).mkdir(parents=True)
            (inbox / place / "duc-co.csv").write_text("Mã đơn vị\n631\n", "utf-8")
            mark(inbox / place / "duc-co.csv")
        for name, conf in {
            "misspelt": {"sinse": "2021-12-01"},
            "reversed": {"since": "2021-12-31", "until": "2021-12-01"},
            "again_of_all": {"again": True},
        }.items():
            told[name] = dags.run("load__hr", conf)
        told["misspelt_period"] = dags.run("materialise__indicators", {"perriod": "2021-N"})
        facts["after_refusals"] = tale.rows(url, "select from landing.file")
        told["bad_file"] = dags.run("load__hr")
        told["again"] = dags.run("load__hr")

        done(inbox, "one_stop_shop/procedures", "2021-12-15", PROCEDURES)
        done(inbox, "one_stop_shop/dossiers", "2021-12-15", DOSSIERS)
        told["bad_rows"] = dags.run("load__one_stop_shop")
        done(inbox, "one_stop_shop/dossiers", "2021-12-15", BAD_DOSSIERS, sender="chu-prong")
        told["ceiling"] = dags.run("load__one_stop_shop")

        told["figures"] = dags.run("materialise__indicators")
        facts["stale_after_figures"] = [(code,) for code in dag_runs.stale_periods(url)]
        told["no_new_figures"] = dags.run("materialise__indicators")
        told["window"] = dags.run(
            "materialise__indicators",
            {"period": "2021-N", "from": "2020-12-15", "to": "2021-12-01", "as_of": "2021-12-05"},
        )

        done(inbox, "hr/units", "2021-12-16", UNITS.rstrip() + NEW_COMMUNE)
        told["too_late"] = dags.run("load__hr", {"since": "2021-12-01", "until": "2021-12-15"})
        told["in_range"] = dags.run("load__hr", {"since": "2021-12-16", "until": "2021-12-16"})
        told["next_source"] = dags.run("load__one_stop_shop")
        told["after_correction"] = dags.run("materialise__indicators")

        done(inbox, "hr/units", "2021-12-17", UNITS.rstrip() + NEW_COMMUNE.replace("Krêl", "Kriêng"))
        done(inbox, "hr/units", "2021-12-18", UNITS.rstrip() + NEW_COMMUNE.replace("Krêl", "Kla"))
        told["backfill"] = dags.run("load__hr", backfill="2021-12-17")
        facts["after_backfill"] = tale.rows(
            url, "select delivered_on::text from landing.file where delivered_on > '2021-12-16'"
        )

        # a list of the day before, found late: the one that was loaded holds less than half of it
        done(inbox, "one_stop_shop/procedures", "2021-12-14", MORE_PROCEDURES)
        told["refused_at_the_end"] = dags.run("load__one_stop_shop")
        # that list waits for a person, and too many rows of chu-prong are bad: both are asked about
        with closing(connected(url)) as connection, connection, connection.cursor() as cursor:
            people.add(cursor, "lan", "steward", people.EVERY_UNIT, password=None, by="test")
        days = {"since": "2021-12-15", "until": "2021-12-15", "again": True}
        for name, by in (("answered_by_a_stranger", "ai-do"), ("answered", "lan")):
            answer = {"option": questions.LOAD, "by": by, "reason": "đã hỏi đơn vị"}
            told[name] = dags.run("load__one_stop_shop", days, answer=answer)
        told["taken_up_again"] = dags.run("load__hr", {"since": "2021-12-15", "until": "2021-12-15", "again": True})
        told["woken_by_hand"] = dags.run("materialise__indicators", event={})
        told["woken_again"] = dags.run("materialise__indicators", event={})
        with closing(connected(url)) as connection, connection, connection.cursor() as cursor:
            people.add(cursor, "duyet", "approver", "631", password=None, by="test")
        for name, by in (("unsigned", None), ("signed_by_a_steward", "lan"), ("signed", "duyet")):
            answer = {"option": "công bố", "by": by, "reason": "Đã đối chiếu."} if by else None
            told[name] = dags.run("publish__period", {"period": "2021-Q4"}, answer=answer)
            facts[name] = tale.rows(url, "select signer, statement from mart.release")
        told["notice"] = dags.run("notice__night")
    yield tale
    with closing(connected(server_url)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("drop database test_dags_airflow with (force)")
            cursor.execute("drop database test_dags with (force)")


def test_a_missing_inbox_is_red_and_the_note_says_so(story: Story) -> None:
    run = story.no_inbox
    assert (run.state, run.tasks["land"]) == ("failed", "failed")
    assert run.note.startswith("Không đọc được thư mục nhận dữ liệu")
    assert "CCHC_INBOX" in run.note


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("misspelt", "Không có tham số 'sinse'; chỉ có again, since, until."),
        ("reversed", "Từ ngày 31/12/2021 muộn hơn đến ngày 01/12/2021."),
        ("again_of_all", "Nạp lại (again) cần biết những ngày giao nào."),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused_with_a_sentence(story: Story, name: str, sentence: str) -> None:
    run = story.runs[name]
    assert (run.state, run.tasks["land"]) == ("failed", "failed")
    assert run.note.startswith(sentence)
    assert story.facts["after_refusals"] == []
    assert story.misspelt_period.state == "failed"


def test_a_bad_file_turns_the_run_red_and_stops_no_other(story: Story) -> None:
    run = story.bad_file
    assert run.state == "failed"
    assert sorted(state for task, state in run.tasks.items() if task.startswith("load_file")) == [
        "failed",
        "failed",
        "failed",
        "success",
    ]
    assert (run.tasks["finish"], run.tasks["all_went_in"]) == ("success", "upstream_failed")
    assert story.rows(
        story.warehouse_url, "select export, status from landing.file where file_id <= 4 order by 1, 2"
    ) == [("hr/staff", "rejected"), ("hr/unit", "rejected"), ("hr/units", "accepted"), ("hr/units", "rejected")]


def test_a_bad_file_is_tried_once_also_one_of_no_known_kind(story: Story) -> None:
    tries = story.rows(
        story.airflow_url,
        "select distinct try_number from task_instance where task_id = 'load_file' and state = 'failed'",
    )
    assert tries == [(1,)]
    assert "KeyError" not in story.log.read_text("utf-8")


def test_the_log_has_the_reason_on_a_line_of_its_own(story: Story) -> None:
    lines = story.log.read_text("utf-8").splitlines()
    for said in ("FIL-", "Không có loại dữ liệu", "quá mức cho phép"):
        assert any(said in line and "error" in line.lower() and "cchc" in line for line in lines), said
    assert not any("unusual_prefix" in line for line in lines)


def test_a_mapped_task_is_called_after_its_file(story: Story) -> None:
    names = {
        name
        for (name,) in story.rows(
            story.airflow_url, "select distinct rendered_map_index from task_instance where task_id = 'load_file'"
        )
    }
    assert {
        "Hồ sơ một cửa · duc-co · 15/12/2021",
        "Cơ quan, đơn vị · duc-co · không rõ ngày giao",
        "Tệp đặt sai chỗ · duc-co · 15/12/2021",
    } <= names


def test_the_note_says_first_what_was_sent_back_and_why(story: Story) -> None:
    first, *lines = story.bad_file.note.splitlines()
    assert first == "3 tệp bị trả lại; 4 tệp, 3 dòng đã nạp, 0 dòng lỗi được giữ lại."
    refused = [line for line in lines if "bị trả lại" in line]
    assert any("Cán bộ, công chức, viên chức · duc-co · 15/12/2021: bị trả lại. FIL-" in line for line in refused)
    assert any("Không có loại dữ liệu" in line for line in refused)
    assert any("không phải là ngày giao" in line for line in refused)
    for said in (quality.STATUSES["accepted"], "cchc files", "data_docs"):
        assert said in story.bad_file.note
    assert "cchc quality --rows" in story.bad_rows.note
    assert "Thử Nghiệm" not in "".join(run.note or "" for run in story.runs.values())


def test_a_night_without_anything_new_changes_nothing(story: Story) -> None:
    assert story.again == airflow.Run(
        "load__hr",
        "success",
        dag_runs.NOTHING_NEW,
        {
            "land": "success",
            "load_file": "skipped",
            "finish": "success",
            "to_ask": "success",
            "question.ask": "skipped",
            "question.carry_out": "skipped",
            "all_went_in": "success",
        },
    )


def test_a_few_bad_rows_do_not_turn_a_run_red(story: Story) -> None:
    assert story.bad_rows.state == "success"
    assert story.rows(
        story.warehouse_url,
        "select rows_loaded, rows_quarantined from landing.file"
        " where export = 'one_stop_shop/procedures' and delivered_on = '2021-12-14'",
    ) == [(3, 0)]


def test_too_many_bad_rows_turn_a_run_red_after_the_good_ones_are_loaded(story: Story) -> None:
    run = story.ceiling
    # somebody is asked about it, and does not answer
    assert (run.state, run.tasks["load_file[0]"], run.tasks["finish"]) == ("failed", "success", "success")
    assert (run.tasks["question.ask[0]"], run.tasks["all_went_in"]) == ("success", "failed")
    assert run.note.startswith("1 tệp có quá nhiều dòng lỗi; 1 tệp, 1 dòng đã nạp, 2 dòng lỗi được giữ lại.")
    assert "2 trong 3 dòng (66,7 %) bị giữ lại, quá mức cho phép 50 %" in run.note


def test_the_figures_are_woken_while_periods_are_older_than_their_loads(story: Story) -> None:
    told = story.rows(
        story.airflow_url,
        "select source_dag_id, extra->'periods' from asset_event order by id",
    )
    # also by the empty night: nobody had made the figures of the one before
    assert [dag_id for dag_id, _ in told][:4] == ["load__hr", "load__hr", "load__one_stop_shop", "load__one_stop_shop"]
    assert {"2021-Q4", "2021-N"} <= set(told[1][1])
    assert story.facts["stale_after_figures"] == []


def test_figures_are_made_once(story: Story) -> None:
    assert story.figures.state == story.no_new_figures.state == "success"
    assert "2021-Q4" in story.figures.note
    assert story.no_new_figures.note == dag_runs.NOTHING_NEW


def test_a_report_keeps_the_window_it_stated_beside_the_calendars(story: Story) -> None:
    assert story.window.state == "success"
    assert "2021-N" in story.window.note
    assert "2021-N" in story.after_correction.note  # made anew, because of the corrected file
    assert story.rows(
        story.warehouse_url,
        "select distinct period_start::text, period_end::text, as_of::text"
        " from mart.indicator_annual where period_code like '2021-N%' order by 2",
    ) == [("2020-12-15", "2021-12-01", "2021-12-05"), ("2020-12-15", "2021-12-14", "2021-12-14")]
    assert story.rows(
        story.warehouse_url,
        "select distinct period_end::text from mart.indicator_quarterly where period_code = '2021-Q4'",
    ) == [("2021-12-14",)]


def test_a_range_of_days_takes_the_days_it_is_given(story: Story) -> None:
    assert story.too_late.note == dag_runs.NOTHING_NEW
    assert story.in_range.tasks["load_file[0]"] == "success"


def test_a_backfill_run_takes_the_deliveries_of_its_own_day(story: Story) -> None:
    assert story.backfill.state == "success"
    assert story.facts["after_backfill"] == [("2021-12-17",)]


def test_what_a_load_made_stale_is_judged_again_by_its_own_source(story: Story) -> None:
    """The dossier of a commune that nobody knew is loaded in the night that brings the commune, by its own run."""
    assert "Hồ sơ" not in story.in_range.note
    assert "Hồ sơ một cửa" in story.next_source.note
    assert story.rows(
        story.warehouse_url,
        "select rows_loaded, rows_quarantined from landing.file"
        " where export = 'one_stop_shop/dossiers' and sender = 'duc-co'",
    ) == [(3, 1)]


def test_a_file_that_is_refused_when_it_is_loaded_again_turns_the_run_red(story: Story) -> None:
    run = story.refused_at_the_end
    assert (run.state, run.tasks["load_file[0]"]) == ("failed", "success")
    assert "FIL-06" in run.note


def test_what_a_person_answers_is_done_and_does_not_turn_the_run_red(story: Story) -> None:
    run = story.answered
    assert run.state == "success"
    assert [run.tasks[f"question.{task}[{i}]"] for task in ("ask", "carry_out") for i in (0, 1)] == ["success"] * 4
    assert story.rows(
        story.warehouse_url,
        "select export, status from landing.file where sender = 'duc-co' and export like '%procedures'"
        " and delivered_on = '2021-12-15'",
    ) == [("one_stop_shop/procedures", "accepted")]
    assert story.rows(
        story.warehouse_url,
        "select about, option, by_name, by_id, reason, verdict from landing.answer join landing.question"
        " using (question_id) where verdict = 'counts' order by 1",
    ) == [(about, "nạp", "lan", "lan", "đã hỏi đơn vị", "counts") for about in ("ceiling", "held")]


def test_an_answer_of_who_may_not_is_kept_and_not_done(story: Story) -> None:
    assert story.answered_by_a_stranger.state == "failed"
    assert story.rows(
        story.warehouse_url, "select distinct by_name, verdict from landing.answer where verdict = 'refused'"
    ) == [("ai-do", "refused")]


def test_nobody_who_answers_is_the_default_and_red(story: Story) -> None:
    assert story.refused_at_the_end.tasks["question.carry_out[0]"] == "success"
    assert story.rows(
        story.warehouse_url, "select distinct option, by_name from landing.answer where verdict = 'timed_out'"
    ) == [("giữ", None)]


def test_what_was_refused_is_taken_up_again_if_that_is_asked_for(story: Story) -> None:
    assert "Cán bộ, công chức, viên chức · duc-co · 15/12/2021: bị trả lại. FIL-02" in story.taken_up_again.note
    assert "18/12/2021" not in story.taken_up_again.note
    assert ("hr/staff", "again") in story.rows(
        story.warehouse_url, "select export, kind from landing.file_event join landing.file using (file_id)"
    )


def test_an_event_made_by_hand_makes_what_is_old_and_nothing_else(story: Story) -> None:
    assert (story.woken_by_hand.state, story.woken_again.state) == ("success", "success")
    assert "2021-Q4" in story.woken_by_hand.note
    assert story.woken_again.note == dag_runs.NOTHING_NEW
    assert story.woken_again.tasks["figures"] == "skipped"


def test_whoever_answers_signs_what_is_published(story: Story) -> None:
    assert (story.unsigned.state, story.facts["unsigned"]) == ("success", [])  # its time was over, without harm
    assert "Không ai trả lời" in story.unsigned.note
    assert (story.signed_by_a_steward.state, story.facts["signed_by_a_steward"]) == ("failed", [])
    assert (story.signed.state, story.facts["signed"]) == ("success", [("duyet", "Đã đối chiếu.")])
    assert story.signed.note.startswith("Đã công bố bản số 1, mã ")


def test_a_file_without_its_marker_is_left_for_the_next_night(story: Story) -> None:
    assert story.rows(story.warehouse_url, "select from landing.file where sender = 'chua-xong'") == []


def test_the_message_of_the_night_knows_what_airflow_knows(story: Story) -> None:
    run = story.notice
    assert run.state == "success"
    assert run.note.startswith("Chưa khai báo nơi nhận thông báo")
    # these runs were started by hand: the one of the schedule never came
    assert "Danh mục thủ tục hành chính; Hồ sơ một cửa: lần chạy lúc 01:30" in run.note
    assert "không chạy" in run.note
