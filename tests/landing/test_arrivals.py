"""What lies in an inbox: what is taken, what is named and passed over, and what waits for the next run."""

import os
import socket
import stat
import threading
import time
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest

from etl import cli, pipeline, settings
from etl.errors import UsageError
from etl.landing import arrivals, inbox
from etl.warehouse import database
from tests.inbox import UNITS, deliver, quiet

HOME = "hr/units/2021-12-01"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    return settings.read()


def land(configured: settings.Settings, url: str, box: Path, **asked) -> arrivals.Landing:
    return pipeline.land(configured, url, inbox=str(box), **asked)


def receipts(url: str) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select sender, status, message from landing.file order by file_id")
        return cursor.fetchall()


def place(box: Path, name: str) -> Path:
    path = box / HOME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def as_link(box: Path, name: str) -> None:
    place(box, name).symlink_to("/etc/hostname")


def as_dangling_link(box: Path, name: str) -> None:
    place(box, name).symlink_to(box / "nowhere.csv")


def as_link_to_a_folder(box: Path, name: str) -> None:
    place(box, name).symlink_to("/etc")


def as_fifo(box: Path, name: str) -> None:
    os.mkfifo(place(box, name))


def as_socket(box: Path, name: str) -> None:
    here = os.getcwd()
    os.chdir(place(box, name).parent)  # a socket's address may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    finally:
        os.chdir(here)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (as_link, "a link"),
        (as_dangling_link, "a link"),
        (as_link_to_a_folder, "a link"),
        (as_fifo, "a FIFO"),
        (as_socket, "a socket"),
    ],
)
def test_what_is_no_file_is_named_and_the_others_go_on(configured, warehouse_url, box, make, reason):
    make(box, "a.csv")
    deliver(box, "hr/units", "2021-12-01", UNITS, sender="b")
    landed = land(configured, warehouse_url, box)
    ((path, why),) = [(Path(p.path).name, p.reason) for p in landed.passed_over]
    assert path == "a.csv"
    assert reason in why
    assert receipts(warehouse_url) == [("b", "landed", "")]


@pytest.mark.parametrize(
    "fault", ["the file cannot be opened", "the folder cannot be read", "it vanishes", "it is a link by now"]
)
def test_what_cannot_be_read_is_named_and_the_others_go_on(configured, warehouse_url, box, monkeypatch, fault):
    bad = deliver(box, "hr/units", "2021-11-01", UNITS, sender="a")
    deliver(box, "hr/units", "2021-12-01", UNITS, sender="b")
    real_open, real_scandir = os.open, os.scandir

    def failing_open(path, *rest, **more):  # root may read everything: the refusal is made here
        if str(path) == str(bad):
            if fault == "the file cannot be opened":
                raise PermissionError(13, "Permission denied", str(path))
            if fault == "it vanishes":
                bad.unlink()
            if fault == "it is a link by now":
                bad.unlink()
                bad.symlink_to("/etc/hostname")
        return real_open(path, *rest, **more)

    def failing_scandir(path):
        if fault == "the folder cannot be read" and str(path) == str(bad.parent):
            raise PermissionError(13, "Permission denied", str(path))
        return real_scandir(path)

    monkeypatch.setattr(inbox.os, "open", failing_open)
    monkeypatch.setattr(inbox.os, "scandir", failing_scandir)
    landed = land(configured, warehouse_url, box)
    (passed_over,) = landed.passed_over
    assert passed_over.path == str(bad.parent if "folder" in fault else bad)
    assert receipts(warehouse_url) == [("b", "landed", "")]


def test_what_a_remote_inbox_says_of_a_file_names_nobody():
    """There an error has only the path as its text."""
    far = inbox.Inbox("memory://")
    path = f"/{HOME}/Nguyễn Thử Nghiệm.csv"
    for ask in (far.look, far.open):
        with pytest.raises(inbox.Unreadable, match=r"^FileNotFoundError$"):
            ask(path)


