"""The demo as a command: what a user does wrong is answered in one sentence."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from demo import __main__ as program
from demo import airflow, other_system
from demo.airflow import environment
from demo.printout import BROKEN
from etl.errors import UsageError
from etl.figures.prove import checks
from etl.warehouse import database

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["down"], {}, "python -m demo up"),
        (["--layout"], {}, "--layout igate"),
        (["--layout", "excel"], {}, "igate, igate_2, opencps"),
        (["stop", "--layout", "epar"], {}, "igate, igate_2, opencps"),  # it does not say which dossiers are done
        ([], {"CCHC_WAREHOUSE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "Check CCHC_WAREHOUSE_URL"),
        ([], {"CCHC_HOME": "/proc/none"}, "CCHC_HOME"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(
    arguments: list[str], settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        env=os.environ | {"CCHC_HOME": str(tmp_path)} | settings,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_airflow_keeps_its_secrets_and_its_pages_to_itself(tmp_path: Path) -> None:
    first, again = (environment(tmp_path, "postgresql+psycopg2://x@127.0.0.1/airflow") for _ in range(2))
    assert first == again  # what was encrypted yesterday can be read today
    assert (tmp_path / "airflow.key").stat().st_mode & 0o777 == 0o600
    assert first["AIRFLOW__API__HOST"] == "127.0.0.1"
    secrets = [first[f"AIRFLOW__{name}"] for name in ("CORE__FERNET_KEY", "API__SECRET_KEY", "API_AUTH__JWT_SECRET")]
    assert len({*secrets, (tmp_path / "airflow.key").read_text()}) == 4


def test_the_demo_expects_identities_that_exist() -> None:
    assert {rule_id for rule_id, _ in BROKEN} <= {check.rule_id for check in checks()}


@pytest.mark.parametrize(
    ("arguments", "set_home", "home"),
    [
        ([], None, ".cchc"),
        (["up"], None, ".cchc"),
        (["--layout", "igate"], None, ".cchc-igate"),
        (["up", "--layout", "igate"], None, ".cchc-igate"),
        (["stop", "--layout", "opencps"], None, ".cchc-opencps"),
        (["--layout", "igate"], "mine", "mine"),
    ],
)
def test_each_layout_has_a_home_of_its_own(
    arguments: list[str], set_home: str | None, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Path] = []
    monkeypatch.setattr(program, "HOME", tmp_path / ".cchc")
    monkeypatch.setattr(program, "demo", lambda home, *_, **__: found.append(home) or 0)
    monkeypatch.setattr(program, "up", lambda home, *_: found.append(home) or 0)
    monkeypatch.setattr(program.embedded, "stop", found.append)
    for name in ("CCHC_HOME", "CCHC_INBOX", "CCHC_QUARANTINE_CEILING"):
        monkeypatch.setenv(name, "")  # what the program sets is undone after the test
    if set_home:
        monkeypatch.setenv("CCHC_HOME", str(tmp_path / set_home))
    assert program.main(arguments) == 0
    assert found == [tmp_path / home]


@pytest.mark.parametrize(
    ("loaded_as", "asked", "is_refused"),
    [("", "", False), ("igate", "igate", False), ("", "igate", True), ("igate", "", True)],
)
def test_one_database_never_mixes_two_layouts(loaded_as: str, asked: str, is_refused: bool, warehouse_url: str) -> None:
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into landing.file (source, export, sender, delivered_on, status, layout,"
            " path, sha256, bytes, modified_ns, archived_as)"
            " values ('one_stop_shop', 'one_stop_shop/dossiers', 'duc-co', '2021-12-15', 'accepted', %s,"
            " 'x', 'x', 1, 1, 'x')",
            (loaded_as,),
        )
    layout = other_system.layout(asked) if asked else None
    if is_refused:
        with pytest.raises(UsageError, match="Name another with CCHC_HOME"):
            program._see_no_other(warehouse_url, layout)
    else:
        program._see_no_other(warehouse_url, layout)


class Health(http.server.BaseHTTPRequestHandler):
    """What stands in for Airflow's API server: parts become healthy once they were started."""

    started: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        healthy = {part: {"status": "healthy"} for part in ("metadatabase", *self.started)}
        unhealthy = {part: {"status": None} for part in ("scheduler", "triggerer", "dag_processor")}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(unhealthy | healthy).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def taken_port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        yield server.server_port


