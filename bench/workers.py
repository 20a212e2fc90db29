"""`make bench-workers`: what several senders delivered, loaded by Airflow over one Celery worker, then over two.

How long it took, which statement waited for which, and whether the rows are the same.

Input: SIZE (rows of all senders), SENDERS, OUT (folder of the result; the bench's own if not given) in the environment;
redis-server on the PATH.
"""

import csv
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from threading import Event

from psycopg2 import sql
from sqlalchemy.engine import make_url

from bench import cases, inputs, measuring, report
from bench.measuring import BenchFailed
from demo import airflow
from etl import catalogue, settings
from etl.catalogue import project_files
from etl.errors import CchcError, SetupError
from etl.warehouse import database

DAG = "load__one_stop_shop"
FIGURES = "materialise__indicators"
WORKERS = (1, 2)
PATIENCE = 180  # seconds until a part of Airflow is up; half a minute is usual
LONGEST = 3600  # seconds for a run
GLANCE = 0.1  # seconds between two looks at who waits

# Differ between two runs of the same: the moments, and numbers that are given in the order of the work.
OF_THE_RUN = ["computed_at", "made_at", "materialisation_id"]


def main() -> int:
    """Exit status: 0 measured, and the rows are the same; 1 they are not, or a run failed; 2 wrong use or set-up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        size, senders = measuring.number("SIZE", 400_000), measuring.number("SENDERS", 8)
        redis = shutil.which("redis-server")
        if redis is None:
            raise SetupError(
                "redis-server is not on the PATH: Celery workers take their tasks from it. Install it (Debian:"
                " apt-get install redis-server) and run `make bench-workers` again."
            )
        with cases.workplace() as (home, server):
            result = measure(home, server, redis, size, senders)
            folder = Path(os.environ.get("OUT") or home)  # docs/ holds what was measured with care, and is tracked
        print(report.write_workers(result, folder))
        print(f"\n{folder / 'benchmark.md'}", file=sys.stderr)
        return 1 if result.differing or any(r.deadlocks for r in result.rounds) else 0
    except BenchFailed as error:
        print(f"bench-workers: {error}", file=sys.stderr)
        return 1
    except CchcError as error:
        print(f"bench-workers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def measure(home: Path, server: str, redis: str, size: int, senders: int) -> report.Workers:
    """Load the same delivery with each number of workers."""
    log = home / "bench.log"
    log.unlink(missing_ok=True)
    _say(f"{size:,} rows of {senders} senders: writing them, unless they are there")
    bench = cases.Bench(home, server, inputs.prepare(home / f"inputs-{size}", size, log=log), log)
    inbox = home / "inbox"
    divide(bench.inputs.file("first"), inbox, senders)
    with closing(database.connect(server)) as connection:
        machine = measuring.machine(connection)
    rounds, rows = [], []
    with ExitStack() as stack:
        airflow_url = stack.enter_context(cases.database(bench, "airflow"))
        parts = stack.enter_context(_parts(home, airflow_url, redis))
        with cases.database(bench, "workers") as url:
            _first_runs(bench, url, parts)
        for workers in WORKERS:
            with cases.database(bench, "workers") as url:
                cases.load_reference(bench, url)
                rounds.append(_round(bench, url, parts, workers, inbox=inbox))
                rows.append(fingerprints(url))
            _say(f"{workers} worker(s): {rounds[-1].run:.1f} s")
    _see_that_all_is_there(bench, rows[0])
    differing = [table for table in rows[0] if any(other[table] != rows[0][table] for other in rows)]
    return report.Workers(senders, size, measuring.today(), machine, rounds, len(rows[0]), differing)


def divide(delivered: Path, inbox: Path, senders: int) -> None:
    """Divide a delivery by desks among several senders, as if each district had sent its own.

    Input: rows in the order of their desks, whose number begins the code of a dossier.
    """
    place = inbox / inputs.DOSSIERS / delivered.parent.name
    shutil.rmtree(inbox, ignore_errors=True)
    place.mkdir(parents=True)
    with ExitStack() as stack:
        files = [
            stack.enter_context((place / f"huyen-{n + 1}.csv").open("w", encoding="utf-8", newline=""))
            for n in range(senders)
        ]
        writers = [csv.writer(file) for file in files]
        rows = csv.reader(stack.enter_context(delivered.open(encoding="utf-8", newline="")))
        header, turn = next(rows), 0
        for writer in writers:
            writer.writerow(header)
        for row in rows:
            if desk := re.match(r"(\d{3})\.", row[0]):  # a row without a code stays with the desk before it
                turn = int(desk[1]) * senders // inputs.UNITS
            writers[turn].writerow(row)


def fingerprints(url: str) -> dict[str, tuple[int, int]]:
    """Of every table of core, quality and mart: how many rows, and a sum over all that they say, in whatever order."""
    found = {}
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            select n.nspname, c.relname, array_agg(a.attname::text order by a.attnum)
            from pg_class as c
            join pg_namespace as n on n.oid = c.relnamespace
            join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname in ('core', 'quality', 'mart')
                and c.relkind in ('r', 'p')
                and not c.relispartition
                and a.attname <> all(%s)
            group by 1, 2
            order by 1, 2
            """,
            (OF_THE_RUN,),
        )
        for schema, table, columns in cursor.fetchall():
            cursor.execute(
                sql.SQL(
                    "select count(*), coalesce(sum(hashtextextended(said::text, 0)), 0)::text"
                    " from (select {} from {}) as said"
                ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, table))
            )
            found[f"{schema}.{table}"] = cursor.fetchone()
    return found


