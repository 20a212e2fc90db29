"""Files load as their systems write them, with what their columns allow."""

import shutil
from pathlib import Path

import pytest

from etl import catalogue, pipeline
from etl.pipeline import Receipt
from etl.settings import Settings
from etl.stewardship import deliveries
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver, quiet
from tests.tables import cells

FILES = Path(__file__).parent / "layouts"
DOSSIER_COLUMNS = catalogue.export("one_stop_shop/dossiers").columns


def load(configured: Settings, url: str, inbox: Path) -> list[Receipt]:
    pipeline.land(configured, url, inbox=str(inbox))
    return list(pipeline.load_waiting(configured, url))


def send(inbox: Path, export: str, day: str, system: str, *, sender: str = "duc-co") -> None:
    """Deliver the file of a system as it stands in layouts/."""
    path = inbox / export / day / f"{sender}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(FILES / f"{system}.csv", path)
    quiet(path)


@pytest.fixture
def lists(configured: Settings, warehouse_url: str, inbox: Path) -> Path:
    """The lists of a district: its units and the one procedure of its communes."""
    deliver(inbox, "hr/units", "2021-02-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-02-01", PROCEDURES)
    load(configured, warehouse_url, inbox)
    return inbox


# Each system, and what stands in core.dossier of its row: "" is null.
DOSSIERS = """
    system         | org_code | procedure_code         | level | channel    | due_on     | finished   | returned
    igate          | 23860    | 2.000635               | 2     |            | 2021-03-05 | 2021-03-04 |
    igate_2        | 23860    | 2.000635               | 2     |            | 2021-03-05 | 2021-03-04 |
    opencps        | 23860    | 2.000635.000.00.00.H21 | 2     | Trực tuyến | 2021-03-05 | 2021-03-04 | 2021-03-05
    bkav_received  | 631      |                        |       |            | 2021-03-05 |            | 2021-03-04
    bkav_follow_up | 23860    | 2.000635               | 2     |            | 2021-03-05 | 2021-03-04 |
    epar           | 631      |                        |       |            | 2021-03-05 |            |
    national_codes | 631      | 2.000635               | 2     | Trực tuyến | 2021-03-05 | 2021-03-04 | 2021-03-05
"""
# The columns of the contract that it gives, or that the office's lists tell; it has none for the others.
GIVEN = {
    "igate": (
        "dossier_code procedure_code procedure_name field org_code org_name applicant_name applicant_phone"
        " service_level department received_at due_at finished_at status"
    ),
    "igate_2": (
        "dossier_code procedure_code procedure_name field org_code org_name applicant_name applicant_phone"
        " service_level department received_at due_at finished_at status"
    ),
    "opencps": (
        "dossier_code procedure_code org_code org_name applicant_name applicant_phone channel service_level"
        " submitted_at received_at due_at extended_due_at finished_at returned_at status"
    ),
    "bkav_received": "dossier_code org_code applicant_name received_at due_at approved_at returned_at note",
    "bkav_follow_up": (
        "dossier_code procedure_code procedure_name org_code org_name applicant_name service_level received_at due_at"
        " handed_over_at finished_at"
    ),
    "epar": "dossier_code org_code applicant_name applicant_phone received_at due_at",
    "national_codes": (
        "dossier_code procedure_code field org_code applicant_kind applicant_name channel service_level submitted_at"
        " received_at due_at finished_at returned_at refused_at supplement_asked_at supplement_given_at status"
    ),
}


@pytest.mark.parametrize("expected", cells(DOSSIERS)[1:], ids=lambda row: row[0])
def test_dossiers_load_as_their_system_writes_them(configured, warehouse_url, lists, expected):
    system, *dossier = expected
    send(lists, "one_stop_shop/dossiers", "2021-03-10", system)
    (receipt,) = load(configured, warehouse_url, lists)
    assert (receipt.status, receipt.rows_loaded, receipt.message) == ("accepted", 1, "Đã nạp đủ các dòng.")
    found = rows(
        warehouse_url,
        "select org_code, procedure_code, service_level, channel, due_on::text, finished_on::text, returned_on::text"
        " from core.dossier",
    )
    assert found == [tuple(cell or None for cell in dossier)]
    assert rows(warehouse_url, f"select layout, absent from landing.file where file_id = {receipt.file_id}") == [
        (system, sorted({column.name for column in DOSSIER_COLUMNS} - set(GIVEN[system].split())))
    ]


DOCUMENTS = """
    system        | org_code | number     | issued_on  | direction
    bkav_outgoing | 631      | 12/QĐ-UBND | 2021-03-01 | Đi
    bkav_incoming | 631      | 12/QĐ-SNV  | 2021-03-01 | Đến
"""


