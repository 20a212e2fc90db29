"""The benchmark at a size at which its times mean nothing, and what it refuses to call a result."""

import csv
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.engine import make_url

from bench import __main__ as bench
from bench import cases, inputs, measuring, report, workers
from bench.measuring import BenchFailed, Measure
from etl import cli
from etl.warehouse import database

SIZE = 4000
QUARTER = "2021-Q1"
as_processes = measuring.run


def in_this_process(command: list[str], *, environment: dict[str, str], log: Path) -> Measure:
    """`cchc` without a process of its own: starting Python a dozen times would take longer than all the rest."""
    _, option, program, *arguments = command
    if option == "-c":
        return Measure(0, 0, 0)
    if program != "etl":
        return as_processes(command, environment=environment, log=log)
    with patch.dict(os.environ, environment, clear=True):
        assert cli.run(arguments) == 0
    return Measure(1, 1, 100)


@pytest.fixture(scope="module")
def ran(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the result of a small bench; what cases d to g left behind is kept as database `two_nights`."""

    @contextmanager
    def keeping(bench: cases.Bench, name: str) -> Iterator[str]:
        with real_database(bench, name) as url:
            yield url
            if name == "cchc":
                copy(server_url, make_url(url).database)

    folder, real_database = tmp_path_factory.mktemp("docs"), cases.fresh_database
    with pytest.MonkeyPatch.context() as changed:
        for name, value in {"SIZE": f"{SIZE}", "REPEATS": "1", "CASES": "adefg", "OUT": f"{folder}"}.items():
            changed.setenv(name, value)
        changed.setattr(measuring, "run", in_this_process)
        changed.setattr(cases, "PERIODS", (QUARTER,))
        changed.setattr(cases, "fresh_database", keeping)
        assert bench.main() == 0
    return folder


def copy(server_url: str, name: str | None) -> None:
    with closing(database.connect(server_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        # a database that somebody is connected to cannot be copied
        cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        cursor.execute(f"create database two_nights template {name}")


@pytest.fixture(scope="module")
def made(ran: Path) -> inputs.Inputs:
    """The deliveries of that bench: they lie there already."""
    home = Path(os.environ["CCHC_HOME"]) / "bench"
    return inputs.prepare(home / f"inputs-{SIZE}", SIZE, log=home / "bench.log")


@pytest.fixture
def two_nights(ran: Path, server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cursor]:
    """What both nights and their figures left behind, seen within one transaction, which is undone."""
    url = make_url(server_url).set(database="two_nights").render_as_string(hide_password=False)
    with closing(database.connect(url)) as connection, connection.cursor() as cursor:
        monkeypatch.setattr(database, "transaction", lambda url: nullcontext(connection))
        monkeypatch.setattr(cases, "PERIODS", (QUARTER,))
        yield cursor


def look(made: inputs.Inputs) -> None:
    cases.expect_night("e", "", made, loaded=made.changed, unchanged=made.good - made.changed, history=made.changed)
    cases.expect_figures("g", "")


# --- the whole --------------------------------------------------------------------------------------------------------


def test_a_small_bench(ran: Path, server_url: str) -> None:
    page = (ran / "benchmark.md").read_text("utf-8")
    rows = re.findall(r"^\| ([a-g]) \|.*?\| (\d+|-) \| ([^|]+) \|", page, re.MULTILINE)
    assert [(case, repeats) for case, repeats, _ in rows] == [
        ("a", "1"), ("b", "-"), ("c", "-"), ("d", "1"), ("e", "1"), ("f", "1"), ("g", "1"), ("g", "1"),
    ]  # fmt: skip
    assert {said for case, _, said in rows if case in "bc"} == {"not run at this size unless asked for"}
    kept = json.loads((ran / "benchmark.json").read_text("utf-8"))
    assert kept[f"{SIZE}"]["measures"]["a"][0]["seconds"] > 0
    with closing(database.connect(server_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select datname from pg_database where datname like 'cchc_bench%'")
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SIZE", "1e6", "SIZE=1e6: write a whole number above 0."),
        ("REPEATS", "0", "REPEATS=0: write a whole number above 0."),
        ("CASES", "adz", "CASES=adz: write letters of a to g, e.g. CASES=ad."),
    ],
)
def test_wrong_use(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert bench.main() == 2
    assert capsys.readouterr().err == f"bench: {sentence}\n"


def test_a_process_is_measured_and_one_that_fails_is_no_result(tmp_path: Path) -> None:
    def run(code: str) -> Measure:
        return measuring.run([sys.executable, "-S", "-c", code], environment={}, log=tmp_path / "log")

    took = run("x = bytearray(50 << 20)")
    assert took.seconds > 0 and took.cpu_seconds > 0 and took.peak_mb > 50
    with pytest.raises(BenchFailed, match="ended with status 3"):
        run("raise SystemExit(3)")


# --- nothing is dropped to gain speed ---------------------------------------------------------------------------------

LAST = "(select max(file_id) from landing.file where status <> 'duplicate')"


def test_both_nights_leave_what_they_must(made: inputs.Inputs, two_nights: Cursor) -> None:
    look(made)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (
            f"delete from quality.violation where file_id = {LAST} and line ="
            f" (select max(line) from quality.violation where file_id = {LAST})",
            "violations by rule",
        ),
        (
            "update quality.quarantined_row set rule_ids = '{DOS-02}' where 'DOS-05' = any(rule_ids)",
            "quarantined rows by rule",
        ),
        (
            f"delete from quality.quarantined_row where file_id = {LAST} and 'DOS-05' = any(rule_ids)",
            "rows in core, history, quarantine",
        ),
        ("delete from core.dossier_history", "rows in core, history, quarantine"),
        (
            "delete from core.dossier where dossier_code = (select max(dossier_code) from core.dossier)",
            "rows in core, history, quarantine",
        ),
        (
            f"update quality.result set rows_failed = rows_failed - 1 where file_id = {LAST} and rule_id = 'DOS-08'",
            "our counts by rule",
        ),
        (
            f"update quality.result set rows_judged_failed = 0 where file_id = {LAST} and rule_id = 'DOS-08'",
            "Great Expectations' counts by rule",
        ),
        (f"delete from quality.result where file_id = {LAST} and rule_id = 'DOS-51'", "rules that were run"),
        (f"update landing.file set rows_unchanged = 0 where file_id = {LAST}", "rows read, loaded, unchanged"),
        (
            "update mart.dossier_flow set resolved = resolved + 1 where unit_level = 'district' and field = 'Tất cả'",
            "dossiers received and resolved in 2021-Q1 (district)",
        ),
    ],
)
def test_a_load_that_lost_something_is_no_result(made: inputs.Inputs, two_nights: Cursor, lost: str, said: str) -> None:
    two_nights.execute(lost)
    assert two_nights.rowcount > 0
    with pytest.raises(BenchFailed, match=re.escape(said)):
        look(made)


# --- the page ---------------------------------------------------------------------------------------------------------


def result(size: int, **seconds: float) -> report.Result:
    measures = {case: [Measure(took, took, 500)] for case, took in seconds.items()}
    return report.Result(size, size * 400, "2021-12-15", {"system": "…"}, 3.0, measures, {}, {})


def test_aims_are_held_or_not() -> None:
    found = report.aims(result(1_000_000, a=10, b=200, d=25, e=9, f=1, g=5, g2=2.5), None)
    assert [(aim.text.split(":")[0], aim.line().endswith(" held")) for aim in found] == [
        ("d at most 3 x a", True),
        ("d at most 2 x a (reaching)", False),
        ("d at least 5 times faster than b", True),
        ("d at least 1.7 times faster than c", False),  # c was not measured
        ("e at most 0.8 x a", False),
        ("f at most 0.1 x a", True),
        ("g at most 6 s", True),
        ("g after e at most 2 s", False),
        ("peak memory of d at most 600 MB", True),
        ("peak memory of e at most 600 MB", True),
        ("peak memory of f at most 600 MB", True),
    ]


def test_a_row_of_ten_million_costs_what_one_of_a_million_costs() -> None:
    smaller, larger = result(1_000_000, d=20, e=5), result(10_000_000, d=250, e=70)
    lines = [aim.line() for aim in report.aims(larger, smaller) if "cost of a row" in aim.text]
    assert [line.split(": ")[1] for line in lines] == ["1.25 x, held", "1.40 x, **not held**"]


def test_a_result_takes_the_place_of_the_last_of_its_size_only(tmp_path: Path) -> None:
    workers_result = report.Workers(8, 1000, "2021-12-15", {}, [report.Round(1, 9, 8, 1, 7, 0, {})], 33, [])
    for one in (result(1000, a=1), result(100, a=2), result(1000, a=3)):
        report.write(one, tmp_path)
    report.write_workers(workers_result, tmp_path)
    page = (tmp_path / "benchmark.md").read_text("utf-8")
    assert re.findall(r"^## (\S+) ", page, re.MULTILINE) == ["100", "1,000", "8"]
    assert "| 3.00 | 3.00-3.00 |" in page and "| 1.00 | 1.00-1.00 |" not in page


# --- several workers --------------------------------------------------------------------------------------------------


def test_senders_share_a_delivery_by_desks(made: inputs.Inputs, tmp_path: Path) -> None:
    workers.divide(made.file("first"), tmp_path / "inbox", 3)
    parts = sorted((tmp_path / "inbox" / inputs.DOSSIERS / "2021-12-15").iterdir())
    assert [part.name for part in parts] == ["huyen-1.csv", "huyen-2.csv", "huyen-3.csv"]

    def rows(path: Path) -> list[list[str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    header, *whole = rows(made.file("first"))
    divided = [rows(part) for part in parts]
    assert [part[0] for part in divided] == [header] * 3
    assert [row for part in divided for row in part[1:]] == whole
    desks = [{row[0][:3] for row in part[1:] if row[0]} for part in divided]
    assert [(min(of_part), max(of_part)) for of_part in desks] == [("000", "066"), ("067", "133"), ("134", "199")]


@pytest.mark.parametrize(
    ("done", "differing"),
    [
        ("update core.dossier set fee = fee", set()),  # the rows lie in another order then
        ("update mart.indicator set computed_at = now()", set()),
        ("update mart.indicator set numerator = numerator + 1 where numerator > 0", {"mart.indicator"}),
        ("delete from quality.violation where rule_id = 'DOS-05'", {"quality.violation"}),
    ],
)
def test_the_same_rows_have_the_same_fingerprint_in_any_order(
    two_nights: Cursor, done: str, differing: set[str]
) -> None:
    before = workers.fingerprints("")
    two_nights.execute(done)
    assert two_nights.rowcount > 0
    after = workers.fingerprints("")
    assert {table for table in before if after[table] != before[table]} == differing
    assert {"core.dossier", "core.dossier_history", "quality.violation", "mart.dossier_daily"} < before.keys()


def test_who_waits_for_whom_is_seen(warehouse_url: str) -> None:
    with (
        closing(database.connect(warehouse_url)) as one,
        closing(database.connect(warehouse_url)) as other,
        workers.waits(warehouse_url) as seen,
        one.cursor() as first,
        other.cursor() as second,
    ):
        first.execute("lock table core.dossier in exclusive mode")
        second.execute("set lock_timeout = '500ms'")
        with pytest.raises(LockNotAvailable):
            second.execute("lock table core.dossier in row exclusive mode")
    assert list(seen) == [
        "RowExclusiveLock on core.dossier: `lock table core.dossier in row exclusive mode`"
        " behind `lock table core.dossier in exclusive mode`"
    ]


def test_without_redis_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert workers.main() == 2
    assert "apt-get install redis-server" in capsys.readouterr().err