def test_the_command_says_what_it_passed_over_and_exits_with_1(
    warehouse_url, box, tmp_path, monkeypatch, capsys, caplog
):
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    os.mkfifo(place(box, "line\nbreak.csv"))
    deliver(box, "hr/units", "2021-12-01", UNITS, sender="b")
    assert cli.run(["load", str(box)]) == 1
    assert "1 tệp hoặc thư mục không đọc được" in capsys.readouterr().out
    (said,) = [r.getMessage() for r in caplog.records if "passed over" in r.getMessage()]
    assert "line break.csv" in said
    assert "\n" not in said
    assert cli.run(["load", str(box)]) == 1  # it still lies there
    place(box, "line\nbreak.csv").unlink()
    assert cli.run(["load", str(box)]) == 0


# --- files that are still being written ------------------------------------------------------------------------------


def grow(path: Path, seconds: float) -> threading.Thread:
    def write() -> None:
        end = time.monotonic() + seconds
        with path.open("ab") as file:
            while time.monotonic() < end:
                file.write(b"x,y\n")
                file.flush()
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    return writer


def test_a_file_that_is_still_written_waits_for_the_next_run(configured, warehouse_url, box):
    path = place(box, "a.csv")
    path.write_text("Mã đơn vị\n")
    deliver(box, "hr/units", "2021-12-01", UNITS, sender="b")
    writer = grow(path, 1.6)
    landed = land(configured, warehouse_url, box)
    writer.join()
    assert [(Path(p.path).name, "still being written" in p.reason) for p in landed.passed_over] == [("a.csv", True)]
    assert receipts(warehouse_url) == [("b", "landed", "")]
    assert not list((configured.archive).glob(".arriving-*"))
    assert len(land(configured, warehouse_url, box).file_ids) == 1


def test_a_file_written_a_moment_ago_is_taken_by_the_same_run(configured, warehouse_url, box):
    path = deliver(box, "hr/units", "2021-12-01", UNITS)
    path.touch()
    assert len(land(configured, warehouse_url, box).file_ids) == 1


def test_many_new_files_are_waited_for_once(configured, warehouse_url, box):
    for n in range(8):
        deliver(box, "hr/units", "2021-12-01", UNITS, sender=f"s{n}").touch()
    start = time.monotonic()
    assert len(land(configured, warehouse_url, box).file_ids) == 8
    assert time.monotonic() - start < 2 * arrivals.SECOND_LOOK


def test_a_file_replaced_by_one_of_equal_size_and_time_is_seen(configured, warehouse_url, box):
    path = deliver(box, "hr/units", "2021-12-01", UNITS)
    written = path.stat().st_mtime_ns
    assert len(land(configured, warehouse_url, box).file_ids) == 1
    path.write_bytes(path.read_bytes().replace(b"23860", b"23861"))
    os.utime(path, ns=(written, written))
    assert len(land(configured, warehouse_url, box).file_ids) == 1
    assert land(configured, warehouse_url, box).file_ids == []


def test_a_file_whose_rights_changed_is_no_new_delivery(configured, warehouse_url, box):
    path = deliver(box, "hr/units", "2021-12-01", UNITS)
    assert len(land(configured, warehouse_url, box).file_ids) == 1
    path.chmod(stat.S_IRUSR)
    assert land(configured, warehouse_url, box).file_ids == []
    assert len(receipts(warehouse_url)) == 1


@pytest.mark.parametrize(
    ("written", "beside", "asked", "taken"),
    [
        ("an hour ago", None, {"min_age": timedelta(minutes=10)}, True),
        ("now", None, {"min_age": timedelta(minutes=10)}, False),
        ("an hour ago", None, {"done_marker": True}, False),
        ("an hour ago", "a.csv.done", {"done_marker": True}, True),
        ("an hour ago", "b.csv.done", {"done_marker": True}, False),
        ("now", "a.csv.done", {}, True),
    ],
)
def test_a_nightly_run_leaves_what_is_not_ready(configured, warehouse_url, box, written, beside, asked, taken):
    path = deliver(box, "hr/units", "2021-12-01", UNITS, sender="a")
    if written == "now":
        path.touch()
    if beside:
        quiet(place(box, beside).parent / beside) if place(box, beside).exists() else place(box, beside).touch()
    landed = land(configured, warehouse_url, box, **asked)
    assert (len(landed.file_ids) == 1) is taken
    assert landed.passed_over == []


