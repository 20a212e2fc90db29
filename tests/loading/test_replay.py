"""A file takes its place among what was delivered: nothing half done is seen, nothing is lost, nothing stays wrong."""

import itertools
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg2
import pytest
from polars.exceptions import ComputeError, PanicException

from etl import catalogue, pipeline
from etl.catalogue import contracts
from etl.errors import FileRejected, LoadFailed, RuleFailed, SetupError, UsageError
from etl.loading import one_file, replay
from etl.pipeline import Receipt
from etl.settings import Settings
from etl.stewardship import deliveries as by_hand
from etl.warehouse import database, locks
from tests.databases import content, fresh_database, rows
from tests.inbox import PROCEDURES, UNITS, deliver


def load(configured: Settings, url: str, inbox: Path) -> list[Receipt]:
    pipeline.land(configured, url, inbox=str(inbox))
    return list(pipeline.load_waiting(configured, url))


def dossiers(*numbers: int, day: str = "01/12/2021", unit: str = "23857", status: str = "Đang xử lý") -> str:
    lines = [f"000.00.16.H21-211201-{n:04d} | {unit} | {day} | 07/12/2021 | {status}" for n in numbers]
    return "\n".join(["Mã hồ sơ | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Trạng thái", *lines])


def statuses(url: str) -> list[tuple]:
    return rows(url, "select export, sender, delivered_on::text, status from landing.file order by file_id")


def quarantine(url: str) -> list[tuple]:
    return rows(
        url,
        "select f.sender, q.record_key, q.resolution from quality.quarantined_row q join landing.file f using (file_id)"
        " order by f.delivered_on, f.sender, f.path, q.line",
    )


# --- nothing half done ------------------------------------------------------------------------------------------------


