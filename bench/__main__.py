"""`make bench`: the load beside the bare limit, beside what people write and beside what people install.

Input: SIZE (rows), REPEATS, CASES (letters), OUT (folder of the result) in the environment.
Output: a table, and docs/benchmark.md.
"""

import os
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from statistics import median

from bench import cases, inputs, measuring, report
from bench.measuring import BenchFailed, Measure
from etl.errors import CchcError, UsageError
from etl.warehouse import database

LARGE = 10_000_000


def main() -> int:
    """Exit status: 0 measured; 1 a case failed or did not do its work; 2 wrong use or set-up."""
    try:
        size = measuring.number("SIZE", 1_000_000)
        asked = os.environ.get("CASES") or ("adefg" if size >= LARGE else "abcdefg")
        if not set(asked) <= set("abcdefg"):
            raise UsageError(f"CASES={asked}: write letters of a to g, e.g. CASES=ad.")
        repeats = measuring.number("REPEATS", 1 if size >= LARGE else 3)
        folder = Path(os.environ.get("OUT") or report.FOLDER)
        with cases.workplace() as (home, server):
            print(report.write(measure(home, server, size, repeats, asked), folder))
        print(f"\n{folder / 'benchmark.md'}", file=sys.stderr)
        return 0
    except BenchFailed as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except CchcError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def measure(home: Path, server: str, size: int, repeats: int, asked: str) -> report.Result:
    """Run the cases that were asked for, taking turns."""
    log = home / "bench.log"
    log.unlink(missing_ok=True)
    _say(f"{size:,} rows: writing the deliveries, unless they are there (log: {log})")
    with closing(database.connect(server)) as connection:
        machine = measuring.machine(connection)
    bench = cases.Bench(home, server, inputs.prepare(home / f"inputs-{size}", size, log=log), log)
    left_out = {case: "not run at this size unless asked for" for case in "abcdefg" if case not in asked}
    dlt = cases.dlt_environment(bench) if "c" in asked else None
    if "c" in asked and not dlt:
        left_out["c"] = "dlt could not be installed here"
    measures: dict[str, list[Measure]] = defaultdict(list)
    starts: list[float] = []
    stored: dict[str, int] = {}
    for repeat in range(1, repeats + 1):
        starts.append(cases.start_up(bench).seconds)
        found: dict[str, Measure] = {}
        if set(asked) & set("defg") or not bench.inputs.limit.exists():  # a copies what d has kept
            found, stored = cases.ours(bench)
        if "a" in asked:
            found["a"] = cases.limit(bench)
        if "b" in asked:
            found["b"] = cases.with_pandas(bench)
        if dlt:
            found["c"] = cases.with_dlt(bench, dlt)
        found = {case: one for case, one in found.items() if case[0] in asked}
        for case, one in found.items():
            measures[case].append(one)
        took = ", ".join(f"{case} {one.seconds:.1f} s" for case, one in found.items())
        _say(f"repeat {repeat} of {repeats}: {took}")
    return report.Result(
        size=size,
        bytes=bench.inputs.bytes,
        date=measuring.today(),
        machine=machine,
        start_up=median(starts),
        measures=dict(measures),
        left_out=left_out,
        stored=stored,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
