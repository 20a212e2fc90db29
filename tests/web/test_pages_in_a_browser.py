"""The pages in Debian's chromium: they look right on a wide and a narrow screen, and the keyboard works."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from tests.web.conftest import PASSWORD, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
WIDTHS = {"narrow": 360, "wide": 1400}


def is_too_wide(page: "Page") -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


PARTS = """() => {
    document.querySelector("main").innerHTML = `
        <table><tbody><tr data-row tabindex="-1"><td><a href="#opened">mở</a></td></tr></tbody></table>
        <p><button data-undo type="button">Hoàn tác</button></p>
        <label>Lý do <input id="reason"></label>
        <button id="send" type="button" hx-post="/users" hx-target="#answer">Gửi</button><div id="answer"></div>`;
    document.querySelector("[data-undo]").addEventListener("click", (event) => { event.target.textContent = "Đã"; });
    htmx.process(document.querySelector("main"));
}"""


def press_what_a_page_may_have(page: "Page") -> None:
    """Rows that open, a button that undoes, a field to write in, and a request of htmx."""
    page.evaluate(PARTS)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/users#opened")
    page.locator("#reason").fill("j")
    page.locator("#reason").press("Control+z")
    assert page.locator("[data-undo]").inner_text() == "Hoàn tác"  # it was the field that undid
    page.locator("#send").focus()
    page.keyboard.press("Control+z")
    assert page.locator("[data-undo]").inner_text() == "Đã"
    with page.expect_request("**/users") as sent:
        page.locator("#send").click()
    assert sent.value.headers["x-csrf-token"] in page.content()  # on the body, and on every request below it
    page.get_by_text("không nhận yêu cầu như vậy").wait_for()  # what is refused is shown where the answer would be


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_logs_in_walks_through_rows_and_leaves(
    pages: FastAPI, browser: "Browser", tmp_path: Path, width: str
) -> None:
    said: list[str] = []
    with served(pages) as address:
        page = browser.new_page(base_url=address, viewport={"width": WIDTHS[width], "height": 800})
        page.on("console", lambda message: said.append(message.text))  # what the browser was forbidden to load, too
        page.goto("/users")
        assert page.title() == "Đăng nhập · Chất lượng dữ liệu"
        page.screenshot(path=tmp_path / f"login-{width}.png")
        assert not is_too_wide(page)
        page.get_by_label("Tên đăng nhập").fill("ops")
        page.get_by_label("Mật khẩu").fill("sai mật khẩu rồi")
        page.keyboard.press("Enter")
        assert page.get_by_role("alert").inner_text() == "Tên hoặc mật khẩu không đúng."
        page.screenshot(path=tmp_path / f"refused-{width}.png")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()

        page.wait_for_url("**/users")
        assert page.get_by_role("link", name="Người dùng").get_attribute("aria-current") == "page"
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert page.evaluate("document.activeElement.innerText").startswith("approver")
        page.screenshot(path=tmp_path / f"users-{width}.png", full_page=True)
        assert not is_too_wide(page)
        press_what_a_page_may_have(page)
        page.goto("/")
        page.screenshot(path=tmp_path / f"today-{width}.png")
        page.get_by_role("button", name="Đăng xuất").click()
        page.wait_for_url("**/login")
        page.goto("/users")
        assert page.title().startswith("Đăng nhập")
        page.close()
    assert [text for text in said if "(Forbidden)" not in text and "(Method Not Allowed)" not in text] == []
