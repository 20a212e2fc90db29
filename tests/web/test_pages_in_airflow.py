"""The pages in Airflow itself: an entry of its menu, its own users, and our table of who may do what."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from tests.web.conftest import inside_airflow

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_steward_opens_the_pages_from_the_menu_of_airflow(pages: FastAPI, browser: "Browser", tmp_path: Path) -> None:
    with inside_airflow(tmp_path, pages.state.warehouse().url, ["steward", "stranger"]) as airflow:
        page = browser.new_context(viewport={"width": 1400, "height": 800}, base_url=airflow.address).new_page()
        assert page.request.get("/cchc/").status == 401
        assert page.request.get("/cchc/users", headers={"X-Forwarded-User": "ops"}).status == 401

        airflow.log_in(page, "steward")
        page.goto("/")
        page.get_by_text("Chất lượng dữ liệu").first.click()
        frame = page.frame_locator("iframe")
        assert frame.get_by_role("heading", level=1).inner_text() == "Hôm nay"
        assert "steward cán bộ dữ liệu" in frame.locator("header").inner_text()
        page.screenshot(path=tmp_path / "airflow.png")
        page.wait_for_url("**/plugin/cchc/cchc/")  # an address that can be sent to somebody
        assert page.request.get("/cchc/users").status == 403
        assert page.request.post("/cchc/users").status == 405

        stranger = browser.new_context(base_url=airflow.address).new_page()
        airflow.log_in(stranger, "stranger")
        stranger.goto("/cchc/")
        assert "«stranger» chưa được cấp quyền" in stranger.get_by_role("alert").inner_text()
        for one in (page, stranger):
            one.context.close()