@pytest.fixture
def three_nights(configured: Settings, warehouse_url: str, inbox: Path) -> Path:
    """Two nights are loaded; one before them has just arrived."""
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", dossiers(1, 2))
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", dossiers(1, 2, 3))
    load(configured, warehouse_url, inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-05", dossiers(4))
    return inbox


def test_a_replay_shows_what_stood_before_until_all_of_it_stands(configured, warehouse_url, three_nights, monkeypatch):
    before = content(warehouse_url)
    before.pop("landing.file")
    seen = []
    one = one_file.load

    def watched(*arguments, **more):
        outcome = one(*arguments, **more)
        seen.append(content(warehouse_url))
        return outcome

    monkeypatch.setattr(one_file, "load", watched)
    receipts = load(configured, warehouse_url, three_nights)
    assert [r.delivered_on.day for r in receipts] == [5, 6, 7]
    assert len(seen) == 3
    for held in seen:
        held.pop("landing.file")
        assert held == before
    assert rows(warehouse_url, "select count(*) from core.dossier") == [(4,)]


BROKEN = {
    "a rule fails": RuleFailed("a rule crashed"),
    "the database refuses": psycopg2.errors.ProgramLimitExceeded("index row size 6032 exceeds btree maximum 2704"),
    "the program fails": ZeroDivisionError(),
    "memory is short": MemoryError(),
}


@pytest.mark.parametrize("error", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("day", [5, 6, 7])
def test_a_replay_that_fails_anywhere_leaves_all_as_it_was(
    configured, warehouse_url, three_nights, monkeypatch, day, error
):
    before = content(warehouse_url)
    one = one_file.load

    def failing(cursor, task, **more):
        outcome = one(cursor, task, **more)
        if task.file.delivered_on.day == day:
            raise error
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(one_file, "load", failing)
        (receipt,) = load(configured, warehouse_url, three_nights)
    assert (receipt.status, receipt.message != "") == ("landed", True)
    after = content(warehouse_url)
    assert len(after.pop("landing.file")) == len(before.pop("landing.file")) + 1
    assert after == before
    assert [r.status for r in load(configured, warehouse_url, three_nights)] == ["accepted"] * 3


@pytest.mark.parametrize("day", [5, 6, 7])
@pytest.mark.parametrize(("harm", "said"), [("lost", "không còn"), ("altered", "đã bị thay đổi")])
def test_nothing_is_taken_back_whose_bytes_are_not_as_delivered(
    configured, warehouse_url, three_nights, day, harm, said
):
    pipeline.land(configured, warehouse_url, inbox=str(three_nights))
    before = content(warehouse_url)
    ((file_id, place),) = rows(
        warehouse_url,
        "select file_id, archived_as from landing.file where export like '%%dossiers' and delivered_on = %s",
        f"2021-12-{day:02d}",
    )
    kept = configured.archive / place
    whole = kept.read_bytes()
    kept.unlink()
    if harm == "altered":
        kept.write_bytes(whole.replace(b"07/12/2021", b"08/12/2021"))
    (receipt,) = pipeline.load_waiting(configured, warehouse_url)
    assert (receipt.status, receipt.rows_loaded) == ("landed", 0)
    assert f"tệp số {file_id}" in receipt.message
    assert said in receipt.message
    assert content(warehouse_url) == before
    checked = {file.file_id: what for file, what in by_hand.check_archive(configured, warehouse_url)}
    assert {i for i, what in checked.items() if what} == {file_id}
    kept.unlink(missing_ok=True)
    kept.write_bytes(whole)
    assert [r.status for r in pipeline.load_waiting(configured, warehouse_url)] == ["accepted"] * 3
    assert not any(what for _, what in by_hand.check_archive(configured, warehouse_url))


def test_what_a_list_makes_stale_stands_until_it_is_judged_again(configured, warehouse_url, inbox, monkeypatch):
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", dossiers(1, 2) + "\n" + drawn_row(3, "23860"))
    load(configured, warehouse_url, inbox)
    count = "select count(*) from core.dossier"
    assert rows(warehouse_url, count) == [(3,)]
    ended = UNITS.replace("Loại\n", "Loại | Ngày giải thể\n").replace("UBND cấp xã\n", "UBND cấp xã | \n")
    ended = ended.replace("UBND cấp huyện\n", "UBND cấp huyện |\n").replace(
        "Xã Ia Dơk       | 631                | UBND cấp xã | ",
        "Xã Ia Dơk       | 631                | UBND cấp xã | 01/12/2021",
    )
    deliver(inbox, "hr/units", "2021-12-08", ended)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    one = replay.load
    with monkeypatch.context() as patch:
        patch.setattr(
            replay, "load", lambda s, u, file: interrupted() if "dossiers" in file.export else one(s, u, file)
        )
        with pytest.raises(KeyboardInterrupt):
            load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, count) == [(3,)]  # as before
    flagged = "select export, status, reload_reason <> '' from landing.file where reload_reason is not null"
    assert rows(warehouse_url, flagged) == [("one_stop_shop/dossiers", "accepted", True)]
    (receipt,) = load(configured, warehouse_url, inbox)
    assert (receipt.rows_loaded, receipt.rows_quarantined) == (2, 1)
    assert rows(warehouse_url, count) == [(2,)]
    assert rows(warehouse_url, flagged) == []


def drawn_row(number: int, unit: str) -> str:
    return dossiers(number, unit=unit).splitlines()[1]


# --- no file stops another --------------------------------------------------------------------------------------------

ERRORS = {
    "a statement is too large": (psycopg2.errors.ProgramLimitExceeded("index row size 6032"), "ProgramLimitExceeded"),
    "a key is there twice": (psycopg2.errors.UniqueViolation("duplicate key value"), "duplicate key value"),
    "the disk is full": (
        psycopg2.errors.DiskFull('could not extend file "base/5/1": No space left on device'),
        "No space left on device",
    ),
    "a value cannot be read": (
        psycopg2.errors.InvalidTextRepresentation('invalid input syntax for type date: "Nguyễn Thử"'),
        "invalid input syntax",
    ),
    "no room for the spool": (OSError(28, "No space left on device"), "No space left on device"),
    "Polars refuses": (ComputeError("conversion of Nguyễn Thử failed"), "ComputeError"),
    "Polars panics": (PanicException("Nguyễn Thử"), "PanicException"),
    "memory is short": (MemoryError(), "MemoryError"),
    "a fault of ours": (KeyError("Nguyễn Thử"), "KeyError"),
}


@pytest.mark.parametrize(("error", "said"), ERRORS.values(), ids=ERRORS)
def test_whatever_goes_wrong_with_one_file_the_others_go_on(
    configured, warehouse_url, inbox, monkeypatch, caplog, error, said
):
    deliver(inbox, "hr/units", "2021-12-01", UNITS, sender="a")
    deliver(inbox, "hr/units", "2021-12-02", UNITS + "    23863 | Xã Ia Krêl | 631 | UBND cấp xã\n", sender="a")
    deliver(inbox, "hr/units", "2021-12-01", UNITS.replace("631", "632").replace("238", "239"), sender="b")
    one = one_file.load

    def failing(cursor, task, **more):
        if task.file.sender == "a":
            raise error
        return one(cursor, task, **more)

    with monkeypatch.context() as patch:
        patch.setattr(one_file, "load", failing)
        load(configured, warehouse_url, inbox)
        assert [s[1:] for s in statuses(warehouse_url)] == [
            ("a", "2021-12-01", "landed"),
            ("b", "2021-12-01", "accepted"),
            ("a", "2021-12-02", "landed"),
        ]
        first, _, then = rows(warehouse_url, "select message from landing.file order by file_id")
        assert said.removesuffix("ProgramLimitExceeded") in first[0]
        assert "Nguyễn Thử" not in first[0] + caplog.text
        assert "Chờ tệp số 1" in then[0]
        with pytest.raises(LoadFailed):
            pipeline.load_file(configured, warehouse_url, 1)
        with pytest.raises(LoadFailed, match="Chờ tệp số 1"):
            pipeline.load_file(configured, warehouse_url, 3)
    assert [r.status for r in load(configured, warehouse_url, inbox)] == ["accepted", "accepted"]


def test_a_database_that_is_away_ends_the_run(configured, warehouse_url, inbox, monkeypatch):
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    pipeline.land(configured, warehouse_url, inbox=str(inbox))

    def away(*_, **__):
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(one_file, "load", away)
    monkeypatch.setattr(database, "answers", lambda _: False)
    with pytest.raises(SetupError, match=r"the database stopped answering: .*server closed the connection"):
        list(pipeline.load_waiting(configured, warehouse_url))


@pytest.mark.parametrize("place", ["hr/unit/2021-12-01/a.csv", "hr/units/01-12-2021/a.csv", "a.csv"])
def test_a_file_that_does_not_wait_is_left_as_it_is(configured, warehouse_url, inbox, place):
    (inbox / place).parent.mkdir(parents=True, exist_ok=True)
    (inbox / place).write_text("x")
    (file_id,) = pipeline.land(configured, warehouse_url, inbox=str(inbox)).file_ids
    receipt = pipeline.load_file(configured, warehouse_url, file_id)
    assert (receipt.status, receipt.message != "") == ("rejected", True)


# --- what was judged too early is judged again ------------------------------------------------------------------------

PROVINCE = """
    Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
    67        | UBND tỉnh  |                    | UBND cấp tỉnh
"""
DISTRICT = """
    Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
    661       | UBND huyện | 67                 | UBND cấp huyện
    24631     | UBND xã    | 661                | UBND cấp xã
"""


def test_a_district_is_taken_in_when_its_province_arrives(
    without_the_second_count, configured, server_url, template_database, tmp_path
):
    """Whichever of the two is read first, and whether at once or in two runs."""
    both = {"661": DISTRICT, "67": PROVINCE}
    seen = []
    for number, (order, at_once) in enumerate(itertools.product([["661", "67"], ["67", "661"]], [True, False])):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            deliver(
                inbox, "one_stop_shop/dossiers", "2021-12-06", dossiers(1, unit="661") + "\n" + drawn_row(2, "24631")
            )
            for sender in order:
                deliver(inbox, "hr/units", "2021-12-05", both[sender], sender=sender)
                if not at_once:
                    load(configured, url, inbox)
            load(configured, url, inbox)
            assert rows(url, "select count(*) from core.unit") == [(3,)]
            assert rows(url, "select count(*) from core.dossier") == [(2,)]
            assert rows(url, "select count(*) from quality.quarantined_row") == [(0,)]
            seen.append({table: held for table, held in content(url).items() if table != "landing.file"})
    assert all(one == seen[0] for one in seen)


REFERRING = {
    # the rule that a row breaks while nobody knows the unit 24631: export, the row of another sender
    "DOS-03": ("one_stop_shop/dossiers", dossiers(1, unit="24631")),
    "DOS-64": (
        "one_stop_shop/dossiers",
        """
        Mã hồ sơ                  | Mã đơn vị | Mã đơn vị giải quyết | Ngày tiếp nhận | Trạng thái
        000.00.16.H21-211201-0001 | 24631     | 24631                | 01/12/2021     | Đang xử lý
        """,
    ),
    "DOC-01": (
        "document_management/documents",
        """
        Mã đơn vị ban hành | Số ký hiệu | Ngày ban hành | Chiều | Hình thức gửi | Trạng thái
        24631              | 1/QĐ-UBND  | 01/12/2021    | Đi    | Giấy          | Đã phát hành
        """,
    ),
    "TSK-02": (
        "document_management/tasks",
        """
        Mã nhiệm vụ | Nội dung | Cấp giao  | Mã đơn vị thực hiện | Ngày giao
        NV1         | Rà soát  | UBND tỉnh | 24631               | 01/12/2021
        """,
    ),
    "STF-02": (
        "hr/staff",
        """
        Mã CBCCVC | Loại      | Mã đơn vị | Trạng thái
        C1        | Công chức | 24631     | Đang làm việc
        """,
    ),
    "QUO-02": (
        "hr/quotas",
        """
        Năm  | Mã đơn vị | Loại biên chế | Số được giao
        2021 | 24631     | Hành chính    | 5
        """,
    ),
    "DEC-03": (
        "declarations/indicators",
        """
        Mã chỉ tiêu | Năm  | Kỳ báo cáo | Mã đơn vị | Giá trị
        1.2.3       | 2021 | Năm        | 24631     | 5
        """,
    ),
    "UNI-02": (
        "hr/units",
        """
        Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
        24631.1   | Trường     | 24631              | Đơn vị sự nghiệp
        """,
    ),
}
KNOWN = """
    Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
    24631     | UBND xã    |                    | UBND cấp xã
"""


def test_every_rule_that_refers_to_units_is_among_those_tried():
    asking = {rule.rule_id for rule in catalogue.rules().values() if "hr/units" in rule.refers_to}
    assert asking - {"DOS-56"} == set(REFERRING)


@pytest.mark.parametrize("rule_id", REFERRING)
def test_a_row_goes_in_when_its_unit_arrives_and_out_when_it_is_taken_back(configured, warehouse_url, inbox, rule_id):
    export, row = REFERRING[rule_id]
    deliver(inbox, export, "2021-12-06", row, sender="b")
    count = f"select count(*) from core.{catalogue.export(export).thing} where sender = 'b'"
    open_rows = "select count(*) from quality.quarantined_row where %s = any(rule_ids) and resolved_by is null"
    for arrives, loaded in ((None, 0), ("2021-12-05", 1), ("withdrawn", 0), ("2021-12-07", 1)):
        if arrives == "withdrawn":
            ((file_id,),) = rows(warehouse_url, "select file_id from landing.file where sender = 'z'")
            by_hand.withdraw(configured, warehouse_url, file_id, by="t", reason="sai")
            assert rows(warehouse_url, count) == [(1,)]  # until it is judged again
        elif arrives:
            deliver(inbox, "hr/units", arrives, KNOWN, sender="z")
        load(configured, warehouse_url, inbox)
        assert rows(warehouse_url, count) == [(loaded,)], arrives
        assert rows(warehouse_url, open_rows, rule_id) == [(1 - loaded,)], arrives
        assert pipeline.waiting(warehouse_url) == []


def test_a_warning_goes_when_what_it_missed_arrives(configured, warehouse_url, inbox):
    """EVT-51 and DOS-56: another sender's list of staff or procedures."""
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", dossiers(1), sender="b")
    events = """
        Mã quyết định | Mã CBCCVC | Loại sự kiện | Ngày quyết định
        QĐ1           | C1        | Tuyển dụng   | 01/12/2021
    """
    deliver(inbox, "hr/events", "2021-12-06", events, sender="b")
    load(configured, warehouse_url, inbox)
    warned = "select distinct rule_id from quality.violation where rule_id in ('DOS-56', 'EVT-51') order by 1"
    assert rows(warehouse_url, warned) == [("DOS-56",), ("EVT-51",)]
    staff = REFERRING["STF-02"][1].replace("24631", "23857")
    deliver(inbox, "hr/staff", "2021-12-08", staff, sender="z")
    deliver(inbox, "one_stop_shop/procedures", "2021-12-08", PROCEDURES, sender="631")
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, warned) == []