@pytest.mark.parametrize("expected", cells(DOCUMENTS)[1:], ids=lambda row: row[0])
def test_the_direction_of_a_document_is_which_book_it_is_and_its_unit_the_sender(
    configured, warehouse_url, lists, expected
):
    system, *document = expected
    send(lists, "document_management/documents", "2021-03-10", system)
    (receipt,) = load(configured, warehouse_url, lists)
    assert (receipt.status, receipt.rows_loaded) == ("accepted", 1)
    found = rows(warehouse_url, "select org_code, number, issued_on::text, direction from core.document")
    assert found == [tuple(document)]
    assert rows(warehouse_url, f"select layout from landing.file where file_id = {receipt.file_id}") == [(system,)]


def test_days_are_read_month_first_where_the_layout_says_so(configured, warehouse_url, lists, monkeypatch, tmp_path):
    own = tmp_path / "own" / "contracts" / "document_management" / "layouts" / "english.yml"
    own.parent.mkdir(parents=True)
    own.write_text(
        "export: document_management/tasks\n"
        "columns: [{Task: task_code}, {Unit: org_code}, {Assigned: assigned_on}, {Due: due_on}]\n"
        "month_first: [assigned_on]\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path / "own"))
    path = lists / "document_management" / "tasks" / "2021-03-10" / "duc-co.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "Task,Unit,Assigned,Due\nNV-1,631,02/01/2021,03/12/2021\nNV-2,631,2/28/2021,15/12/2021\n", encoding="utf-8"
    )
    quiet(path)
    (receipt,) = load(configured, warehouse_url, lists)
    assert (receipt.status, receipt.rows_loaded) == ("accepted", 2)
    assert rows(warehouse_url, "select assigned_on::text, due_on::text from core.task order by 1") == [
        ("2021-02-01", "2021-12-03"),
        ("2021-02-28", "2021-12-15"),
    ]


# --- what is absent, and what goes missing ----------------------------------------------------------------------------

TASK = "Mã nhiệm vụ;Nội dung;Cấp giao;Mã đơn vị thực hiện;Ngày giao;Hạn hoàn thành;Ngày hoàn thành"


def tasks(inbox: Path, day: str, *lines: str, header: str = TASK) -> None:
    """Deliver the tasks of a day: number, due day and day of completion of each."""
    path = inbox / "document_management" / "tasks" / day / "duc-co.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = [TASK.split(";").index(name) for name in header.split(";")]
    body = []
    for line in lines:
        number, due, completed = line.split("|")
        row = [f"NV-{number}", "Rà soát", "Kế hoạch CCHC", "631", "01/02/2021", due.strip(), completed.strip()]
        body.append(";".join(row[i] for i in wanted))
    path.write_text("\n".join([header, *body]) + "\n", encoding="utf-8")
    quiet(path)


def without(*names: str) -> str:
    return ";".join(name for name in TASK.split(";") if name not in names)


def stands(url: str) -> list[tuple]:
    return rows(url, "select task_code, due_on::text, completed_on::text from core.task order by 1")


def test_a_column_that_goes_missing_holds_the_file_and_what_is_known_stays(configured, warehouse_url, lists):
    tasks(lists, "2021-03-10", "1 | 20/03/2021 | 05/03/2021", "2 | 21/03/2021 |")
    load(configured, warehouse_url, lists)
    known = [("NV-1", "2021-03-20", "2021-03-05"), ("NV-2", "2021-03-21", None)]
    assert stands(warehouse_url) == known

    header = without("Hạn hoàn thành", "Ngày hoàn thành")
    tasks(lists, "2021-03-12", "1 | |", "2 | |", "3 | |", header=header)
    (receipt,) = load(configured, warehouse_url, lists)
    assert receipt.status == "held"
    assert "có cột «Hạn hoàn thành», «Ngày hoàn thành», lần này không có" in receipt.message
    assert f"cchc files confirm {receipt.file_id}" in receipt.message
    assert stands(warehouse_url) == known

    deliveries.confirm(warehouse_url, receipt.file_id, by="thử", reason="phần mềm mới không có cột này")
    (receipt,) = pipeline.load_waiting(configured, warehouse_url)
    assert receipt.status == "accepted"
    assert stands(warehouse_url) == [*known, ("NV-3", None, None)]
    # said once, it is so from then on
    tasks(lists, "2021-03-13", "1 | |", "2 | |", "4 | |", header=header)
    (receipt,) = load(configured, warehouse_url, lists)
    assert receipt.status == "accepted"
    assert stands(warehouse_url) == [*known, ("NV-3", None, None), ("NV-4", None, None)]
    # and a column that comes back and goes again is asked about anew
    tasks(lists, "2021-03-14", "1 | 20/03/2021 | 05/03/2021", "2 | 21/03/2021 | 14/03/2021")
    tasks(lists, "2021-03-15", "1 | |", header=header)
    assert [r.status for r in load(configured, warehouse_url, lists)] == ["accepted", "held"]


