"""A steward's whole way in a real browser: a word, a correction, a confirmation, a waiver, an undo, a fix list."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from etl import pipeline, settings
from etl.periods import Period
from etl.stewardship.fix_list_cells import REASON, VALUE
from etl.web import app
from etl.web.access import Warehouse
from tests.databases import rows
from tests.inbox import PROCEDURES, deliver
from tests.web.conftest import PASSWORD, populate, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_the_second_count")]
DOSSIERS = "one_stop_shop/dossiers"
CODE = "000.00.16.H21-211201-"
# 1 late; 2 a status that nobody knows; 3 received on no day; 4 due on a Sunday; 5 and 6 finished before they came
NIGHT = f"""
    Mã hồ sơ   | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    {CODE}0001 | 23857     | 01/12/2021     | 03/12/2021   | 06/12/2021          | Đã trả kết quả
    {CODE}0002 | 23857     | 01/12/2021     | 10/12/2021   | 06/12/2021          | Chờ ký
    {CODE}0003 | 23857     | 31/11/2021     | 10/12/2021   | 06/12/2021          | Đã trả kết quả
    {CODE}0004 | 23857     | 01/12/2021     | 12/12/2021   | 06/12/2021          | Đã trả kết quả
    {CODE}0005 | 23857     | 01/12/2021     | 10/12/2021   | 30/11/2021          | Đã trả kết quả
    {CODE}0006 | 23857     | 01/12/2021     | 10/12/2021   | 30/11/2021          | Đã trả kết quả
"""
WIDTHS = {"narrow": 360, "wide": 1400}
YEAR = Period.parse("2021-N")


def is_on_time(url: str) -> tuple[str, ...]:
    """Numerator, denominator and value of what the commune resolved on time."""
    return rows(
        url,
        "select numerator::int::text || '/' || denominator::int from mart.indicator"
        " where unit_code = '23857' and indicator_code = '3.4.3' and period_code = '2021-N'",
    )[0]


def open_issue(page: "Page", title: str) -> None:
    page.goto("/issues")
    page.get_by_role("link", name=title).first.click()


def decide(page: "Page", kind: str, *, reason: str, evidence: str = "", moved: int | None = None) -> None:
    """From a ticked row, by way of the preview."""
    page.locator(f"input[name=kind][value={kind}]").check()
    page.locator("#preview").click()
    page.locator("#preview-counts").wait_for()
    if moved is not None:
        assert page.locator("[data-count=moved]").inner_text() == str(moved)
    page.locator("#reason").fill(reason)
    page.locator("#evidence").fill(evidence)
    page.get_by_role("button", name="Quyết định").click()
    page.wait_for_url("**/decisions/*")


def log_in(page: "Page", name: str) -> None:
    page.goto("/login")
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(lambda address: not address.endswith("/login"))


def test_a_steward_finds_decides_undoes_and_sends_a_list_back(
    configured: settings.Settings, warehouse_url: str, inbox: Path, browser: "Browser", tmp_path: Path
) -> None:
    populate(warehouse_url)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-14", PROCEDURES)
    deliver(inbox, DOSSIERS, "2021-12-14", NIGHT)
    pipeline.land(configured, warehouse_url, inbox=str(inbox))
    list(pipeline.load_waiting(configured, warehouse_url))
    pipeline.materialise(warehouse_url, YEAR)
    assert is_on_time(warehouse_url) == ("1/2",)
    pages = app.create(lambda: Warehouse(configured, warehouse_url))
    with served(pages) as address:
        steward = browser.new_context(base_url=address, viewport={"width": 1400, "height": 900}).new_page()
        approver = browser.new_context(base_url=address, viewport={"width": 1400, "height": 900}).new_page()
        log_in(steward, "steward")
        log_in(approver, "approver")

        # a word that nobody knows: said once, and its row loads
        steward.goto("/words")
        steward.get_by_label("Nghĩa của «Chờ ký»").select_option("Đã trả kết quả")
        steward.get_by_role("button", name="Lưu và nạp").click()
        assert "1 dòng đã nạp" in steward.locator("#mapped").inner_text()
        pipeline.materialise(warehouse_url, YEAR)
        assert is_on_time(warehouse_url) == ("2/3",)

        # a correction: the preview says what will move, and exactly that moves
        open_issue(steward, "Ngày tiếp nhận bị trống")
        steward.locator("input[name=row]").check()
        steward.locator("input[name^='value ']").fill("30/11/2021")
        decide(steward, "correct", reason="đã xem sổ theo dõi")
        undone = steward.url
        pipeline.materialise(warehouse_url, YEAR)
        assert is_on_time(warehouse_url) == ("3/4",)

        # a warning that is true
        open_issue(steward, "Ngày hẹn trả")
        steward.locator("input[name=row]").first.check()
        decide(steward, "confirm", reason="làm bù ngày Chủ nhật", evidence="QĐ 12/QĐ-UBND ngày 01/12/2021", moved=0)

        # a waiver, which a second person approves
        open_issue(steward, "Ngày kết thúc xử lý")
        steward.locator("input[name=row]").first.check()
        steward.locator("#waive-until").fill("2099-12-31")
        decide(steward, "waive", reason="sổ giấy ghi đúng", evidence="BB 3 ngày 06/12/2021")
        assert steward.locator("#approve").count() == 0
        approver.goto(steward.url)
        approver.locator("#approve-reason").fill("đồng ý")
        approver.locator("#approve button[value=yes]").click()
        approver.wait_for_url("**/decisions/*")
        pipeline.materialise(warehouse_url, YEAR)
        assert is_on_time(warehouse_url) == ("4/5",)

        # the correction is taken back as a whole
        steward.goto(undone)
        steward.locator("#undo-reason").fill("nhầm hồ sơ")
        steward.keyboard.press("Tab")
        steward.locator("[data-undo]").click()
        steward.wait_for_url(lambda now: now != undone)
        pipeline.materialise(warehouse_url, YEAR)
        assert is_on_time(warehouse_url) == ("3/4",)

        # what is left goes out as a workbook, and comes back
        steward.goto("/fix-lists")
        with steward.expect_download() as taken:
            steward.get_by_role("link", name="Tải danh sách").first.click()
        book = openpyxl.load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
        sheet = book.worksheets[0]
        header = next(row for row in sheet.iter_rows() if VALUE in [cell.value for cell in row])
        at = {cell.value: cell.column for cell in header if cell.value}
        filled = 0
        for row in range(header[0].row + 1, sheet.max_row + 1):
            said = [str(cell.value) for cell in sheet[row] if cell.value]
            if "31/11/2021" in said:
                sheet.cell(row, at[VALUE]).value = "30/11/2021"
                filled += 1
        assert filled == 1
        assert REASON in at
        book.save(tmp_path / "da_sua.xlsx")
        steward.locator("#workbook").set_input_files(tmp_path / "da_sua.xlsx")
        steward.get_by_role("button", name="Gửi lại").click()
        assert "1 sửa" in steward.locator("#receipt").inner_text()
        pipeline.materialise(warehouse_url, YEAR)
        assert is_on_time(warehouse_url) == ("4/5",)

        for place in ("/", "/issues", "/words", "/files", "/decisions", "/decisions/waivers", "/fix-lists", undone):
            for name, width in WIDTHS.items():
                steward.set_viewport_size({"width": width, "height": 900})
                steward.goto(place)
                shown = place.removeprefix(address).strip("/").replace("/", "-") or "today"
                steward.screenshot(path=tmp_path / f"{shown}-{name}.png", full_page=True)
                assert steward.evaluate(
                    "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
                ), (place, width)
