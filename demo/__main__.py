"""`make demo`: Đức Cơ district in 2021, from the delivered files through the real DAGs to the printed appendix.

`python -m demo` writes what the district delivered, loads it, makes the figures and prints them beside what the
district printed; it says so when they are not what they must be. `python -m demo up` leaves Airflow running until
it is stopped, `python -m demo stop` stops the database that the demo and its commands leave running.

`--layout igate` (with each of the three): the dossiers are written as VNPT iGate exports them, or as another layout of
`etl/contracts/one_stop_shop/layouts/` says. What such a file has no column for cannot be computed, and says why; every
other figure must be the same. It has a home of its own, `.cchc-igate`.
"""

import hashlib
import json
import os
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from demo import airflow, other_system, printout, publishing
from demo.calendar import WINDOW_END, WINDOW_START
from demo.exports import SENDER, Planted, write_exports
from etl import catalogue, settings
from etl.catalogue import Layout, project_files
from etl.errors import CchcError, UsageError
from etl.migration import schema
from etl.nightly import dag_runs
from etl.periods import Period
from etl.stewardship import people
from etl.warehouse import database, embedded

HOME = project_files.ROOT / ".cchc"
PERIOD = "2021-N"
REPORTED = Period.parse(PERIOD).with_window(WINDOW_START, WINDOW_END)
# The annual report states its own window; the other reports of the year follow the calendar.
PERIODS: dict[str, dict[str, str]] = {
    PERIOD: {"from": WINDOW_START.isoformat(), "to": WINDOW_END.isoformat()},
    "2021-Q1": {},
    "2021-Q2": {},
    "2021-Q3": {},
    "2021-6T": {},
}


@dataclass
class Clock:
    """Says on standard error what is being done, and how long it took."""

    began: float

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.began:5.1f} s  {text}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Exit status: 0 all figures are right; 1 some are not, or a DAG failed; 2 wrong use or set-up."""
    try:
        command, layout = _asked(arguments)
        own_home = HOME.with_name(f"{HOME.name}-{layout.name}") if layout else HOME
        os.environ["CCHC_HOME"] = os.environ.get("CCHC_HOME") or str(own_home)
        home = settings.read().home
        # the demo never reads an office's real inbox, nor writes to it
        os.environ["CCHC_INBOX"] = str(home / "inbox")
        # up to a third of a small list are planted errors: a run is green where just these are found
        os.environ["CCHC_QUARANTINE_CEILING"] = "50"
        if command == "stop":
            embedded.stop(home)
            return 0
        return up(home, layout) if command == "up" else demo(home, layout)
    except CchcError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _asked(arguments: list[str]) -> tuple[str, Layout | None]:
    """The command, and the layout by which the dossiers are to be written.

    Raises: UsageError if the arguments say anything else.
    """
    match arguments:
        case [*command, "--layout", name]:
            layout = other_system.layout(name)
        case command:
            layout = None
    if command not in ([], ["up"], ["stop"]):
        raise UsageError(
            "write `python -m demo`, `python -m demo up` to leave Airflow running, or `python -m demo stop` to stop the"
            " database; and `--layout igate` behind it for dossiers as VNPT iGate exports them."
        )
    return (command[0] if command else ""), layout


def up(home: Path, layout: Layout | None = None) -> int:
    """The demo, then Airflow until somebody stops it; the database stops with it if it was not there before."""
    was_running = embedded.is_running(home)
    try:
        demo(home, layout, is_up=True)  # what is not as it must be has been told; Airflow is there to look at it
        url = database.url(settings.read())
        _let_in(url, airflow.USER)
        return airflow.serve(home, airflow.database_url(url))
    finally:
        if not was_running:
            embedded.stop(home)
        elif not settings.read().warehouse_url:
            stop = printout.command("make stop", layout.name if layout else "")
            print(f"PostgreSQL vẫn chạy như trước. Dừng lại: {stop}", file=sys.stderr)


def _let_in(url: str, name: str) -> None:
    """Let whoever logs in to the demo's Airflow see and do everything on the stewards' pages there."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        if name not in {one.name for one in people.accounts(cursor) if one.removed_at is None}:
            people.add(cursor, name, "ops", people.EVERY_UNIT, password=None, by="demo")


