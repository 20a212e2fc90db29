"""The command line: results on standard output, everything else on standard error, and an exit status that tells."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from etl import catalogue, cli, pipeline
from etl.catalogue import project_files
from etl.loading import one_file
from etl.migration import schema
from etl.periods import Period
from etl.reports import quality
from etl.rules.second_count import Judgement, Verdict
from etl.warehouse import database, embedded
from tests.inbox import PROCEDURES, UNITS, deliver

DOSSIERS = """
    Mã hồ sơ                  | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái      | Thư xin lỗi
    000.00.16.H21-210823-0001 | 23/08/2021     | 25/08/2021   | 25/08/2021          | Đã trả kết quả  |
    000.00.16.H21-210823-0002 | 23/08/2021     | 25/08/2021   | 26/08/2021          | Đã trả kết quả  | Đã gửi
    000.00.16.H21-210823-0003 | 23/08/2021     | 25/08/2021   | 20/08/2021          | Đã trả kết quả  |
"""
PRINTED = """code,name_vi,printed_value
1.2.1,Tổng số phòng chuyên môn,2
3.4.3,Hồ sơ cấp xã đúng hẹn,99.85
3.1.3,Tổng số TTHC,1
3.1.3.c,Trong đó cấp xã,2
"""

Q3 = Period.parse("2021-Q3")


@pytest.fixture(scope="module")
def empty_warehouse(server_url: str) -> str:
    """A warehouse that nobody writes to: what is refused leaves nothing behind."""
    url = embedded.database(server_url, "test_cli")
    schema.migrate(url)
    return url


@pytest.fixture
def refused(tmp_path: Path, empty_warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own with the warehouse that stays empty."""
    return _folder(tmp_path, empty_warehouse, monkeypatch)