# --- places ----------------------------------------------------------------------------------------------------------

TODAY = date(2021, 12, 15)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("hr/units/2021-12-15/a.csv", ""),
        ("hr/units/2021-12-16/a.csv", ""),
        ("hr/units/2021-12-17/a.csv", "Ngày giao 2021-12-17 ở tương lai"),
        ("hr/units/2112-12-15/a.csv", "Ngày giao 2112-12-15 ở tương lai"),
        ("hr/units/9999-12-31/a.csv", "Ngày giao 9999-12-31 ở tương lai"),
        ("hr/units/0001-01-01/a.csv", "Ngày giao 0001-01-01 quá xa trong quá khứ"),
        ("hr/units/2021-02-30/a.csv", "không phải là ngày giao"),
        ("hr/unit/2021-12-15/a.csv", "Không có loại dữ liệu 'hr/unit'"),
        ("hr/units/a.csv", "không nằm đúng chỗ"),
        ("a.csv", "không nằm đúng chỗ"),
    ],
)
def test_a_misplaced_file_is_refused_with_what_to_do(path, problem):
    delivery = inbox._delivery(f"/inbox/{path}", f"/inbox/{path}", Path(path), TODAY)
    assert problem in delivery.problem
    assert bool(problem) == bool(delivery.problem)
    if "Ngày giao" in problem:
        assert delivery.delivered_on is None


@pytest.mark.parametrize(
    ("name", "sender", "part"),
    [
        ("duc-co.csv", "duc-co", "duc-co.csv"),
        ("duc-co (1).csv", "duc-co", "duc-co.csv"),
        ("duc-co(12).csv", "duc-co", "duc-co.csv"),
        ("duc-co (1) (1).csv", "duc-co", "duc-co.csv"),
        ("duc-co - Copy.csv", "duc-co", "duc-co.csv"),
        ("duc-co - Copy (2).csv", "duc-co", "duc-co.csv"),
        ("duc-co - Copy - Copy.csv", "duc-co", "duc-co.csv"),
        ("duc-co - Sao chép.csv", "duc-co", "duc-co.csv"),
        (unicodedata.normalize("NFD", "duc-co - Sao chép (2).csv"), "duc-co", "duc-co.csv"),
        ("duc-co copy.csv", "duc-co", "duc-co.csv"),
        ("Copy of duc-co.csv", "duc-co", "duc-co.csv"),
        ("Bản sao của duc-co.csv", "duc-co", "duc-co.csv"),
        ("duc-co.csv.csv", "duc-co", "duc-co.csv"),
        ("duc-co.csv.1", "duc-co", "duc-co.csv"),
        ("duc-co.CSV", "duc-co", "duc-co.csv"),
        ("duc-co.2.csv", "duc-co", "duc-co.2.csv"),
        ("duc-co.2 (1).csv", "duc-co", "duc-co.2.csv"),
        (" duc-co .csv", "duc-co", "duc-co.csv"),
        (unicodedata.normalize("NFD", "Đức Cơ.csv"), "Đức Cơ", "Đức Cơ.csv"),
        ("duc-co_2.csv", "duc-co_2", "duc-co_2.csv"),  # an office may be called so
        ("duc-co 2.csv", "duc-co 2", "duc-co 2.csv"),
        ("(1).csv", "(1)", "(1).csv"),
    ],
)
def test_what_programs_write_behind_a_name_is_no_other_sender(name, sender, part):
    path = f"hr/units/2021-12-15/{name}"
    delivery = inbox._delivery(f"/inbox/{path}", f"/inbox/{path}", Path(path), TODAY)
    assert (delivery.sender, delivery.part_name, delivery.problem) == (sender, part, "")