def test_lists_that_need_one_another_come_to_rest(configured, warehouse_url, inbox):
    """a has r and a1 below b1, b has b1 below r: each waits for the other."""
    mine = """
        Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
        R1        | UBND tỉnh  |                    | UBND cấp tỉnh
        A1        | UBND xã    | B1                 | UBND cấp xã
    """
    theirs = """
        Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại
        B1        | UBND huyện | R1                 | UBND cấp huyện
    """
    deliver(inbox, "hr/units", "2021-12-05", mine, sender="z")
    deliver(inbox, "hr/units", "2021-12-05", theirs, sender="b")
    receipts = load(configured, warehouse_url, inbox)
    assert [(r.sender, r.rows_loaded) for r in receipts] == [("b", 0), ("z", 1), ("b", 1), ("z", 2)]
    assert pipeline.waiting(warehouse_url) == []


def test_a_parent_may_stand_in_another_part_of_the_delivery(
    without_the_second_count, configured, server_url, template_database, tmp_path
):
    head, district, commune = DISTRICT.strip("\n").splitlines()
    for number, order in enumerate(itertools.permutations([("1", commune), ("2", district)])):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            deliver(inbox, "hr/units", "2021-12-04", PROVINCE, sender="67")
            for part, line in order:
                deliver(inbox, "hr/units", "2021-12-05", f"{head}\n{line}", sender=f"661.{part}")
                load(configured, url, inbox)
            assert rows(url, "select org_code from core.unit order by 1") == [("24631",), ("661",), ("67",)], order
            assert rows(url, "select count(*) from quality.quarantined_row where resolved_by is null") == [(0,)]


