"""Kill loads at random moments: python -m tests.slow.kills [--kills 100] [--seed 1]

After each kill -9, before anything else runs, the warehouse shows what stood before or after a whole file of a load
that nobody disturbed, and its figures are made from that. After the next run it is, row for row, that load's.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from etl import pipeline, settings
from etl.catalogue import project_files
from etl.figures import counts, period_figures
from etl.migration import schema
from etl.periods import Period
from etl.warehouse import database, embedded
from tests.databases import content, fresh_database, rows
from tests.inbox import PROCEDURES, UNITS, deliver

State = dict[str, list[str]]
DOSSIERS = "one_stop_shop/dossiers"


def dossiers(numbers: range, finished: int = 0) -> str:
    """Open dossiers, of which some are finished; every tenth row is bad."""
    lines = ["Mã hồ sơ | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái"]
    for n in numbers:
        unit = ("23857", "23860", "23863")[n % 3]
        end, status = ("06/12/2021", "Đã xử lý xong") if n < finished else ("", "Đang xử lý")
        end = "30/11/2021" if n % 10 == 9 else end
        lines.append(f"000.00.16.H21-211201-{n:04d} | {unit} | 01/12/2021 | 07/12/2021 | {end} | {status}")
    return "\n".join(lines)


MORE_UNITS = UNITS + "    23863 | Xã Ia Krêl | 631 | UBND cấp xã\n"
FIRST = [("hr/units", "2021-12-01", UNITS), ("one_stop_shop/procedures", "2021-12-01", PROCEDURES)]
NIGHTS = {
    day: (DOSSIERS, f"2021-12-{day:02d}", dossiers(range(60 * (day - 5)), finished=20 * (day - 6))) for day in (6, 7, 8)
}
# what is there before, and what arrives
SCENARIOS = {
    "first": ([], [*FIRST, NIGHTS[6]]),
    "next": ([*FIRST, NIGHTS[6]], [NIGHTS[7]]),
    "late": ([*FIRST, NIGHTS[7], NIGHTS[8]], [NIGHTS[6]]),
    "stale": ([*FIRST, NIGHTS[6], NIGHTS[7]], [("hr/units", "2021-12-08", MORE_UNITS)]),
    "late and stale": ([*FIRST, NIGHTS[7], NIGHTS[8]], [NIGHTS[6], ("hr/units", "2021-12-02", MORE_UNITS)]),
}


@dataclass
class Scenario:
    """A warehouse to be copied, and what a load that nobody disturbs makes of it."""

    configured: settings.Settings
    inbox: Path
    template: str
    states: list[State] = field(default_factory=list)
    final: State = field(default_factory=dict)
    seconds: float = 0.0  # from the moment when the files are landed to the end


def seen(url: str) -> State:
    """What readers see, and the figures that would be made of it now."""
    state = content(url)
    state.pop("landing.file")
    for count in counts.declared():
        state[count.table] = sorted(map(str, rows(url, f"table {count.table}")))
    connection = database.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select exists (select from core.unit)")
            if cursor.fetchone()[0]:
                period_figures.materialise(connection, Period.parse("2021-N"))
            for view, changing in (("indicator_annual", "computed_at"), ("dossier_flow", "computed_at")):
                cursor.execute(f"select to_jsonb(made) - '{changing}' from reporting.{view} as made")
                state[view] = sorted(str(row) for (row,) in cursor.fetchall())
    finally:
        connection.close()  # nothing of it is kept
    return state


def load(configured: settings.Settings, url: str, inbox: Path) -> Iterator[None]:
    """Load in this process; stops after every file."""
    pipeline.land(configured, url, inbox=str(inbox))
    for _ in pipeline.load_waiting(configured, url):
        yield


def prepare(name: str, server_url: str, template: str, folder: Path, on_database: Callable) -> Scenario:
    before, arrives = SCENARIOS[name]
    base = folder / name.replace(" ", "_")
    base.mkdir(parents=True)
    configured = replace(settings.read(), archive=base / "archive", home=base / "home")
    url = embedded.database(server_url, template)
    for one in before:
        deliver(base / "inbox", *one)
    if before:
        for _ in load(configured, url, base / "inbox"):
            pass
    for one in arrives:
        deliver(base / "inbox", *one)
    made = Scenario(configured, base / "inbox", template)
    with on_database(made) as (undisturbed, copy):
        made.states.append(seen(copy))
        for _ in load(undisturbed, copy, made.inbox):
            made.states.append(seen(copy))
        made.final = content(copy)
    with on_database(made) as (undisturbed, copy):
        work = _process(undisturbed, copy, made.inbox)
        _wait_until_landed(copy, len(before) + len(arrives), work)
        began = time.monotonic()
        work.wait()
        made.seconds = time.monotonic() - began
        assert content(copy) == made.final, name
    return made


def _process(configured: settings.Settings, url: str, inbox: Path) -> subprocess.Popen:
    environment = os.environ | {
        "CCHC_WAREHOUSE_URL": url,
        "CCHC_ARCHIVE": str(configured.archive),
        "CCHC_HOME": str(configured.home),
        "PYTHONPATH": str(project_files.ROOT),
    }
    command = [sys.executable, "-m", "etl", "load", str(inbox)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(server_url: str, migrated: str, folder: Path, *, kills: int, seed: int) -> dict[str, int]:
    """Kill so many loads; how many of them had written something that was not committed, by scenario.

    Raises: AssertionError at the first difference.
    """
    chance = random.Random(seed)

    @contextmanager
    def on_database(scenario: Scenario) -> Iterator[tuple[settings.Settings, str]]:
        """A copy of the scenario's warehouse and of its archive."""
        archive = Path(tempfile.mkdtemp(dir=folder))
        if scenario.configured.archive.exists():
            shutil.copytree(scenario.configured.archive, archive, dirs_exist_ok=True)
        with fresh_database(server_url, scenario.template) as url:
            yield replace(scenario.configured, archive=archive), url
        shutil.rmtree(archive)

    scenarios = {}
    for number, name in enumerate(SCENARIOS):
        template = f"kills_{number}"
        _copy(server_url, migrated, template)
        scenarios[name] = prepare(name, server_url, template, folder, on_database)
    between: dict[str, int] = dict.fromkeys(SCENARIOS, 0)
    for number in range(kills):
        name = list(SCENARIOS)[number % len(SCENARIOS)]
        scenario = scenarios[name]
        after = scenario.seconds * chance.uniform(0, 1)
        with on_database(scenario) as (configured, url):
            work = _process(configured, url, scenario.inbox)
            _wait_until_landed(url, sum(map(len, SCENARIOS[name])), work)
            time.sleep(after)
            is_writing = rows(url, WRITING)[0][0]
            work.send_signal(signal.SIGKILL)
            work.wait()
            between[name] += is_writing
            _wait_until_nobody_works(url)
            now = seen(url)
            which = next((i for i, state in enumerate(scenario.states) if state == now), None)
            assert which is not None, f"{name}, kill {number} after {after:.2f} s: {_nearest(now, scenario.states)}"
            for _ in load(configured, url, scenario.inbox):
                pass
            last = content(url)
            assert last == scenario.final, (
                f"{name}, kill {number} after {after:.2f} s: {_nearest(last, [scenario.final])}"
            )
            print(
                f"{number + 1:4d} {name:15} killed after {after:5.2f} s: state {which} of {len(scenario.states) - 1}"
                f"{', rows were written and not committed' if is_writing else ''}",
                flush=True,
            )
    return between