@pytest.mark.parametrize(
    ("known", "comes", "sender"),
    [
        ("duc-co", "DUC-CO", "duc-co"),
        ("Duc-Co", "duc-co", "Duc-Co"),
        ("Đức Cơ", unicodedata.normalize("NFD", "đức cơ"), "Đức Cơ"),
        ("Đức Cơ", "Ðức Cơ", "Đức Cơ"),
        ("duc-co", "duc-co (1)", "duc-co"),
        ("duc-co", "chu-prong", "chu-prong"),
    ],
)
def test_a_sender_is_the_known_one_that_its_name_looks_like(configured, warehouse_url, box, known, comes, sender):
    deliver(box, "hr/units", "2021-12-01", UNITS, sender=known)
    land(configured, warehouse_url, box)
    deliver(box, "hr/units", "2021-12-02", UNITS + "    23863 | Xã | 631 | UBND cấp xã\n", sender=comes)
    land(configured, warehouse_url, box)
    assert [name for name, _, _ in receipts(warehouse_url)] == [known, sender]


def test_of_one_name_the_later_copy_counts(configured, warehouse_url, box):
    """One run finds three downloads of one list, in the order of their names: " (1)" sorts before ".csv"."""
    for sender, name in (("duc-co", "Một"), ("duc-co (1)", "Hai"), ("duc-co (10)", "Ba"), ("duc-co (9)", "Bốn")):
        deliver(box, "hr/units", "2021-12-01", UNITS.replace("Xã Ia Dơk", name), sender=sender)
    land(configured, warehouse_url, box)
    list(pipeline.load_waiting(configured, warehouse_url))
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select org_name, sender from core.unit where org_code = '23860'")
        assert cursor.fetchall() == [("Ba", "duc-co")]


def test_a_list_that_came_again_is_no_part_of_the_delivery(configured, warehouse_url, box):
    """Who left the list between two downloads of one day has left."""
    deliver(box, "hr/units", "2021-12-01", UNITS)
    land(configured, warehouse_url, box)
    list(pipeline.load_waiting(configured, warehouse_url))
    deliver(box, "hr/units", "2021-12-01", UNITS.rsplit("    23860", 1)[0], sender="duc-co - Copy")
    land(configured, warehouse_url, box)
    list(pipeline.load_waiting(configured, warehouse_url))
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select org_code from core.unit order by 1")
        assert cursor.fetchall() == [("23857",), ("631",)]


def test_a_day_in_the_future_does_not_win_over_a_later_list(configured, warehouse_url, box):
    deliver(box, "hr/units", "2112-12-15", UNITS)
    deliver(box, "hr/units", "2021-12-20", UNITS + "    23863 | Xã Ia Krêl | 631 | UBND cấp xã\n")
    land(configured, warehouse_url, box)
    loaded = list(pipeline.load_waiting(configured, warehouse_url))
    assert [(r.delivered_on, r.rows_loaded) for r in loaded] == [(date(2021, 12, 20), 4)]
    assert [status for _, status, _ in receipts(warehouse_url)] == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("source", "exports", "taken"),
    [
        ("hr", {"hr/units"}, True),
        ("hr", {"one_stop_shop/dossiers"}, False),
        ("nobody", {"one_stop_shop/dossiers"}, True),
    ],
)
def test_a_misplaced_file_is_taken_by_the_runs_of_its_source(configured, warehouse_url, box, source, exports, taken):
    path = box / source / "units.csv"
    path.parent.mkdir(parents=True)
    path.write_text("x")
    quiet(path)
    assert len(land(configured, warehouse_url, box, exports=exports).file_ids) == taken


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "no inbox was named"),
        ("  ", "no inbox was named"),
        ("s3://bucket/inbox", "s3:// cannot be read here"),
        ("nonsense://bucket/inbox", "nonsense:// cannot be read here"),
        ("/nowhere/at/all", "there is no such folder"),
    ],
)
def test_an_inbox_that_cannot_be_read_is_one_sentence(configured, warehouse_url, url, sentence):
    with pytest.raises(UsageError, match=sentence):
        pipeline.land(configured, warehouse_url, inbox=url)


def test_days_in_the_wrong_order_are_refused(configured, warehouse_url, box):
    with pytest.raises(UsageError, match="before they begin"):
        land(configured, warehouse_url, box, since=date(2021, 12, 2), until=date(2021, 12, 1))