def test_airflow_starts_its_api_server_first_and_says_why_a_port_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], taken_port: int
) -> None:
    """A scheduler that finds tasks of the last time while no API server answers makes them fail."""
    events: list[str] = []
    servers: list[http.server.HTTPServer] = []

    class Part:
        pid = 0

        def __init__(self, command: list[str], env: dict[str, str], **_: object) -> None:
            name = command[-1]
            events.append(name)
            if name == "api-server":
                server = http.server.HTTPServer(("127.0.0.1", int(env["AIRFLOW__API__PORT"])), Health)
                threading.Thread(target=server.serve_forever, daemon=True).start()
                servers.append(server)
            else:
                Health.started.append(name.replace("-", "_"))

        def poll(self) -> None: ...
        def terminate(self) -> None: ...
        def wait(self, _: float = 0) -> None: ...

    def waited(parts: dict, page: str, home: Path, wanted: tuple[str, ...]) -> None:
        really_wait(parts, page, home, wanted)
        events.append(" and ".join(wanted))

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    really_wait = airflow._wait
    monkeypatch.setattr(airflow, "_wait", waited)
    monkeypatch.setattr(airflow.subprocess, "Popen", Part)
    monkeypatch.setattr(airflow.time, "sleep", stop)
    monkeypatch.setattr(airflow.signal, "signal", lambda *_: None)
    environment(tmp_path, "postgresql+psycopg2://x@127.0.0.1/airflow")
    assert airflow.serve(tmp_path, "postgresql+psycopg2://x@127.0.0.1/airflow", port=taken_port) == 0
    for server in servers:
        server.shutdown()
        server.server_close()
    assert events == [
        "api-server",
        "metadatabase",
        "scheduler",
        "metadatabase",
        "dag-processor",
        "metadatabase",
        "triggerer",
        "metadatabase and scheduler and triggerer and dag_processor",
    ]
    assert f"Cổng {taken_port} đang được chương trình khác dùng" in capsys.readouterr().err


def test_files_of_ones_own_beside_the_demos_are_known(tmp_path: Path) -> None:
    """They make the demo's figures other ones, which is no fault to be listed."""
    inbox = tmp_path / "inbox" / "hr" / "units" / "2021-12-15"
    inbox.mkdir(parents=True)
    (inbox / "duc-co.csv").touch()
    (tmp_path / "inbox.json").write_text(json.dumps({"files": program._files(tmp_path / "inbox")}))
    assert program._others(tmp_path) == 0
    (inbox / "mine.csv").touch()
    assert program._others(tmp_path) == 1


@pytest.mark.parametrize("was_running", [False, True])
def test_up_stops_the_database_that_it_started_and_ends_well(
    was_running: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = []
    monkeypatch.setattr(program.embedded, "is_running", lambda _: was_running)
    monkeypatch.setattr(program.embedded, "stop", stopped.append)
    monkeypatch.setattr(program, "demo", lambda *_, is_up: 1)  # files of one's own: not what was planted
    monkeypatch.setattr(program.database, "url", lambda _: "postgresql://x@127.0.0.1/x")
    monkeypatch.setattr(airflow, "database_url", lambda _: "postgresql://x@127.0.0.1/x_airflow")
    monkeypatch.setattr(airflow, "serve", lambda *_: 0)
    monkeypatch.setattr(program, "_let_in", lambda *_: None)
    assert program.up(tmp_path) == 0
    assert stopped == ([] if was_running else [tmp_path])
    assert ("make stop" in capsys.readouterr().err) is was_running


def test_whoever_logs_in_to_the_demo_may_do_everything_on_the_pages(warehouse_url: str) -> None:
    for _ in range(2):  # the demo can be repeated
        program._let_in(warehouse_url, airflow.USER)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select name, role, unit_code, password_hash from access.person")
        assert cursor.fetchall() == [("admin", "ops", "*", None)]
