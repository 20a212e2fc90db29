"""The pages for tests: people of every role, a browser without a server, and a real one."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from etl import settings
from etl.stewardship import people
from etl.warehouse import database
from etl.web import app, sessions
from etl.web.access import Warehouse
from tests.inbox import UNITS, table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PASSWORD = "một mật khẩu dài"
# name: role, unit. 631 is a district, 23857 and 23860 are communes of it.
PEOPLE = {
    "reader": ("reader", "631"),
    "steward": ("steward", "631"),
    "approver": ("approver", "*"),
    "ops": ("ops", "*"),
    "of-chu-ty": ("steward", "23857"),
}


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password costs a fifth of a second, on purpose."""
    monkeypatch.setattr(people, "COST", {"n": 2, "r": 8, "p": 1})


@pytest.fixture
def pages(warehouse_url: str, configured: settings.Settings) -> FastAPI:
    """The app of `cchc serve` on a warehouse with three units and the people above, who all have PASSWORD."""
    populate(warehouse_url)
    return app.create(lambda: Warehouse(configured, warehouse_url))


def populate(url: str) -> None:
    """The units of tests/inbox.py and the people above."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for unit in table(UNITS):
            cursor.execute(
                "insert into core.unit (province_code, org_code, org_name, parent_code, unit_kind, sender,"
                " delivered_on, file_id) values ('H21', %s, %s, nullif(%s, ''), %s, 'duc-co', '2021-09-01', 0)",
                tuple(unit[header] for header in ("Mã đơn vị", "Tên đơn vị", "Mã đơn vị cấp trên", "Loại")),
            )
        for name, (role, of_unit) in PEOPLE.items():
            people.add(cursor, name, role, of_unit, password=PASSWORD, by="test")


def logged_in(pages: FastAPI, name: str) -> TestClient:
    """A browser in which somebody is logged in; `csrf(client)` is the token of its forms."""
    client = TestClient(pages, follow_redirects=False)
    with database.transaction(pages.state.warehouse().url) as connection, connection.cursor() as cursor:
        token, _ = sessions.begin(cursor, name)
    client.cookies.set(sessions.COOKIE, token)
    return client


def csrf(client: TestClient) -> str:
    """The token that every form of this browser carries."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/").text)
    assert found
    return found[1]


# --- a real browser ---------------------------------------------------------------------------------------------------


@contextmanager
def served(pages: FastAPI) -> Iterator[str]:
    """The address of an app that answers as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(pages, log_config=None, access_log=False, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Debian's chromium, without a window: `browser.new_page(base_url=address)`, the address being that of `served`."""
    if (program := shutil.which("chromium")) is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # as root it has no sandbox of its own to run in
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