# --- quarantine is settled by its own sender --------------------------------------------------------------------------

GOOD, BAD = "Đang làm việc", "Đang ngủ"


def staff(*people: tuple[str, str]) -> str:
    lines = [f"{code} | Công chức | 23857 | {status}" for code, status in people]
    return "\n".join(["Mã CBCCVC | Loại | Mã đơn vị | Trạng thái", *lines])


def tasks(*given: tuple[str, str]) -> str:
    lines = [f"{code} | {what} | UBND tỉnh | 23857 | 01/12/2021" for code, what in given]
    return "\n".join(["Mã nhiệm vụ | Nội dung | Cấp giao | Mã đơn vị thực hiện | Ngày giao", *lines])


def late(*codes: str) -> str:
    """Dossiers that are finished, and nobody says when."""
    return dossiers(*map(int, codes), status="Đã trả kết quả")


SETTLED = {
    # export, deliveries (sender, day, rows), what becomes of each row in quarantine in the order of deliveries
    "another sender of a list": (
        "hr/staff",
        [
            ("a", 5, staff(("C4", BAD), ("A1", GOOD), ("A2", GOOD))),
            ("b", 6, staff(("C4", GOOD), ("B1", GOOD), ("B2", GOOD))),
        ],
        [("a", None)],
    ),
    "another sender of dossiers": (
        "one_stop_shop/dossiers",
        [("a", 5, late("4")), ("b", 6, dossiers(4))],
        [("a", None)],
    ),
    "the same sender": (
        "hr/staff",
        [("a", 5, staff(("C4", BAD))), ("a", 6, staff(("C4", GOOD)))],
        [("a", "corrected")],
    ),
    "the same sender, still bad": (
        "hr/staff",
        [("a", 5, staff(("C4", BAD))), ("a", 6, staff(("C4", BAD), ("C5", GOOD)))],
        [("a", "delivered_again"), ("a", None)],
    ),
    "a row without key, of another sender": (
        "hr/staff",
        [("a", 5, staff(("", GOOD))), ("b", 6, staff(("", GOOD)))],
        [("a", None), ("b", None)],
    ),
    "a row without key, of the same sender": (
        "hr/staff",
        [("a", 5, staff(("", GOOD))), ("a", 6, staff(("", GOOD), ("C5", GOOD)))],
        [("a", "delivered_again"), ("a", None)],
    ),
    "the same row without key in two parts": (
        "document_management/tasks",
        [("a.1", 5, tasks(("", "Rà soát"))), ("a.2", 5, tasks(("", "Rà soát"), ("N1", "Rà soát")))],
        [("a", None), ("a", None)],
    ),
    "bad in one part, good in the other": (
        "one_stop_shop/dossiers",
        [("a.1", 5, late("4")), ("a.2", 5, dossiers(4))],
        [("a", None)],
    ),
    "a part that is corrected on its day": (
        "one_stop_shop/dossiers",
        [("a.1", 5, late("4")), ("a.2", 5, dossiers(5)), ("a.1", 5, dossiers(4))],
        [("a", "corrected")],
    ),
    "parts of the next night": (
        "one_stop_shop/dossiers",
        [("a.1", 5, late("4")), ("a.2", 5, late("5")), ("a.1", 6, dossiers(5)), ("a.2", 6, dossiers(4))],
        [("a", "corrected"), ("a", "corrected")],
    ),
}


