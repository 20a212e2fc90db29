"""The Airflow of the demo and of the tests: its settings, its database, and the process in which DAGs run."""

import base64
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from etl.catalogue import project_files
from etl.errors import SetupError
from etl.warehouse import embedded

USER = "admin"
PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")
PATIENCE = 180  # seconds; half a minute is usual
RUNNER = project_files.ROOT / "ops" / "run_dags.py"


@dataclass(frozen=True)
class Run:
    """How one run of a DAG ended."""

    dag_id: str
    state: str
    note: str | None
    tasks: dict[str, str] = field(default_factory=dict)  # "load_file[0]" -> "success"


def database_url(warehouse_url: str) -> str:
    """URL of Airflow's own database, beside the warehouse on the same server; made if it is missing.

    Raises: SetupError if it cannot be made.
    """
    url = make_url(warehouse_url).set(drivername="postgresql+psycopg2")
    try:
        return embedded.database(url.render_as_string(hide_password=False), f"{url.database}_airflow")
    except psycopg2.Error as error:
        raise SetupError(
            f"Airflow's database {url.database}_airflow cannot be made on {url.host}: {str(error).strip()} Let an"
            " administrator create it for this user, or unset CCHC_WAREHOUSE_URL to use an embedded server."
        ) from None


def environment(home: Path, airflow_url: str) -> dict[str, str]:
    """The environment in which Airflow runs this project's DAGs on one machine; all it writes is below `home`."""
    key = _key(home)
    return os.environ | {
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow_url,
        "AIRFLOW__CORE__DAGS_FOLDER": str(project_files.ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",  # as many processes are forked at once
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "5",  # nobody waits five minutes in front of a demo
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(_derived(key, "fernet")).decode(),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": _derived(key, "api").hex(),
        "AIRFLOW__API_AUTH__JWT_SECRET": _derived(key, "jwt").hex(),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(project_files.ROOT), os.environ.get("PYTHONPATH")])),
    }


class Dags:
    """DAGs run in a process of their own, which prepares itself while the caller does something else."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def run(
        self,
        dag_id: str,
        conf: dict[str, str] | None = None,
        *,
        backfill: str | None = None,
        event: dict | None = None,
        answer: dict[str, str] | None = None,
    ) -> Run:
        """Run one DAG to its end; `backfill`: as Airflow's backfill runs it for a day; `event`: as an event wakes it.

        Input:  `answer`: option, by and reason that a person answers to its questions; None: nobody is waited for.
        Raises: SetupError if the process is gone.
        """
        assert self._process.stdin and self._process.stdout
        try:
            asked = {"dag_id": dag_id, "conf": conf or {}, "backfill": backfill, "event": event, "answer": answer}
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise SetupError(f"Airflow stopped while it ran {dag_id}. Its log says why: {self._log}")
        return Run(**json.loads(answer))


@contextmanager
def dags(settings: dict[str, str], log: Path) -> Iterator[Dags]:
    """A process that runs DAGs with these settings; what Airflow and the tasks say goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, str(RUNNER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
            encoding="utf-8",
            env=settings,
            cwd=project_files.ROOT,
        )
        try:
            yield Dags(process, log)
            process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()


def serve(home: Path, airflow_url: str, *, port: int = 8080) -> int:
    """Run Airflow with its pages until somebody stops it (Ctrl-C); the exit status.

    Raises: SetupError if a part of it does not start, or stops by itself.
    """
    if not _is_free(port):
        taken, port = port, _free_port()
        print(f"Cổng {taken} đang được chương trình khác dùng: Airflow dùng cổng {port}.", file=sys.stderr)
    page = f"http://127.0.0.1:{port}"
    passwords = home / "airflow" / "passwords.json"
    settings = environment(home, airflow_url) | {
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": page,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{page}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }
    password = _password(passwords)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parts: dict[str, subprocess.Popen[bytes]] = {}
    print(f"Airflow đang khởi động, nhật ký ở {home / 'airflow'} …", file=sys.stderr)
    try:
        for name in PARTS:
            # Tasks that were left over from the last time start at once, and fail while no server answers them.
            if name != "api-server":
                _wait(parts, page, home, ("metadatabase",))
            with (home / "airflow" / f"{name}.log").open("wb") as out:
                parts[name] = subprocess.Popen(
                    [sys.executable, "-m", "airflow", name],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=settings,
                    cwd=project_files.ROOT,
                    start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
                )
        _wait(parts, page, home, ("metadatabase", "scheduler", "triggerer", "dag_processor"))
        print(f"\nAirflow: {page}    tên đăng nhập: {USER}    mật khẩu: {password}\nDừng lại: Ctrl-C", flush=True)
        while True:
            _see_alive(parts, home)
            time.sleep(1)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(parts)


def _wait(parts: dict[str, "subprocess.Popen[bytes]"], page: str, home: Path, wanted: tuple[str, ...]) -> None:
    """Until the API server answers that these are healthy."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        _see_alive(parts, home)
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(f"{page}/api/v2/monitor/health", timeout=5) as answer,
        ):
            said = json.load(answer)
            if all(said[part]["status"] == "healthy" for part in wanted):
                return
        time.sleep(0.5)
    raise SetupError(f"Airflow is not healthy after {PATIENCE} seconds. Its logs: {home / 'airflow'}")


def _see_alive(parts: dict[str, "subprocess.Popen[bytes]"], home: Path) -> None:
    for name, process in parts.items():
        if process.poll() is not None:
            raise SetupError(f"`airflow {name}` stopped ({process.returncode}). Its log: {home / 'airflow' / name}.log")


def _stop(parts: dict[str, "subprocess.Popen[bytes]"]) -> None:
    for process in reversed(parts.values()):
        process.terminate()
    for process in parts.values():
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _password(path: Path) -> str:
    """The password of USER, made once; readable by the owner alone."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({USER: secrets.token_urlsafe(12)}, file)
    return json.loads(path.read_text())[USER]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _key(home: Path) -> bytes:
    """One random key below `home`, from which Airflow's secrets are derived; made once, readable by its owner alone."""
    path = home / "airflow.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "airflow").mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_bytes()
    except OSError as error:
        raise SetupError(
            f"{path} cannot be used ({error.strerror}). Set CCHC_HOME to a folder you may write to."
        ) from None


def _derived(key: bytes, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=key[:64], digest_size=32).digest()
