"""No file takes a load more than 600 MB, in all its processes together, or for ever; what it is becomes a receipt."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlsxwriter

from etl.warehouse import database
from tests.databases import fresh_database
from tests.inbox import PROCEDURES, UNITS, deliver
from tests.reading.hostile import FILES, Hostile

MOST = 600_000_000  # bytes
ROOT = Path(__file__).parents[2]
SMALL, LARGE = ([one for one in FILES if one.is_large == large] for large in (False, True))


@dataclass(frozen=True)
class Loaded:
    """What a load said of each sender's file: status, message, rows read; and the most memory that it took."""

    receipts: dict[str, tuple[str, str, int]]
    peak: int
    seconds: float


def resident(process_id: int) -> int:
    """Bytes that a process and those that it started hold at this moment."""
    with suppress(OSError):  # it has ended
        held = Path(f"/proc/{process_id}/statm").read_text().split()[1]
        children = Path(f"/proc/{process_id}/task").glob("*/children")
        started = [int(child) for one in children for child in one.read_text().split()]
        return int(held) * os.sysconf("SC_PAGE_SIZE") + sum(map(resident, started))
    return 0


def load(url: str, folder: Path) -> Loaded:
    """Run `cchc load` over `folder/inbox` in a process of its own."""
    environment = os.environ | {"CCHC_WAREHOUSE_URL": url, "CCHC_ARCHIVE": str(folder / "archive")}
    began = time.monotonic()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "etl", "load", str(folder / "inbox")],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        peak = 0
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.005)
    seconds = time.monotonic() - began
    assert process.returncode in (0, 1), (folder / "log").read_text()[-2000:]
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select sender, status, coalesce(message, ''), coalesce(rows_read, 0) from landing.file")
        return Loaded({sender: tuple(said) for sender, *said in cursor.fetchall()}, peak, seconds)


def place(folder: Path, export: str, name: str) -> Path:
    path = folder / "inbox" / export / "2021-12-20" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def loaded_together(url: str, folder: Path, files: list[Hostile]) -> Loaded:
    for number, one in enumerate(files):
        path = place(folder, "document_management/tasks", f"tep-{number}{one.suffix}")
        one.write(path)
        os.utime(path, (1_600_000_000, 1_600_000_000))  # nobody is writing it still
    return load(url, folder)


def assert_becomes(receipt: tuple[str, str, int], one: Hostile) -> None:
    status, message, rows = receipt
    if isinstance(one.becomes, int):
        assert (status.partition("_")[0], rows) == ("accepted", one.becomes), message
    else:
        assert status == "rejected"
        assert one.becomes in message
        assert len(message) < 1_000


@pytest.fixture(scope="module")
def hostile_files(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """The small ones, in one load."""
    with fresh_database(server_url, template_database) as url:
        yield loaded_together(url, tmp_path_factory.mktemp("hostile"), SMALL)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(len(SMALL)), ids=[one.name for one in SMALL])
def test_a_hostile_file_is_read_or_refused_by_name(hostile_files: Loaded, number: int) -> None:
    assert_becomes(hostile_files.receipts[f"tep-{number}"], SMALL[number])


def test_hostile_files_take_a_load_no_more_memory_than_others(hostile_files: Loaded) -> None:
    assert hostile_files.peak <= MOST


def test_hostile_files_do_not_hold_a_load_up(hostile_files: Loaded) -> None:
    assert hostile_files.seconds < 10 * len(SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("one", LARGE, ids=lambda one: one.name)
def test_a_large_hostile_file_is_refused_within_bounds(warehouse_url: str, tmp_path: Path, one: Hostile) -> None:
    loaded = loaded_together(warehouse_url, tmp_path, [one])
    assert_becomes(loaded.receipts["tep-0"], one)
    assert loaded.peak <= MOST
    assert loaded.seconds < 120


def test_a_list_that_cannot_be_compared_as_a_whole_is_refused(warehouse_url: str, tmp_path: Path) -> None:
    units = place(tmp_path, "hr/units", "duc-co.csv")
    units.write_text("Mã đơn vị,Tên đơn vị,Loại\n" + "".join(f"{n},Đơn vị,Phòng\n" for n in range(100_001)))
    loaded = load(warehouse_url, tmp_path)
    assert loaded.receipts["duc-co"][0] == "rejected", loaded.receipts
    assert "Danh mục quá lớn hoặc có hơn 100000 dòng" in loaded.receipts["duc-co"][1]
    assert loaded.peak <= MOST


# --- honest files that are large --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_register_of_300_000_documents_is_judged_in_batches(warehouse_url: str, tmp_path: Path) -> None:
    """Each book goes on from day to day; every thousandth is lower than those of the day before."""
    deliver(tmp_path / "inbox", "hr/units", "2021-12-20", UNITS, sender="noi-vu")
    rows = 300_000
    with place(tmp_path, "document_management/documents", "duc-co.csv").open("w", encoding="utf-8") as file:
        print(
            "Mã đơn vị ban hành,Số ký hiệu,Ngày ban hành,Loại văn bản,Trích yếu,Chiều,Ký số,Hình thức gửi,Trạng thái",
            file=file,
        )
        for n in range(rows):
            month, day = divmod(n * 330 // rows, 28)
            number = (n // 2 if n % 1_000 == 0 else n) + 1
            said = f"{number}/UBND-VP,{day + 1:02d}/{month + 1:02d}/2021,Công văn,Về việc thứ {n} của huyện"
            print(f"631,{said},Đi,Có,Điện tử,Đã phát hành", file=file)
    loaded = load(warehouse_url, tmp_path)
    assert loaded.receipts["duc-co"][2] == rows, loaded.receipts
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select rows_failed, rows_judged_failed from quality.result where rule_id = 'DOC-52'")
        assert cursor.fetchall() == [(299, 299)]
    assert loaded.peak <= MOST, loaded.peak


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_sheet_of_300_000_rows_of_22_columns_is_read(warehouse_url: str, tmp_path: Path) -> None:
    deliver(tmp_path / "inbox", "hr/units", "2021-12-20", UNITS, sender="noi-vu")
    deliver(tmp_path / "inbox", "one_stop_shop/procedures", "2021-12-20", PROCEDURES, sender="noi-vu")
    drawn = deliver(
        tmp_path, "one_stop_shop/dossiers", "2021-12-20", "Mã hồ sơ | Ngày tiếp nhận | Ngày hẹn trả\nX | Y | Z"
    )
    header, row = drawn.read_text("utf-8-sig").splitlines()
    with xlsxwriter.Workbook(
        place(tmp_path, "one_stop_shop/dossiers", "duc-co.xlsx"), {"constant_memory": False}
    ) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, header.split(","))
        for n in range(300_000):
            day = f"{n % 28 + 1:02d}/11/2021"
            cells = (
                row.replace("X", f"000.00.16.H21-2111{day[:2]}-{n:06d}").replace("Y", day).replace("Z", day).split(",")
            )
            sheet.write_row(n + 1, 0, [f"Chủ hồ sơ thứ {n}" if cell == "Người Thử Nghiệm" else cell for cell in cells])
    loaded = load(warehouse_url, tmp_path)
    assert loaded.receipts["duc-co"][2] == 300_000, loaded.receipts
    assert loaded.peak <= MOST, loaded.peak