@pytest.mark.parametrize(
    ("case", "backwards"),
    [
        (case, backwards)
        for case in SETTLED
        for backwards in (False, True)
        # which of two files of one name on one day is the newer one is known by their arrival
        if not (backwards and case == "a part that is corrected on its day")
    ],
)
def test_a_row_in_quarantine_is_settled_by_its_own_sender_alone(configured, warehouse_url, inbox, case, backwards):
    export, deliveries, expected = SETTLED[case]
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    load(configured, warehouse_url, inbox)
    for sender, day, drawn in reversed(deliveries) if backwards else deliveries:
        deliver(inbox, export, f"2021-12-{day:02d}", drawn, sender=sender)
        load(configured, warehouse_url, inbox)
    assert [(sender, resolution) for sender, _, resolution in quarantine(warehouse_url)] == expected


# --- a list that lost half its rows -----------------------------------------------------------------------------------


def units(*numbers: int) -> str:
    lines = [f"U{n:02d} | Đơn vị {n} | | UBND cấp xã" for n in numbers]
    return "\n".join(["Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại", *lines])


HALVES = {
    # deliveries (part, day, numbers of units), whether the last of them is held
    "half": ([("a", 1, range(30)), ("a", 2, range(15))], False),
    "less than half": ([("a", 1, range(30)), ("a", 2, range(14))], True),
    "in one file after three parts": (
        [("a.1", 1, range(10)), ("a.2", 1, range(10, 20)), ("a.3", 1, range(20, 30)), ("a", 2, range(6))],
        True,
    ),
    "enough in one file after three parts": (
        [("a.1", 1, range(10)), ("a.2", 1, range(10, 20)), ("a.3", 1, range(20, 30)), ("a", 2, range(15))],
        False,
    ),
    "enough in two parts": ([("a", 1, range(30)), ("a.1", 2, range(8)), ("a.2", 2, range(8, 15))], False),
    "too few in two parts": ([("a", 1, range(30)), ("a.1", 2, range(8)), ("a.2", 2, range(8, 14))], True),
    "after a part that came again unchanged": (
        [
            ("a.1", 1, range(10)),
            ("a.2", 1, range(10, 30)),
            ("a.1", 2, range(11)),
            ("a.2", 2, range(10, 30)),
            ("a", 3, range(13)),
        ],
        True,
    ),
    "a file that is sent again on its day": ([("a", 1, range(30)), ("a", 1, range(14))], True),
}


