"""The result: every measurement as data in docs/benchmark.json, and docs/benchmark.md, a page made of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.measuring import Measure
from etl.catalogue import project_files

FOLDER = project_files.ROOT / "docs"

TITLES = {
    "a": "bare typed `COPY` into a partitioned table with its key: the limit",
    "b": "`pandas.read_csv` + `DataFrame.to_sql`; no key, no checks",
    "c": "`dlt`, merge on the key; all text, no checks",
    "d": "`cchc load`: read, all rules, quarantine, merge with history, daily counts",
    "e": "`cchc load` of the next night, 0.5 % of the rows changed",
    "f": "`cchc load` of the same file again",
    "g": "`cchc materialise` of a year and its four quarters, 200 units",
    "g2": "the same after e",
}
# At a million rows on two cores.
AIMS_FROM = 1_000_000


@dataclass(frozen=True)
class Result:
    """Every measure of one size: by case, one per repeat. A case that is missing has its reason in `left_out`."""

    size: int
    bytes: int
    date: str
    machine: dict[str, str]
    start_up: float  # seconds
    measures: dict[str, list[Measure]]
    left_out: dict[str, str]
    stored: dict[str, int]  # bytes after d: the rows of core.dossier, their indexes, the whole database

    def seconds(self, case: str) -> float | None:
        return median(m.seconds for m in self.measures[case]) if case in self.measures else None

    def peak_mb(self, case: str) -> float | None:
        return max(m.peak_mb for m in self.measures[case]) if case in self.measures else None


@dataclass(frozen=True)
class Aim:
    """One aim, and what was reached."""

    text: str
    reached: float | None  # None: a case that it compares with was left out
    most: float  # the aim holds up to here
    unit: str

    def line(self) -> str:
        if self.reached is None:
            return f"- {self.text}: not measured"
        held = "held" if self.reached <= self.most else "**not held**"
        return f"- {self.text}: {self.reached:.2f} {self.unit}, {held}"


@dataclass(frozen=True)
class Round:
    """One load of what several senders delivered, over some Celery workers. Times in seconds."""

    workers: int
    run: float  # from the trigger of the DAG to its success
    loads: float  # from the start of its first load_file to the end of the last
    at_once: float  # loads under way in that time, on average
    figures: float  # the run of materialise__indicators that it set off
    deadlocks: int
    waits: dict[str, float]  # which statement waited for which, and how long


@dataclass(frozen=True)
class Workers:
    """The same delivery, loaded with one worker and with two."""

    senders: int
    rows: int
    date: str
    machine: dict[str, str]
    rounds: list[Round]
    tables: int  # whose rows were compared
    differing: list[str]


def write(result: Result, folder: Path) -> str:
    """Put a result in the place of the last one of its size, and make the page anew; the section of this size."""
    entry = vars(result) | {
        "measures": {case: [vars(m) for m in measures] for case, measures in result.measures.items()}
    }
    return _write(folder, f"{result.size}", entry)


def write_workers(result: Workers, folder: Path) -> str:
    """The same for several workers."""
    return _write(folder, "workers", vars(result) | {"rounds": [vars(r) for r in result.rounds]})


def _write(folder: Path, name: str, entry: dict) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "benchmark.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept[name] = entry
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    results = {int(size): _read(of_size) for size, of_size in kept.items() if size != "workers"}
    sections = {f"{size}": _section(results[size], results.get(size // 10)) for size in sorted(results)}
    if "workers" in kept:
        workers = kept["workers"]
        sections["workers"] = _workers(Workers(**workers | {"rounds": [Round(**r) for r in workers["rounds"]]}))
    (folder / "benchmark.md").write_text("\n\n".join([_INTRODUCTION, *sections.values()]) + "\n", "utf-8")
    return sections[name]


def _read(entry: dict) -> Result:
    measures = {case: [Measure(**m) for m in measures] for case, measures in entry["measures"].items()}
    return Result(**entry | {"measures": measures})


_INTRODUCTION = """# Benchmark

Written by `make bench` (`SIZE=100000|1000000|10000000`, `REPEATS`, `CASES`) and `make bench-workers`; do not edit.
Every single measurement stands in `docs/benchmark.json`.

- One generated export of dossiers: 22 columns, 1 % of the rows faulty in eighteen ways.
- Every case is a whole process, timed from outside, on a fresh database of one PostgreSQL server on the same machine.
  The cases take turns in every repeat. A checkpoint before each puts on disk what the one before it wrote; before e,
  autovacuum has passed.
- a copies the good rows, typed beforehand, and imports nothing of ours; b and c take the delivered file.
- d, e and f find the units and procedures loaded. Starting Python, keeping the bytes, reading, our own pass, Great
  Expectations and the page that it fills are in their time. In f the bytes of e are delivered anew a day later.