def _see_that_all_is_there(bench: cases.Bench, rows: dict[str, tuple[int, int]]) -> None:
    """Two runs that load nothing would be the same."""
    made = bench.inputs
    wanted = {"core.dossier": made.good, "quality.quarantined_row": made.rows - made.good}
    found = {table: rows[table][0] for table in wanted}
    if found != wanted or not rows["mart.indicator"][0]:
        raise BenchFailed(f"rows: {wanted} and figures expected, {found} and {rows['mart.indicator'][0]} figures found")


# --- one round --------------------------------------------------------------------------------------------------------


def _first_runs(bench: cases.Bench, url: str, parts: "_Parts") -> None:
    """Airflow makes up for the last night as soon as it knows a DAG: let it, while there is nothing to load."""
    empty = bench.home / "inbox-empty"
    empty.mkdir(exist_ok=True)
    with _workers(bench, url, parts, 1, inbox=empty):
        ended = len(catalogue.sources())
        parts.until(
            lambda: parts.rows("select count(*) from dag_run where state = 'success'") == [(ended,)],
            "the first runs of the DAGs",
            PATIENCE,
        )


@contextmanager
def _workers(bench: cases.Bench, url: str, parts: "_Parts", workers: int, *, inbox: Path) -> Iterator[None]:
    with ExitStack() as stack:
        for n in range(workers):
            stack.enter_context(parts.worker(n + 1, bench.environment(url) | {"CCHC_INBOX": str(inbox)}))
        parts.until(lambda: len(parts.celery.control.ping(timeout=2)) == workers, "the workers", PATIENCE)
        yield


def _round(bench: cases.Bench, url: str, parts: "_Parts", workers: int, *, inbox: Path) -> report.Round:
    run_id = f"workers-{workers}"
    with _workers(bench, url, parts, workers, inbox=inbox), waits(url) as waited:
        parts.airflow("dags", "trigger", DAG, "--run-id", run_id)
        run = parts.ended(
            "select queued_at, end_date, state from dag_run where dag_id = %s and run_id = %s", DAG, run_id
        )
        figures = parts.ended(
            "select queued_at, end_date, state from dag_run where dag_id = %s and queued_at > %s", FIGURES, run[0]
        )
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select deadlocks from pg_stat_database where datname = current_database()")
        [deadlocks] = cursor.fetchone()
    [(first, last, worked)] = parts.rows(
        "select min(start_date), max(end_date), sum(duration) from task_instance"
        " where dag_id = %s and run_id = %s and task_id = 'load_file'",
        DAG,
        run_id,
    )
    loads = (last - first).total_seconds()
    return report.Round(
        workers=workers,
        run=(run[1] - run[0]).total_seconds(),
        loads=loads,
        at_once=worked / loads,
        figures=(figures[1] - figures[0]).total_seconds(),
        deadlocks=deadlocks,
        waits={what: round(glances * GLANCE, 1) for what, glances in waited.items()},
    )