@pytest.mark.parametrize(
    ("case", "at_once"),
    [
        (case, at_once)
        for case, (deliveries, _) in HALVES.items()
        for at_once in (True, False)
        # landed together, the second of two files of one name and day would replace the first
        if not (at_once and len({d[:2] for d in deliveries}) < len(deliveries))
    ],
)
def test_a_list_that_lost_half_its_rows_waits_for_a_person(configured, warehouse_url, inbox, case, at_once):
    deliveries, is_held = HALVES[case]
    for part, day, numbers in deliveries:
        deliver(inbox, "hr/units", f"2021-12-{day:02d}", units(*numbers), sender=part)
        if not at_once:
            load(configured, warehouse_url, inbox)
    load(configured, warehouse_url, inbox)
    held = rows(warehouse_url, "select file_id, rule_id, message from landing.file where status = 'held' order by 1")
    standing = len({n for part, day, numbers in deliveries[:-1] for n in numbers})
    if not is_held:
        assert held == []
        assert rows(warehouse_url, "select count(*) from core.unit") == [(15,)]
        return
    assert {rule for _, rule, _ in held} == {"FIL-06"}
    file_id, _, message = held[-1]
    assert f"cchc files confirm {file_id}" in message
    assert rows(warehouse_url, "select count(*) from core.unit") == [(standing,)]

    by_hand.confirm(warehouse_url, file_id, by="quản trị", reason="sáp nhập")
    waits = "select distinct rule_id, message from landing.file where status = 'landed'"
    assert rows(warehouse_url, waits) == [(None, "")]
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select count(*) from landing.file where status = 'held'") == [(0,)]
    last_day = deliveries[-1][1]
    meant = {n for part, day, numbers in deliveries for n in numbers if day == last_day}
    meant = set(deliveries[-1][2]) if last_day == 1 else meant
    assert rows(warehouse_url, "select count(*) from core.unit") == [(len(meant),)]
    assert rows(warehouse_url, "select kind, by_name, reason from landing.file_event") == [
        ("confirm", "quản trị", "sáp nhập")
    ]
    with pytest.raises(UsageError, match="is not held"):
        by_hand.confirm(warehouse_url, file_id, by="quản trị", reason="sáp nhập")


def test_a_held_list_stops_no_newer_one(configured, warehouse_url, inbox):
    for day, numbers in ((1, range(30)), (2, range(5)), (3, range(29))):
        deliver(inbox, "hr/units", f"2021-12-{day:02d}", units(*numbers), sender="a")
    load(configured, warehouse_url, inbox)
    assert [s[3] for s in statuses(warehouse_url)] == ["accepted", "held", "accepted"]
    assert rows(warehouse_url, "select count(*) from core.unit") == [(29,)]


# --- one thing, told of by several senders ----------------------------------------------------------------------------

TOLD = {
    # sender, day, unit: in the order of deliveries
    "each something else": [("a", 4, "23857"), ("b", 5, "23860"), ("a", 6, "631"), ("b", 7, "23857")],
    "said again after somebody else": [("a", 4, "23857"), ("b", 5, "23860"), ("a", 6, "23857")],
    "said twice, somebody else in between": [
        ("a", 4, "23857"),
        ("b", 5, "23860"),
        ("a", 6, "23857"),
        ("a", 7, "23857"),
    ],
    "the same by two": [("a", 4, "23857"), ("b", 5, "23857"), ("a", 6, "23860")],
    "on one day": [("a", 4, "23857"), ("b", 4, "23860"), ("a", 5, "23857"), ("b", 5, "631")],
}