- g is one command for the five periods.
- CPU and peak memory are those of the Python process, without PostgreSQL.
- Rows, violations by rule, quarantine, history and figures are counted in every repeat: a case that does not leave
  behind what it must is no result."""


def _section(result: Result, smaller: Result | None) -> str:
    limit = result.seconds("a")
    lines = [
        f"## {result.size:,} rows ({result.bytes / 1e6:,.0f} MB), {result.date}",
        "",
        *(f"- {value}" for value in result.machine.values()),
        f"- of d, e and f, Python starting and importing: {result.start_up:.1f} s",
        *([_stored(result)] if result.stored else []),
        "",
        "| | case | repeats | seconds, median | min-max | x a | µs a row | CPU s | peak MB |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for case, title in TITLES.items():
        if case not in result.measures:
            lines.append(f"| {case[0]} | {title} | - | {result.left_out.get(case[0], 'not run')} | | | | | |")
            continue
        measures = result.measures[case]
        seconds = result.seconds(case)
        span = f"{min(m.seconds for m in measures):.2f}-{max(m.seconds for m in measures):.2f}"
        ratio = f"{seconds / limit:.2f}" if limit else ""
        lines.append(
            f"| {case[0]} | {title} | {len(measures)} | {seconds:.2f} | {span} | {ratio}"
            f" | {seconds / result.size * 1e6:.2f} | {median(m.cpu_seconds for m in measures):.1f}"
            f" | {result.peak_mb(case):.0f} |"
        )
    if result.size >= AIMS_FROM:
        lines += ["", "Aims:", "", *(aim.line() for aim in aims(result, smaller))]
    return "\n".join(lines)


def _stored(result: Result) -> str:
    sizes = ", ".join(f"{what} {size / result.size:.0f}" for what, size in result.stored.items())
    return f"- bytes that PostgreSQL keeps for a row of the file after d: {sizes}"


def aims(result: Result, smaller: Result | None) -> list[Aim]:
    """What the project aims at from a million rows on, and what was reached.

    Input: `smaller`: the result of a tenth of the size, if there is one.
    """

    def ratio(case: str, other: str) -> float | None:
        above, below = result.seconds(case), result.seconds(other)
        return above / below if above and below else None

    found = []
    if result.size == AIMS_FROM:
        found = [
            Aim("d at most 3 x a", ratio("d", "a"), 3, "x"),
            Aim("d at most 2 x a (reaching)", ratio("d", "a"), 2, "x"),
            Aim("d at least 5 times faster than b: at most 0.20 x b", ratio("d", "b"), 1 / 5, "x"),
            Aim("d at least 1.7 times faster than c: at most 0.59 x c", ratio("d", "c"), 1 / 1.7, "x"),
            Aim("e at most 0.8 x a", ratio("e", "a"), 0.8, "x"),
            Aim("f at most 0.1 x a", ratio("f", "a"), 0.1, "x"),
            Aim("g at most 6 s", result.seconds("g"), 6, "s"),
            Aim("g after e at most 2 s", result.seconds("g2"), 2, "s"),
        ]
    found += [Aim(f"peak memory of {case} at most 600 MB", result.peak_mb(case), 600, "MB") for case in "def"]
    if smaller and smaller.size == AIMS_FROM:
        for case in "de":
            here, there = result.seconds(case), smaller.seconds(case)
            growth = here / result.size / (there / smaller.size) if here and there else None
            found.append(Aim(f"cost of a row in {case} at most 1.3 x that at a tenth of the size", growth, 1.3, "x"))
    return found


def _workers(result: Workers) -> str:
    lines = [
        f"## {result.senders} senders, {result.rows:,} rows in all, over Celery workers, {result.date}",
        "",
        *(f"- {value}" for value in result.machine.values()),
        "- each worker runs one task at a time; Airflow, Redis, PostgreSQL and the workers share the machine",
        "",
        "| workers | run of `load__one_stop_shop`, s | its loads, s | loads at once | figures, s | deadlocks |",
        "|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {r.workers} | {r.run:.1f} | {r.loads:.1f} | {r.at_once:.2f} | {r.figures:.1f} | {r.deadlocks} |"
            for r in result.rounds
        ),
        "",
        f"- rows of {result.tables} tables (core, quality, mart): "
        + (f"**different in {', '.join(result.differing)}**" if result.differing else "identical"),
    ]
    if not any(r.waits for r in result.rounds):
        return "\n".join([*lines, "- no statement waited for a lock of another"])
    lines.append(
        "- waited for a lock, seconds in all; the statement, behind the last one of the transaction that held it:"
    )
    for r in result.rounds:
        waits = sorted(r.waits.items(), key=lambda item: -item[1])
        lines += [f"  - {r.workers} workers, {seconds:.1f} s: {what}" for what, seconds in waits]
    return "\n".join(lines)