@pytest.mark.parametrize(
    "before, now, status",
    [
        (20, 20, "held"),  # all rows had it, none of as many has
        (10, 20, "held"),  # half of them
        (9, 20, "accepted"),  # fewer: an empty column may be true
        (20, 19, "accepted"),  # too few rows to tell
    ],
)
def test_a_column_that_is_empty_throughout_holds_the_file_if_most_rows_had_it(
    configured, warehouse_url, lists, before, now, status
):
    tasks(lists, "2021-03-10", *(f"{n} | 20/03/2021 |" if n <= before else f"{n} | |" for n in range(1, 21)))
    tasks(lists, "2021-03-11", *(f"{n} | |" for n in range(1, now + 1)))
    receipts = load(configured, warehouse_url, lists)
    assert [r.status for r in receipts] == ["accepted", status]
    if status == "held":
        assert "«Hạn hoàn thành» trống ở mọi dòng" in receipts[-1].message


NOT_RUN = [("TSK-03", "không có cột «Cấp giao»"), ("TSK-03", "không có cột «Hạn hoàn thành»")]


def test_a_delivery_that_never_had_the_column_loads_and_says_which_rules_did_not_run(configured, warehouse_url, lists):
    tasks(lists, "2021-03-10", "1 | |", header=without("Hạn hoàn thành", "Cấp giao"))
    (receipt,) = load(configured, warehouse_url, lists)
    assert (receipt.status, receipt.rows_loaded) == ("accepted", 1)
    assert (
        rows(
            warehouse_url,
            f"select distinct rule_id, not_run from quality.result where file_id = {receipt.file_id}"
            " and not_run is not null order by 1, 2",
        )
        == NOT_RUN
    )
    assert rows(
        warehouse_url,
        f"select count(*) from reporting.quality where file_id = {receipt.file_id} and not_run like 'không chạy:%%'",
    ) == [(len({rule for rule, _ in NOT_RUN}),)]
    page = (configured.home / "data_docs" / str(receipt.file_id) / "index.html").read_text("utf-8")
    assert f"Không chạy ({len(NOT_RUN)})" in page
    assert all(why in page for _, why in NOT_RUN)


def test_columns_that_nobody_knows_cost_nothing_and_are_named(configured, warehouse_url, lists):
    path = lists / "document_management" / "tasks" / "2021-03-10" / "duc-co.csv"
    tasks(lists, "2021-03-10", "1 | 20/03/2021 |")
    lines = path.read_text("utf-8").splitlines()
    path.write_text(f"{lines[0]};Mã phiếu\n{lines[1]};A-1\n", encoding="utf-8")
    quiet(path)
    (receipt,) = load(configured, warehouse_url, lists)
    assert (receipt.status, receipt.rows_loaded) == ("accepted", 1)
    assert receipt.message == "Đã nạp đủ các dòng. Cột chưa biết, không dùng: «Mã phiếu»."
    assert rows(
        warehouse_url,
        f"select rule_id, severity, rows_failed from quality.result where file_id = {receipt.file_id}"
        " and rule_id = 'FIL-04'",
    ) == [("FIL-04", "warning", 1)]


def test_a_column_that_may_be_the_missing_one_under_another_name_holds_the_file(configured, warehouse_url, lists):
    tasks(lists, "2021-03-10", "1 | 20/03/2021 |")
    path = lists / "document_management" / "tasks" / "2021-03-10" / "duc-co.csv"
    path.write_text(path.read_text("utf-8").replace("Cấp giao", "Nơi giao việc"), encoding="utf-8")
    quiet(path)
    (receipt,) = load(configured, warehouse_url, lists)
    assert receipt.status == "held"
    assert "Có cột chưa biết: «Nơi giao việc»; và thiếu cột của mẫu: «Cấp giao»" in receipt.message
    assert f"cchc layouts propose {receipt.file_id}" in receipt.message


def test_a_list_that_tells_what_a_name_means_is_asked_again_when_it_changes(configured, warehouse_url, lists):
    send(lists, "one_stop_shop/dossiers", "2021-03-10", "igate", sender="chu-prong")
    path = lists / "one_stop_shop" / "dossiers" / "2021-03-10" / "chu-prong.csv"
    path.write_text(path.read_text("utf-8").replace("UBND xã Ia Dơk", "UBND xã Ia Lang"), encoding="utf-8")
    quiet(path)
    (receipt,) = load(configured, warehouse_url, lists)
    assert (receipt.status, receipt.rows_quarantined) == ("accepted_with_errors", 1)
    told = "select rule_id, value from quality.violation where severity = 'error'"
    assert rows(warehouse_url, told) == [("DOS-03", "UBND xã Ia Lang")]
    deliver(lists, "hr/units", "2021-03-12", UNITS + "    23863 | Xã Ia Lang | 631 | UBND cấp xã\n")
    receipts = load(configured, warehouse_url, lists)
    assert [(r.export, r.status, r.rows_loaded) for r in receipts][-1] == ("one_stop_shop/dossiers", "accepted", 1)
    assert rows(warehouse_url, "select org_code from core.dossier") == [("23863",)]