WRITING = (
    "select exists (select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and backend_type = 'client backend' and backend_xid is not null)"
)


def _wait_until_landed(url: str, files: int, work: subprocess.Popen) -> None:
    """What comes before is the interpreter's, and nothing that a kill could harm."""
    connection = database.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            while work.poll() is None:
                cursor.execute("select count(*) from landing.file")
                if cursor.fetchone()[0] >= files:
                    return
                time.sleep(0.005)
    finally:
        connection.close()
    raise AssertionError("the load ended before it landed its files")


def _copy(server_url: str, migrated: str, name: str) -> None:
    admin = create_engine(make_url(server_url), isolation_level="autocommit")
    with admin.connect() as connection:
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name} template {migrated}"))
    admin.dispose()


def _wait_until_nobody_works(url: str) -> None:
    """The server notices by and by that the process is gone, and takes back what it had not committed."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    for _ in range(600):
        if rows(url, f"{others} and backend_type = 'client backend'") == [(0,)]:
            return
        time.sleep(0.05)
    raise AssertionError("a session of a killed process goes on")


def _nearest(now: State, states: list[State]) -> str:
    """In which tables a state differs from the one that it is most like."""
    differing = min(({t for t in now if now[t] != state[t]} for state in states), key=len)
    return f"no whole file's state: {', '.join(sorted(differing))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="cchc-kills-"))
    home.chmod(0o711)
    os.environ |= {"CCHC_HOME": str(home), "CCHC_PSEUDONYM_KEY": "0123456789abcdef" * 2}
    try:
        server_url = embedded.start(home, durable=False)
        schema.migrate(embedded.database(server_url, "migrated"))
        between = run(server_url, "migrated", home / "work", kills=asked.kills, seed=asked.seed)
        print(f"{asked.kills} kills: nothing half done.")
        print(f"Rows were written and not committed in {sum(between.values())} of them: {between}")
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