@contextmanager
def waits(url: str) -> Iterator[Counter[str]]:
    """Look again and again which statement waits for a lock that another holds; how often each was seen to."""
    seen: Counter[str] = Counter()
    over = Event()

    def look() -> None:
        with closing(database.connect(url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not over.wait(GLANCE):
                cursor.execute(
                    """
                    select
                        coalesce(wanted.relation::regclass::text, wanted.locktype),
                        wanted.mode,
                        waiting.query,
                        holding.query
                    from pg_stat_activity as waiting
                    cross join lateral unnest(pg_blocking_pids(waiting.pid)) as blocker
                    join pg_stat_activity as holding on holding.pid = blocker
                    join pg_locks as wanted on wanted.pid = waiting.pid and not wanted.granted
                    where waiting.datname = current_database()
                    """
                )
                for target, mode, waiting, holding in cursor.fetchall():
                    seen[f"{mode} on {target}: `{_shape(waiting)}` behind `{_shape(holding)}`"] += 1

    with ThreadPoolExecutor(1) as other_thread:
        looking = other_thread.submit(look)
        try:
            yield seen
        finally:
            over.set()
    looking.result()  # raises what ended it early: then nothing was seen, which is not the same as nobody waited


def _shape(statement: str) -> str:
    """The beginning of a statement, without what it was given."""
    words = " ".join(statement.split())
    return re.sub(r"'[^']*'|\d+", "…", words)[:80]


# --- Airflow, with Celery ---------------------------------------------------------------------------------------------


class _Parts:
    """The parts of an Airflow that share its database and its broker."""

    def __init__(self, home: Path, airflow_url: str, environment: dict[str, str]) -> None:
        from celery import Celery

        self._home, self._url, self._environment = home, airflow_url, environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.celery = Celery(broker=environment["AIRFLOW__CELERY__BROKER_URL"])

    @contextmanager
    def part(self, name: str, command: list[str], environment: dict[str, str], said: str = "") -> Iterator[None]:
        """A process, with a log of its own, until the block ends; `said` is its standard input."""
        with (self._home / f"{name}.log").open("wb") as out:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=project_files.ROOT,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
            )
        self._processes[name] = process
        assert process.stdin
        process.stdin.write(said.encode())
        process.stdin.close()
        try:
            yield
        finally:
            del self._processes[name]
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it left behind
            process.wait()

    def service(self, *arguments: str) -> AbstractContextManager[None]:
        command = [sys.executable, "-m", "airflow", *arguments]
        return self.part(arguments[0], command, self._environment)

    def worker(self, number: int, environment: dict[str, str]) -> AbstractContextManager[None]:
        """A Celery worker that runs one task at a time, on the warehouse that the environment names."""
        name = f"worker-{number}"
        command = [sys.executable, "-m", "airflow", "celery", "worker"]
        command += ["--concurrency", "1", "--celery-hostname", f"{name}@%h", "--skip-serve-logs"]
        return self.part(name, command, environment | self._environment)

    def airflow(self, *arguments: str) -> None:
        """Run a command of Airflow to its end."""
        command = [sys.executable, "-m", "airflow", *arguments]
        measuring.run(command, environment=self._environment, log=self._home / "bench.log")

    def rows(self, statement: str, *parameters: object) -> list[tuple]:
        """Ask Airflow's database."""
        with database.transaction(self._url) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def ended(self, statement: str, *parameters: object) -> tuple:
        """Wait for the end of the run that a query finds: when it was queued, when it ended, its state.

        Raises: BenchFailed if it did not succeed.
        """
        found: list[tuple] = []

        def has_ended() -> bool:
            found[:] = self.rows(statement, *parameters)
            return bool(found) and found[0][2] in ("success", "failed")

        self.until(has_ended, f"the run of {parameters[0]}", LONGEST)
        if found[0][2] != "success":
            raise BenchFailed(f"the run of {parameters[0]} failed. Its logs: {self._home / 'airflow' / 'logs'}")
        return found[0]

    def until(self, is_so: Callable[[], bool], what: str, patience: float) -> None:
        """Wait for something, while all parts are alive.

        Raises: SetupError if one is not, or if it takes too long.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise SetupError(f"{name} stopped ({process.returncode}). Its log: {self._home / name}.log")
            with suppress(OSError):
                if is_so():
                    return
            time.sleep(0.5)
        raise SetupError(f"{what}: nothing after {patience:.0f} seconds. The logs: {self._home}/*.log")


@contextmanager
def _parts(home: Path, airflow_url: str, redis: str) -> Iterator[_Parts]:
    """Redis, and all of Airflow but the workers, with an empty database."""
    broker, page, password = _free_port(), _free_port(), secrets.token_hex(24)
    base = f"http://127.0.0.1:{page}"
    environment = airflow.environment(home, airflow_url) | {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__PORT": str(page),
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__CELERY__BROKER_URL": f"redis://:{password}@127.0.0.1:{broker}/0",
        # Celery asks for the driver by name
        "AIRFLOW__CELERY__RESULT_BACKEND": "db+"
        + make_url(airflow_url).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False),
        "AIRFLOW__CELERY__OPERATION_TIMEOUT": "10",
    }
    of_the_user = ("CCHC_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in environment.items() if not name.startswith(of_the_user)}
    parts = _Parts(home, airflow_url, environment)
    _say("Redis, and Airflow with the CeleryExecutor")
    # on standard input: nobody sees the password in a list of processes
    asked = f'bind 127.0.0.1\nport {broker}\nrequirepass {password}\nsave ""\ndir {home}\n'
    with ExitStack() as stack:
        stack.enter_context(parts.part("redis", [redis, "-"], environment, asked))
        parts.airflow("db", "migrate")
        parts.airflow("pools", "set", "warehouse", str(settings.slots()), "bench")
        for name in ("api-server", "scheduler", "dag-processor"):
            stack.enter_context(parts.service(name))
        parts.until(lambda: urllib.request.urlopen(f"{base}/api/v2/version", timeout=5).status == 200, base, PATIENCE)
        parts.until(
            lambda: parts.rows("select count(*) from dag where dag_id in (%s, %s)", DAG, FIGURES) == [(2,)],
            "the DAGs",
            PATIENCE,
        )
        yield parts


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
