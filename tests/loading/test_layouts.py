"""Files load as their systems write them, with what their columns allow."""

import shutil
from pathlib import Path

import pytest

from etl import pipeline
from etl.pipeline import Receipt
from etl.settings import Settings
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver, quiet
from tests.tables import cells

FILES = Path(__file__).parent / "layouts"


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
# The columns of the contract that it has none for.
ABSENT = {
    "igate": ("apology_letter applicant_id applicant_kind channel fee note paid_online return_channel returned_at"),
    "igate_2": ("apology_letter applicant_id applicant_kind channel fee note paid_online return_channel returned_at"),
    "opencps": ("apology_letter applicant_id applicant_kind fee field note paid_online procedure_name return_channel"),
    "bkav_received": (
        "apology_letter applicant_id applicant_kind applicant_phone channel fee field finished_at org_name "
        "paid_online procedure_code procedure_name return_channel service_level status"
    ),
    "bkav_follow_up": (
        "apology_letter applicant_id applicant_kind applicant_phone channel fee field note paid_online "
        "return_channel returned_at status"
    ),
    "epar": (
        "apology_letter applicant_id applicant_kind channel fee field finished_at note org_name paid_online "
        "procedure_code procedure_name return_channel returned_at service_level status"
    ),
    "national_codes": (
        "apology_letter applicant_id applicant_phone fee note org_name paid_online procedure_name return_channel"
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
        (system, ABSENT[system].split())
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