def demo(home: Path, layout: Layout | None = None, *, is_up: bool = False) -> int:
    """Write, load, make, print; 0 if everything is as the printed report and the planted errors want it."""
    clock = Clock(time.monotonic())
    configured = settings.read()
    clock.say("PostgreSQL")
    url = database.url(configured)
    schema.migrate(url)
    _see_no_other(url, layout)
    log = home / "airflow" / "demo.log"
    with airflow.dags(airflow.environment(home, airflow.database_url(url)), log) as dags:
        clock.say("dữ liệu huyện Đức Cơ giao ngày 15/12/2021")
        planted = _written(home, layout)
        ran = _run(dags, clock)
        clock.say("xong")
        wrong = [
            f"DAG {run.dag_id} kết thúc với trạng thái {run.state}"
            f" ({', '.join(task for task, state in run.tasks.items() if state == 'failed')}); xem {log}"
            for run in ran
            if run.state != "success"
        ]
        if not wrong:  # figures of a load that failed would only hide the reason
            with closing(database.connect(url)) as connection:
                wrong = printout.everything(connection, REPORTED, planted)
                wrong += publishing.publish(url, REPORTED, home)
                kept_in = "CCHC_WAREHOUSE_URL" if configured.warehouse_url else f"địa chỉ trong {home / 'postgres.url'}"
                printout.where_to_look(connection, home, kept_in, planted, is_up=is_up)
    others = _others(home)
    if others and all(run.state == "success" for run in ran):
        # what was planted is then no measure of what was found
        print(f"Hộp nhận có thêm {others} tệp ngoài dữ liệu mẫu: số liệu trên gồm cả các tệp ấy, không so với bản in.")
        return 0
    is_new = any(run.note != dag_runs.NOTHING_NEW for run in ran)
    return _verdict(wrong, printout.untold(planted, REPORTED), is_new=is_new)


def _see_no_other(url: str, layout: Layout | None) -> None:
    """Raises: UsageError if the demo's dossiers were loaded here as another system writes them: both would be mixed."""
    name = layout.name if layout else ""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select layout from landing.file where export = %s and sender = %s and layout <> %s"
            " and status in ('accepted', 'accepted_with_errors') limit 1",
            (other_system.EXPORT, SENDER, name),
        )
        if found := cursor.fetchone():
            raise UsageError(
                f"this database has the demo's dossiers as {found[0] or 'their contract'} writes them, not as"
                f" {name or 'their contract'} does. Name another with CCHC_HOME or CCHC_WAREHOUSE_URL, or unset them."
            )


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _others(home: Path) -> int:
    """How many files lie in the inbox that the demo did not write."""
    written = json.loads((home / "inbox.json").read_text("utf-8"))["files"]
    return len(set(_files(home / "inbox")) - set(written))


def _run(dags: airflow.Dags, clock: Clock) -> list[airflow.Run]:
    """Load what each source delivered, then make the figures of the year."""
    asked = [(f"load__{source}", {}) for source in catalogue.sources()]
    asked += [("materialise__indicators", {"period": period} | window) for period, window in PERIODS.items()]
    ran = []
    for dag_id, conf in asked:
        clock.say(f"DAG {dag_id} {conf.get('period', '')}")
        ran.append(dags.run(dag_id, conf))
    return ran


def _written(home: Path, layout: Layout | None) -> Planted:
    """Write what the district delivered, unless it lies there already; what was planted in it."""
    folder, receipt = home / "inbox", home / "inbox.json"
    writers = [
        p for p in sorted(Path(__file__).parent.glob("*.py")) if p.stem not in ("__main__", "airflow", "printout")
    ]
    made_by = hashlib.sha256(b"".join([*(p.read_bytes() for p in writers), repr(layout).encode()])).hexdigest()
    if receipt.exists() and folder.is_dir():
        kept = json.loads(receipt.read_text("utf-8"))
        if kept.pop("made_by") == made_by and kept.pop("files", None):
            return Planted(**{name: Counter(said) if isinstance(said, dict) else said for name, said in kept.items()})
    planted = write_exports(folder, layout=layout)
    written = {"made_by": made_by, "files": _files(folder)}
    receipt.write_text(json.dumps(written | vars(planted), ensure_ascii=False), "utf-8")
    return planted


def _verdict(wrong: list[str], untold: str, *, is_new: bool) -> int:
    if wrong:
        print("\nKHÔNG ĐÚNG NHƯ MONG ĐỢI:")
        for line in wrong:
            print(f"- {line}")
        return 1
    print("Mọi số liệu, đối chiếu và số dòng lỗi đều đúng như mong đợi.")
    if untold:
        print(untold)
    if not is_new:
        print("Không có gì mới: dữ liệu và số liệu vẫn như lần chạy trước.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
