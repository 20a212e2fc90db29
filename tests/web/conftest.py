"""The pages for tests: people of every role, a browser without a server, and a real one."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from demo import airflow
from etl import settings
from etl.stewardship import people
from etl.warehouse import database
from etl.web import app, sessions
from etl.web.access import Warehouse
from tests.inbox import UNITS, table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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


# --- inside Airflow ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Airflow:
    """An API server of Airflow with our plugin, and the passwords of who may log in there."""

    address: str
    passwords: dict[str, str]

    def log_in(self, page: "Page", name: str) -> None:
        """Log somebody in, as Airflow's own form does it."""
        answer = page.request.post(
            f"{self.address}/auth/token", data={"username": name, "password": self.passwords[name]}
        )
        cookie = {"name": "_token", "value": answer.json()["access_token"], "url": self.address}
        page.context.add_cookies([cookie])


@contextmanager
def inside_airflow(home: Path, warehouse_url: str, names: Iterable[str]) -> Iterator[Airflow]:
    """Airflow itself, which these people may log in to, as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    passwords = {name: f"password of {name}" for name in names}
    kept = home / "passwords.json"
    kept.write_text(json.dumps(passwords))
    environment = airflow.environment(home, f"sqlite:///{home / 'airflow.db'}") | {
        "AIRFLOW__API__PORT": address.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:viewer" for name in names),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(kept),
        "CCHC_WAREHOUSE_URL": warehouse_url,
    }
    command = [sys.executable, "-m", "airflow"]
    subprocess.run([*command, "db", "migrate"], env=environment, check=True, capture_output=True)
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([*command, "api-server"], env=environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                assert server.poll() is None, (home / "log").read_text()
                with suppress(OSError), urllib.request.urlopen(f"{address}/cchc/health", timeout=5):
                    break
                time.sleep(0.2)
            yield Airflow(address, passwords)
        finally:
            server.terminate()
            server.wait(30)
