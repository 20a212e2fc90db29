"""One process, measured: wall time, its own CPU time, its peak memory. And the machine that it ran on."""

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection

from etl.catalogue import project_files
from etl.errors import CchcError, UsageError
from etl.periods import LOCAL

MB = 1024 if sys.platform == "linux" else 1024 * 1024  # the kernel counts peak memory in KiB, macOS in bytes

# What decides how fast PostgreSQL writes.
SETTINGS = (
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "wal_compression",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "jit",
    "max_parallel_workers_per_gather",
)


class BenchFailed(CchcError):
    """A measurement that means nothing: a case did not run to its end, or did not do its work."""


@dataclass(frozen=True)
class Measure:
    """What one process took. CPU and memory are those of the Python process, not of PostgreSQL."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(command: list[str], *, environment: dict[str, str], log: Path) -> Measure:
    """Run a command to its end; what it says goes to `log`.

    Raises: BenchFailed if it ends with another status than 0.
    """
    began = time.monotonic()
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=environment, cwd=project_files.ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        _, status, usage = os.wait4(process.pid, 0)  # unlike Popen.wait, it says what the process took
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchFailed(
            f"`{' '.join(command[1:4])} …` ended with status {process.returncode}. Its log says why: {log}"
        )
    return Measure(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MB)


def number(name: str, usual: int) -> int:
    """A whole number of the environment.

    Raises: UsageError if it is none, or not above 0.
    """
    given = os.environ.get(name) or str(usual)
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"{name}={given}: write a whole number above 0.")
    return int(given)


def today() -> str:
    """The day of a measurement."""
    return datetime.now(LOCAL).date().isoformat()


def machine(connection: Connection) -> dict[str, str]:
    """What the measurements ran on."""
    with connection.cursor() as cursor:
        cursor.execute("select name, current_setting(name) from unnest(%s) as name", (list(SETTINGS),))
        settings = ", ".join(f"{name} {value}" for name, value in cursor.fetchall())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory",
        "system": f"{_system()}, Python {platform.python_version()}",
        "database": f"PostgreSQL {connection.info.parameter_status('server_version')} on the same machine; {settings}",
        "load": f"{os.getloadavg()[0]:.1f} before the first case (other work on the machine makes every figure worse)",
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform()