@pytest.mark.parametrize("case", TOLD)
def test_who_tells_of_a_dossier_when_counts_and_not_when_that_arrives(
    without_the_second_count, configured, server_url, template_database, tmp_path, case
):
    orders = [*itertools.permutations(TOLD[case])]
    # the first, and some that differ most from it
    orders = [orders[0], orders[-1], *orders[1 :: len(orders) // 4]]
    told = []
    for number, order in enumerate(orders):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            deliver(inbox, "hr/units", "2021-12-01", UNITS)
            for sender, day, unit in order:
                text = dossiers(1, unit=unit) + "\n" + drawn_row(day * 10 + ord(sender), unit)
                deliver(inbox, "one_stop_shop/dossiers", f"2021-12-{day:02d}", text, sender=sender)
                load(configured, url, inbox)
            one = "where dossier_code like '%%-0001'"
            now = rows(url, f"select sender, delivered_on::text, org_code from core.dossier {one}")
            before = rows(
                url,
                f"select sender, delivered_on::text, org_code, superseded_on::text from core.dossier_history {one}"
                " order by delivered_on, sender",
            )
            # what was said twice in a row may stand in the history once or twice: what held on which day is the same
            stood = {
                f"2021-12-{on:02d}": {
                    unit
                    for _, first, unit, *until in [*now, *before]
                    if first <= f"2021-12-{on:02d}" < (until[0] if until else "9999")
                }
                for on in range(3, 9)
            }
            assert {len(units) for units in stood.values()} == {0, 1}, order
            told.append((now[0][2], stood))
            assert told[-1] == told[0], order
    assert told[0][0] == TOLD[case][-1][2]


ALIKE = {
    # deliveries (sender, day, unit), what then happens to the first file; who tells of the dossier in the end, and what
    "taken back": ([("a", 4, "23857"), ("b", 5, "23857")], "withdrawn", ("b", "23857")),
    "taken back, and told by a third": (
        [("a", 4, "23857"), ("b", 5, "23857"), ("c", 6, "23857")],
        "withdrawn",
        ("b", "23857"),
    ),
    "taken back, and told every night": (
        [("a", 4, "23857"), ("b", 5, "23857"), ("b", 6, "23857"), ("b", 7, "23857")],
        "withdrawn",
        ("b", "23857"),
    ),
    "refused when it is judged again": ([("a", 4, "23857"), ("b", 5, "23857")], "refused", ("b", "23857")),
    "a late one in between, by a third": (
        [("a", 3, "23857"), ("b", 5, "23857"), ("c", 4, "23860")],
        None,
        ("b", "23857"),
    ),
    "a late one in between, by the first": (
        [("a", 3, "23857"), ("b", 5, "23857"), ("a", 4, "23860")],
        None,
        ("b", "23857"),
    ),
}


@pytest.mark.parametrize("case", ALIKE)
def test_what_two_senders_said_alike_does_not_go_with_one_of_them(configured, warehouse_url, inbox, monkeypatch, case):
    deliveries, then, expected = ALIKE[case]
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    load(configured, warehouse_url, inbox)
    for sender, day, unit in deliveries:
        # a row of its own makes each file another one
        text = dossiers(1, unit=unit) + "\n" + drawn_row(day * 10 + ord(sender), unit)
        deliver(inbox, "one_stop_shop/dossiers", f"2021-12-{day:02d}", text, sender=sender)
        load(configured, warehouse_url, inbox)
    ((first,),) = rows(warehouse_url, "select min(file_id) from landing.file where sender = 'a'")
    if then == "withdrawn":
        by_hand.withdraw(configured, warehouse_url, first, by="quản trị", reason="gửi nhầm")
    if then == "refused":
        one = one_file.load

        def refusing(cursor, task, **more):
            if task.file.file_id == first:
                raise FileRejected("FIL-04", "Cột chưa được khai báo.")
            return one(cursor, task, **more)

        monkeypatch.setattr(one_file, "load", refusing)
        by_hand.again(warehouse_url, file_ids=[first], by="quản trị", reason="quy tắc mới")
    load(configured, warehouse_url, inbox)
    told = rows(warehouse_url, "select sender, org_code from core.dossier where dossier_code like '%%-0001'")
    assert told == [expected]
    assert pipeline.waiting(warehouse_url) == []


# --- taken back, taken up again ---------------------------------------------------------------------------------------


def test_a_delivery_that_is_taken_back_was_never_there(configured, server_url, template_database, tmp_path):
    nights = [
        ("2021-12-05", dossiers(1, 2)),
        ("2021-12-06", dossiers(1, 3, unit="23860")),
        ("2021-12-07", dossiers(1, 4)),
    ]
    held = []
    for number, wanted in enumerate([(0, 1, 2), (0, 2)]):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            deliver(inbox, "hr/units", "2021-12-01", UNITS)
            for night in wanted:
                deliver(inbox, "one_stop_shop/dossiers", *nights[night])
            load(configured, url, inbox)
            if 1 in wanted:
                ((file_id,),) = rows(url, "select file_id from landing.file where delivered_on = '2021-12-06'")
                receipts = by_hand.withdraw(configured, url, file_id, by="quản trị", reason="gửi nhầm")
                assert [(r.delivered_on.day, r.status) for r in receipts] == [(6, "withdrawn"), (7, "accepted")]
                assert rows(url, "select kind, by_name, reason from landing.file_event") == [
                    ("withdraw", "quản trị", "gửi nhầm")
                ]
                with pytest.raises(UsageError, match="taken back already"):
                    by_hand.withdraw(configured, url, file_id, by="quản trị", reason="gửi nhầm")
            held.append({t: h for t, h in content(url).items() if t != "landing.file"})
            if 1 in wanted:  # the same bytes may be delivered again
                deliver(inbox, "one_stop_shop/dossiers", "2021-12-08", nights[1][1])
                assert [r.status for r in load(configured, url, inbox)] == ["accepted"]
    assert held[0] == held[1]


def test_what_was_refused_is_taken_up_again(configured, warehouse_url, inbox, monkeypatch):
    others = UNITS.replace("631", "632").replace("238", "239")
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "hr/units", "2021-12-01", others, sender="b")
    path = inbox / "hr/units/2021-12-01/b.csv"
    path.write_text(path.read_text("utf-8-sig").replace("Tên đơn vị", "Đơn vị tên"), "utf-8")
    load(configured, warehouse_url, inbox)
    assert [s[3] for s in statuses(warehouse_url)] == ["rejected", "accepted"]
    # the same bytes sent the next day are no duplicate of a refused file
    deliver(inbox, "hr/units", "2021-12-02", others, sender="b").write_bytes(path.read_bytes())
    load(configured, warehouse_url, inbox)
    assert [s[3] for s in statuses(warehouse_url)] == ["rejected", "accepted", "rejected"]

    known = catalogue.exports()
    column = known["hr/units"].column("org_name")
    mended = {
        **known,
        "hr/units": _with_column(known["hr/units"], column, aliases=("Đơn vị tên",)),
    }
    for where in (catalogue, contracts):
        monkeypatch.setattr(where, "exports", lambda: mended)
    assert load(configured, warehouse_url, inbox) == []
    taken = by_hand.again(warehouse_url, file_ids=[1], by="quản trị", reason="đã khai báo cột")
    assert taken == [1]
    waits = "select file_id, rule_id, message from landing.file where status = 'landed'"
    assert rows(warehouse_url, waits) == [(1, None, "")]  # what was wrong with it is not said any more
    load(configured, warehouse_url, inbox)
    assert [s[3] for s in statuses(warehouse_url)] == ["accepted", "accepted", "duplicate"]
    assert rows(warehouse_url, "select kind, file_id, by_name from landing.file_event") == [("again", 1, "quản trị")]


def _with_column(export, column, **changed):
    return replace(export, columns=tuple(replace(c, **changed) if c == column else c for c in export.columns))


def test_what_was_loaded_is_judged_again_by_the_rules_of_today(configured, warehouse_url, three_nights):
    load(configured, warehouse_url, three_nights)
    before = content(warehouse_url)
    taken = by_hand.again(warehouse_url, since=date(2021, 12, 5), until=date(2021, 12, 6), by="t", reason="quy tắc mới")
    assert len(taken) == 2
    assert rows(warehouse_url, "select count(*) from core.dossier") == [(4,)]
    assert len(pipeline.waiting(warehouse_url)) == 2
    assert {r.delivered_on.day for r in load(configured, warehouse_url, three_nights)} == {5, 6, 7}
    assert content(warehouse_url) == before
    assert pipeline.waiting(warehouse_url) == []


# --- waiting for others -----------------------------------------------------------------------------------------------


def test_a_wait_says_what_for_and_has_an_end(configured, warehouse_url, inbox, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(locks, "FIRST_WORD", 0.1)
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)
    other = database.connect(warehouse_url)
    try:
        with other.cursor() as cursor:
            locks.load(cursor, "hr/units", "duc-co")
        monkeypatch.setenv("CCHC_LOCK_WAIT", "0.005")
        receipts = load(configured, warehouse_url, inbox)
    finally:
        other.close()
    assert {(r.export, r.status) for r in receipts} == {
        ("hr/units", "landed"),
        ("one_stop_shop/procedures", "held"),  # whose it is, the list of units says
    }
    assert "waits for loads of hr/units and of what refers to it (held by process" in caplog.text
    ((message,),) = rows(warehouse_url, "select message from landing.file where export = 'hr/units'")
    assert "waited 0.005 minutes for loads of hr/units" in message
    assert "CCHC_LOCK_WAIT" in message
    assert [r.status for r in load(configured, warehouse_url, inbox)] == ["accepted", "accepted"]


LOCKS = {
    "migration": locks.migration,
    "a load": lambda cursor: locks.load(cursor, "one_stop_shop/dossiers", "a"),
    "keys": lambda cursor: locks.keys(cursor, "one_stop_shop/dossiers"),
    "figures": lambda cursor: locks.figures(cursor, "2021-Q1"),
    "landing": lambda cursor: locks.landing(cursor, "hr/units/a"),
    "a partition": lambda cursor: locks.partition(cursor, "core.dossier_2021"),
}


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("take", LOCKS.values(), ids=LOCKS)
def test_every_lock_is_waited_for_with_a_limit(warehouse_url, monkeypatch, take, autocommit):
    monkeypatch.setattr(locks, "FIRST_WORD", 0.05)
    one, other = database.connect(warehouse_url), database.connect(warehouse_url)
    other.autocommit = autocommit

    def taken(cursor) -> None:
        if (block := take(cursor)) is not None:
            until_the_end.enter_context(block)

    try:
        with one.cursor() as first, other.cursor() as second, ExitStack() as until_the_end:
            taken(first)
            monkeypatch.setenv("CCHC_LOCK_WAIT", "0.002")
            with pytest.raises(SetupError, match=r"waited 0.002 minutes for .*, held by process \d+, cchc, since "):
                taken(second)
            first.execute("select pg_advisory_unlock_all()")
            one.rollback()
            taken(second)  # and then it can be had
            second.execute("select 1")
    finally:
        one.close()
        other.close()