@pytest.fixture
def home(tmp_path: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own with a warehouse of its own."""
    return _folder(tmp_path, warehouse_url, monkeypatch)


def _folder(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CCHC_HOME", str(path / "home"))
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", url)
    monkeypatch.chdir(path)
    (path / "inbox").mkdir()
    return path


@pytest.fixture
def delivered(home: Path) -> Path:
    deliver(home / "inbox", "hr/units", "2021-09-01", UNITS)
    deliver(home / "inbox", "one_stop_shop/procedures", "2021-09-01", PROCEDURES)
    deliver(home / "inbox", "one_stop_shop/dossiers", "2021-09-07", DOSSIERS)
    return home


@pytest.fixture
def cchc(capsys: pytest.CaptureFixture):
    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(list(arguments))
        return status, *capsys.readouterr()

    return run


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- from files to the appendix ------------------------------------------------------------------------------------


def test_from_an_inbox_to_the_appendix(delivered: Path, cchc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCHC_QUARANTINE_CEILING", "40")

    status, out, err = cchc("load", "inbox")
    assert (status, err) == (0, "")
    assert "3 tệp: 2 đã nạp; 1 đã nạp, có dòng lỗi. 6 dòng đã nạp, 1 dòng lỗi giữ lại." in out
    status, out, _ = cchc("load", "inbox")
    assert (status, out) == (0, "Không có gì mới trong inbox.\n")

    status, out, _ = cchc("files", "--format", "csv")
    assert status == 0
    assert out.splitlines()[0] == (
        "file_id,source,export,sender,delivery,status,rows_read,rows_loaded,rows_unchanged,rows_quarantined,message"
    )
    assert [(r["file_id"], r["export"], r["delivery"], r["status"], r["rows_quarantined"]) for r in records(out)] == [
        ("1", "hr/units", "2021-09-01", "accepted", "0"),
        ("2", "one_stop_shop/dossiers", "2021-09-07", "accepted_with_errors", "1"),
        ("3", "one_stop_shop/procedures", "2021-09-01", "accepted", "0"),
    ]

    status, out, _ = cchc("quality", "--format", "csv")
    message = catalogue.rules()["DOS-13"].message
    assert (status, out) == (
        0,
        f"rule_id,severity,export,file_id,rows,statement\nDOS-13,error,one_stop_shop/dossiers,2,1,{message}\n",
    )
    assert cchc("quality", "--file", "1", "--format", "json") == (0, "[]\n", "")
    assert "Không có quy tắc nào bị vi phạm." in cchc("quality", "--file", "1")[1]
    assert "lỗi: 1 trong 1 tệp" in cchc("quality")[1]

    status, out, _ = cchc("quality", "--rows", "2", "--format", "json")
    (row,) = json.loads(out)
    assert (status, row["line"], row["rule_id"], row["value"]) == (0, 4, "DOS-13", "20/08/2021")
    assert "20/08/2021" in cchc("quality", "--rows", "2")[1]
    assert "Không có dòng lỗi." in cchc("quality", "--rows", "1")[1]
    assert cchc("quality", "--rows", "2", "--to", "lỗi.xlsx")[:2] == (0, "")
    assert (delivered / "lỗi.xlsx").stat().st_size > 0

    assert cchc("materialise", "2021-Q3")[:2] == (
        0,
        f"Quý III năm 2021 (15/06/2021 - 14/09/2021): đã ghi {3 * len(catalogue.reported(Q3.last_day))} số liệu.\n",
    )
    assert cchc("materialise", "2021-Q3")[:2] == (0, "Quý III năm 2021 (15/06/2021 - 14/09/2021): không có gì mới.\n")

    status, out, _ = cchc("show", "2021-Q3", "631", "--format", "csv")
    assert out.splitlines()[0] == "code,name,unit_of_measure,value,numerator,denominator,status"
    shown = {r["code"]: (r["value"], r["numerator"], r["denominator"], r["status"]) for r in records(out)}
    assert status == 0
    assert list(shown) == [row.code for row in catalogue.form(Q3.last_day) if row.kind == "indicator"]
    assert shown["3.4.3"] == ("50.00", "1", "2", "observed")
    assert shown["3.4.2"] == ("", "", "", "undefined") or shown["3.4.2"] == ("", "0", "0", "undefined")
    assert shown["1.2.1"][::3] == ("2", "observed")
    assert shown["1.1.1"] == ("", "", "", "not_reported")
    figures = {r["code"]: r for r in json.loads(cchc("show", "2021-Q3", "631", "--format", "json")[1])}
    assert (figures["3.4.3"]["value"], figures["1.1.1"]["value"]) == (50.0, None)
    table = cchc("show", "2021-Q3", "631")[1]
    assert "UBND huyện (631). Quý III năm 2021: 15/06/2021 - 14/09/2021, tính đến 14/09/2021" in table
    assert "Công tác chỉ đạo điều hành CCHC" in table  # a section
    assert "50,00" in table

    (delivered / "printed.csv").write_text(PRINTED, "utf-8")
    status, out, _ = cchc("reconcile", "2021-Q3", "631", "printed.csv", "--format", "csv")
    assert out.splitlines()[0] == "code,name,printed,computed,agrees,finding"
    compared = {r["code"]: (r["printed"], r["computed"], r["agrees"]) for r in records(out)}
    assert (status, list(compared)) == (0, list(shown))
    assert {code: row for code, row in compared.items() if row[0]} == {
        "1.2.1": ("2", "2", "yes"),
        "3.1.3": ("1", "1", "yes"),
        "3.1.3.c": ("2", "1", "no"),
        "3.4.3": ("99.85", "50.00", "no"),
    }
    table = cchc("reconcile", "2021-Q3", "631", "printed.csv")[1]
    assert table.startswith("2 số liệu in ra khác số tính được; 2 số liệu khớp.")
    assert table.index("3.4.3") < table.index("FIG-01")


def test_an_explicit_window_is_on_record(delivered: Path, cchc, warehouse_url: str) -> None:
    cchc("load", "inbox")
    status, out, _ = cchc(
        "materialise", "2021-N", "--from", "15/12/2020", "--to", "2021-11-15", "--as-of", "2021-11-30"
    )
    assert (status, out) == (0, "Năm 2021 (15/12/2020 - 15/11/2021): đã ghi 348 số liệu.\n")
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select period_code, period_start, period_end, as_of, is_explicit from mart.materialisation")
        assert cursor.fetchall() == [("2021-N", date(2020, 12, 15), date(2021, 11, 15), date(2021, 11, 30), True)]
    assert "tính đến 30/11/2021" in cchc("show", "2021-N", "631")[1]


def test_a_stated_window_is_shown_beside_the_calendar(delivered: Path, cchc, caplog) -> None:
    """Shown is what was made last, and which that is is said; --from, --to and --as-of choose."""
    cchc("load", "inbox")
    stated = ("--from", "2021-06-15", "--to", "2021-08-01")
    assert cchc("materialise", "2021-Q3")[0] == 0
    assert cchc("materialise", "2021-Q3", *stated)[0] == 0
    caplog.clear()
    assert "15/06/2021 - 01/08/2021" in cchc("show", "2021-Q3", "631")[1]
    assert "shown is 2021-Q3[2021-06-15..2021-08-01], which was made last; there is also 2021-Q3 " in caplog.text
    caplog.clear()
    calendar = ("--from", "2021-06-15", "--to", "2021-09-14")
    assert "15/06/2021 - 01/08/2021" in cchc("show", "2021-Q3", "631", *stated)[1]
    assert cchc("materialise", "2021-Q3")[1].endswith("không có gì mới.\n"), "the calendar's figures are still there"
    assert "15/06/2021 - 14/09/2021" in cchc("show", "2021-Q3", "631")[1]
    assert "15/06/2021 - 14/09/2021" in cchc("show", "2021-Q3", "631", *calendar)[1]
    (delivered / "printed.csv").write_text("code,printed_value\n3.4.3,1\n", "utf-8")
    for window, code in ((stated, "2021-Q3[2021-06-15..2021-08-01]"), ((), "2021-Q3")):
        assert cchc("reconcile", "2021-Q3", "631", "printed.csv", *window, "--format", "csv")[0] == 0
        by_code = cchc("reconcile", code, "631", "printed.csv", *window, "--format", "csv")
        assert by_code == cchc("reconcile", "2021-Q3", "631", "printed.csv", *window, "--format", "csv")
    status, _, err = cchc("show", "2021-Q3", "631", "--as-of", "2021-09-20")
    assert (status, "no figures of 2021-Q3[2021-06-15..2021-09-14@2021-09-20]" in err) == (2, True)


def test_several_periods_are_made_side_by_side_also_when_the_form_has_just_changed(
    delivered: Path, cchc, warehouse_url: str
) -> None:
    cchc("load", "inbox")
    titled = "select count(*) from mart.form where title <> ''"
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(titled)
        form = cursor.fetchone()
        cursor.execute("update mart.form set title = ''")
    codes = ("2021-N", "2021-Q1", "2021-Q2", "2021-Q3", "2021-6T")
    status, out, _ = cchc("materialise", *codes)
    titles = [Period.parse(code).title_vi for code in codes]
    assert (status, [line.split(" (")[0] for line in out.splitlines()]) == (0, titles)
    assert out.count("đã ghi 348 số liệu.") == len(codes)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(titled)
        assert cursor.fetchone() == form


# --- the exit status of a load -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ceiling", "status"),
    [("", 1), ("33", 1), ("34", 0), ("100", 0)],  # one row of three is in quarantine
)
def test_rows_in_quarantine_beyond_the_ceiling_are_told(
    delivered: Path, cchc, monkeypatch: pytest.MonkeyPatch, ceiling: str, status: int
) -> None:
    monkeypatch.setenv("CCHC_QUARANTINE_CEILING", ceiling)
    assert cchc("load", "inbox")[0] == status


def test_a_rejected_file_is_told_and_the_others_go_in(home: Path, cchc) -> None:
    deliver(home / "inbox", "hr/units", "2021-09-01", UNITS)
    (home / "inbox" / "stray.csv").write_text("x\n")
    bad = home / "inbox" / "hr/units/2021-09-02/duc-co.csv"
    bad.parent.mkdir()
    bad.write_text("Mã,Tên\n1,2\n", "utf-8")
    status, out, _ = cchc("load", "inbox")
    assert status == 1
    assert "3 tệp: 1 đã nạp; 2 bị trả lại." in out
    assert cchc("load", "inbox")[0] == 0  # they are known by now
    (row,) = json.loads(cchc("quality", "--format", "json")[1])
    assert (row["rule_id"], row["severity"], row["rows"]) == ("FIL-02", "fatal", 1)


def test_the_same_bytes_again_are_no_fault(home: Path, cchc) -> None:
    deliver(home / "inbox", "hr/units", "2021-09-01", UNITS)
    cchc("load", "inbox")
    deliver(home / "inbox", "hr/units", "2021-09-02", UNITS)
    status, out, _ = cchc("load", "inbox")
    assert status == 0
    assert "1 tệp: 1 trùng, không nạp lại." in out


def test_a_file_whose_rules_fail_waits_with_what_follows_it_and_stops_nobody(
    home: Path, cchc, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = UNITS + "    23863     | Xã Ia Krêl      | 631                | UBND cấp xã\n"
    deliver(home / "inbox", "hr/units", "2021-09-01", UNITS)
    deliver(home / "inbox", "hr/units", "2021-09-02", more)
    others = UNITS.replace("631", "632").replace("238", "239")
    deliver(home / "inbox", "hr/units", "2021-09-01", others, sender="ia-grai")
    judge = one_file.second_count.judge
    sent = {"duc-co": 0}

    def miscounting(url: str, table: str, export: catalogue.Export, **how: Any) -> Verdict:
        verdict = judge(url, table, export, **how)
        if not table.endswith("_1"):  # the staging table of file 1
            return verdict
        sent["duc-co"] += 1
        first, *rest = verdict.judgements
        wrong = Judgement(first.rule_id, first.column_name, first.severity, first.failed + 1, first.checked)
        return Verdict((wrong, *rest), verdict.result)

    monkeypatch.setattr(one_file.second_count, "judge", miscounting)
    status, _, _ = cchc("load", "inbox")
    assert (status, sent) == (1, {"duc-co": 1})
    files = {r["file_id"]: r for r in records(cchc("files", "--format", "csv")[1])}
    assert {i: (r["sender"], r["status"]) for i, r in files.items()} == {
        "1": ("duc-co", "landed"),
        "2": ("ia-grai", "accepted"),
        "3": ("duc-co", "landed"),
    }
    assert "the two counts of a rule differ" in files["1"]["message"]
    assert files["3"]["message"] == "Chờ tệp số 1 của cùng nơi gửi, giao trước và chưa nạp được."

    monkeypatch.setattr(one_file.second_count, "judge", judge)
    status, out, _ = cchc("load", "inbox")
    assert status == 0
    assert "2 tệp: 2 đã nạp." in out


# --- wrong use and set-up: one sentence, status 2 ------------------------------------------------------------------

WRONG = [
    # arguments, what the sentence says
    ("load", "name one INBOX"),
    ("load absent", "absent: there is no such folder"),
    ("load inbox --format csv", "No such option: --format"),
    ("", "Missing command"),
    ("unload", "No such command 'unload'"),
    ("files --format xml", "'xml' is not one of 'table', 'csv', 'json'"),
    ("materialise 2021-T3", "no period '2021-T3'; write 2021-Q3"),
    ("materialise 2021-Q3", "load hr/units first"),
    ("materialise 2021-N --from 2020-12-15", "--from and --to state a window together"),
    ("materialise 2021-N --from 15-12-2020 --to 2021-11-15", "--from '15-12-2020' is not a day; write 2021-11-15"),
    ("materialise 2021-N --from 2021-12-15 --to 2021-11-15", "before it begins on 2021-12-15"),
    ("materialise 2021-N --as-of 30/02/2021", "--as-of '30/02/2021' is not a day"),
    ("show 2021 631", "no period '2021'"),
    ("show 2021-N 631", "no figures of 2021-N: run `cchc materialise 2021-N`; there are figures of no period yet"),
    ("reconcile 2021-N 631 absent.csv", "absent.csv: no such file"),
    ("reconcile 2021-N 631 inbox/text.csv", "no header names a column of codes"),
    ("reconcile 2021-N 631 inbox/printed.csv", "run cchc materialise 2021-N first"),
    ("quality --file 7", "no file has the number 7; `cchc files` lists them"),
    ("quality --rows 7", "no file has the number 7"),
    ("quality --rows x", "Invalid value for '--rows': Input should be a valid integer"),
    ("quality --rows 7 --file 8", "name two files"),
    ("quality --to x.xlsx", "name it by --rows ID"),
    ("quality --rows 7 --to x.csv", "x.csv: the workbook is written as .xlsx"),
    ("quality --rows 7 --to x.xlsx", "no file has the number 7"),
    ("words --format xml", "'xml' is not one of 'table', 'csv', 'json'"),
    ("words map", "Missing argument 'EXPORT'"),
    ("words map hr/unit unit_kind A B", "no export 'hr/unit'; the catalogue has: hr/units"),
    ("words map hr/units org_name A B", "no column 'org_name' whose words can be mapped; it has: unit_kind (Loại)"),
    ("words map hr/units unit_kind Phòng Phòng", "«Phòng» is not in the vocabulary of unit_kind (Loại); it has: UBND"),
    ("words map hr/units autonomy_group 2 3", "«2» is a word of the vocabulary of autonomy_group and means itself"),
    ("words map hr/units autonomy_group I 1 --layout x", "no layout 'x' of hr/units; known are none"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[arguments or "nothing" for arguments, _ in WRONG])
def test_wrong_use_is_told_in_one_sentence(refused: Path, cchc, arguments: str, sentence: str) -> None:
    (refused / "inbox" / "text.csv").write_text("x,y\n1,2\n")
    (refused / "inbox" / "printed.csv").write_text(PRINTED, "utf-8")
    status, out, err = cchc(*arguments.split())
    assert (status, out) == (2, "")
    assert err.startswith("cchc: ")
    assert sentence in err
    assert err.count("\n") == 1


SET_UP = [
    # settings, arguments, what the sentence says
    (
        {"CCHC_WAREHOUSE_URL": "postgresql://cchc:very-secret@127.0.0.1:1/cchc"},
        "files",
        "no connection to postgresql://",
    ),
    ({"CCHC_WAREHOUSE_URL": "not a url"}, "files", "CCHC_WAREHOUSE_URL is not a database URL"),
    ({"CCHC_WAREHOUSE_URL": "sqlite:///x.db"}, "files", "the warehouse is a PostgreSQL database"),
    ({"CCHC_HOME": "occupied/home", "CCHC_PSEUDONYM_KEY": ""}, "files", "Set CCHC_HOME to a folder you may write to"),
    ({"CCHC_ARCHIVE": "occupied/archive"}, "load inbox", "The archive must be a folder this user may write to"),
    ({"CCHC_PSEUDONYM_KEY": "short"}, "files", "CCHC_PSEUDONYM_KEY is shorter than 16 characters"),
    ({"CCHC_QUARANTINE_CEILING": "many"}, "load inbox", "CCHC_QUARANTINE_CEILING is 'many'; it is a percentage"),
    ({"CCHC_QUARANTINE_CEILING": "NaN"}, "load inbox", "it is a percentage"),
    ({"CCHC_QUARANTINE_CEILING": "101"}, "load inbox", "between 0 and 100"),
]


@pytest.mark.parametrize(("changed", "arguments", "sentence"), SET_UP, ids=[f"{s} {a}" for s, a, _ in SET_UP])
def test_a_wrong_set_up_is_told_in_one_sentence(
    refused: Path, cchc, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], arguments: str, sentence: str
) -> None:
    (refused / "occupied").write_text("a file stands where a folder should be")
    deliver(refused / "inbox", "hr/units", "2021-09-01", UNITS)
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    status, out, err = cchc(*arguments.split())
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert "very-secret" not in err


def test_a_user_without_rights_is_told(
    refused: Path, cchc, empty_warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "cchc_test_without_rights"
    with database.transaction(empty_warehouse) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop role if exists {role}; create role {role} login password 'x'")
    try:
        url = make_url(empty_warehouse).set(username=role, password="x").render_as_string(hide_password=False)
        monkeypatch.setenv("CCHC_WAREHOUSE_URL", url)
        status, _, err = cchc("files")
        assert status == 2
        assert "the database user may not" in err
    finally:
        with database.transaction(empty_warehouse) as connection, connection.cursor() as cursor:
            cursor.execute(f"drop role {role}")


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (KeyboardInterrupt(), 130, "stopped. What was loaded stays"),
        (psycopg2.OperationalError("server closed the connection"), 2, "the database stopped answering: server closed"),
        (psycopg2.errors.LockNotAvailable("canceling statement due to lock timeout"), 2, "somebody else holds what"),
        (psycopg2.errors.DeadlockDetected("deadlock detected"), 2, "run the same command again"),
        (psycopg2.errors.UniqueViolation("Key (name)=(Nguyễn Văn A)"), 2, "refused a statement (UniqueViolation"),
        (PermissionError(13, "Permission denied", "/data/x"), 2, "/data/x: Permission denied."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_what_stops_a_load_is_told(
    refused: Path, cchc, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, sentence: str
) -> None:
    def stopping(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "load_waiting", stopping)
    got, out, err = cchc("load", "inbox")
    assert (got, out) == (status, "")
    assert sentence in err
    assert "Nguyễn" not in err


# --- the process ----------------------------------------------------------------------------------------------------


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess:
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    return subprocess.run(
        [sys.executable, "-m", "etl", *arguments],
        cwd=project_files.ROOT,
        env=environment,
        timeout=60,
        check=False,
        **options,
    )


def test_a_process_prints_its_result_as_utf8_and_its_log_beside_it(home: Path) -> None:
    deliver(home / "inbox", "hr/units", "2021-09-01", UNITS)
    done = process("load", str(home / "inbox"), capture_output=True)
    assert done.returncode == 0
    assert "1 tệp: 1 đã nạp. 3 dòng đã nạp, 0 dòng lỗi giữ lại.\n".encode() in done.stdout
    assert [line.split(b" ", 1)[1] for line in done.stderr.splitlines()] == [b"file 1: hr/units, duc-co: accepted"]


def test_a_reader_that_has_seen_enough_is_no_fault(refused: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = process("files", stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_help_answers_without_importing_anything_heavy() -> None:
    script = (
        "import sys; from etl import cli; status = cli.run(['--help']);"
        "heavy = {'polars', 'pandas', 'numpy', 'great_expectations', 'sqlalchemy', 'psycopg2', 'fsspec', 'xlsxwriter',"
        " 'jinja2', 'rich', 'yaml', 'airflow'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project_files.ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
    for command in ("load", "materialise", "show", "reconcile", "quality", "files"):
        assert f"\n  {command} " in done.stdout


def test_great_expectations_is_imported_without_what_nobody_asks_of_it() -> None:
    script = (
        "import sys; from etl.rules import second_count; second_count.import_great_expectations();"
        "print({'scipy.stats._stats_py', 'altair.vegalite'} & set(sys.modules));"
        "import scipy.stats; from great_expectations.expectations.core import"
        " expect_column_kl_divergence_to_be_less_than as asked;"
        "print(scipy.stats.norm.cdf(0), hasattr(scipy.stats, 'nothing'), asked.alt.Chart.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project_files.ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "set()\n0.5 False Chart\n", done.stderr


def test_the_words_for_every_status_are_known() -> None:
    assert set(quality.STATUSES) == {
        "landed",
        "accepted",
        "accepted_with_errors",
        "held",
        "rejected",
        "withdrawn",
        "duplicate",
    }
    assert set(quality.SEVERITIES) == set(catalogue.SEVERITIES)
