"""The cases that are measured, each a whole process on a fresh database, and the counts that each must leave behind.

A case that left out a rule, a violation or a history row would be quick and mean nothing: it is checked every time.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql

from bench import measuring
from bench.inputs import DOSSIERS, Inputs
from bench.measuring import BenchFailed, Measure
from etl import catalogue
from etl.catalogue import project_files
from etl.warehouse import database, embedded

PERIODS = ("2021-N", "2021-Q1", "2021-Q2", "2021-Q3", "2021-Q4")
CODE_HEADER = "Mã số hồ sơ"
REQUIREMENTS = Path(__file__).with_name("dlt.txt")

# The 22 columns of the export, typed; by year, and the code first in the key.
LIMIT_TABLE = """
create table dossier (
    dossier_code text not null,
    procedure_code text,
    procedure_name text,
    field text,
    org_code text,
    org_name text,
    applicant_kind text,
    applicant_name text,
    applicant_id text,
    applicant_phone text,
    channel text,
    service_level text,
    received_at timestamptz not null,
    due_at timestamptz,
    finished_at timestamptz,
    returned_at timestamptz,
    return_channel text,
    status text,
    fee bigint,
    paid_online boolean,
    apology_letter text,
    note text,
    primary key (dossier_code, received_at)
) partition by range (received_at);
create table dossier_2020 partition of dossier for values from ('2020-01-01') to ('2021-01-01');
create table dossier_2021 partition of dossier for values from ('2021-01-01') to ('2022-01-01');
"""

# Dossiers that a period's flow must count, asked of the facts: the flow itself is made of daily counts.
FLOW = """
select
    count(*) filter (where received_on >= %(start)s and received_on < %(end)s),
    count(*) filter (where finished_on >= %(start)s and finished_on < %(end)s and status <> 'Công dân rút hồ sơ')
from core.dossier
where status not in ('Mới đăng ký', 'Không được tiếp nhận')
"""

STORED = """
select
    sum(pg_table_size(relid))::bigint,
    sum(pg_indexes_size(relid))::bigint,
    pg_database_size(current_database())
from pg_partition_tree('core.dossier')
where isleaf
"""


@dataclass(frozen=True)
class Bench:
    """Where the measurements are made."""

    home: Path
    server: str  # URL of the PostgreSQL server on which every case gets a database
    inputs: Inputs
    log: Path

    @property
    def kept(self) -> Path:
        """What a load keeps beside the database: the bytes that were delivered, and its pages."""
        return self.home / "kept"

    def environment(self, url: str) -> dict[str, str]:
        """The environment of a case: nothing of the user's installation is read or written."""
        of_the_user = ("CCHC_", "PYTHONDONTWRITEBYTECODE")  # the latter would make every start cost seconds more
        return {name: value for name, value in os.environ.items() if not name.startswith(of_the_user)} | {
            "CCHC_HOME": str(self.kept),
            "CCHC_WAREHOUSE_URL": url,
            "CCHC_PSEUDONYM_KEY": "a key for measurements only",
            "GX_ANALYTICS_ENABLED": "false",
        }


@contextmanager
def workplace() -> Iterator[tuple[Path, str]]:
    """A folder for measurements, and the URL of the server that they use.

    Below CCHC_HOME, on the server of CCHC_WAREHOUSE_URL or CCHC_HOME; else on one of our own, stopped afterwards.
    """
    given, url = os.environ.get("CCHC_HOME"), os.environ.get("CCHC_WAREHOUSE_URL")
    of_server = Path(given).expanduser().absolute() if given else project_files.ROOT / ".bench"
    home = of_server / "bench" if given else of_server
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitignore").write_text("*\n")
    try:
        yield home, url or embedded.start(of_server)
    finally:
        if not given and not url:
            embedded.stop(of_server)


@contextmanager
def fresh_database(bench: Bench, name: str) -> Iterator[str]:
    """URL of an empty database, dropped afterwards."""
    named = sql.Identifier(f"cchc_bench_{name}")
    with closing(database.connect(bench.server)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        drop = sql.SQL("drop database if exists {} with (force)").format(named)
        cursor.execute(drop)
        try:
            yield embedded.database(bench.server, named.string)
        finally:
            cursor.execute(drop)


def _run(bench: Bench, url: str, *arguments: object, python: Path | None = None) -> Measure:
    """Measure one process of Python. What the case before left to write is on disk when it begins."""
    with closing(database.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("checkpoint")
    command = [str(python or sys.executable), *map(str, arguments)]
    return measuring.run(command, environment=bench.environment(url), log=bench.log)


def _rows(url: str, statement: str, **parameters: object) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


def _expect(case: str, what: str, expected: object, found: object) -> None:
    if expected != found:
        raise BenchFailed(f"case {case}: {what}: {expected} expected, {found} found. Its figures mean nothing.")


# --- what is compared -------------------------------------------------------------------------------------------------


def start_up(bench: Bench) -> Measure:
    """Python starting and importing what a load imports: part of d, e and f."""
    return _run(
        bench,
        bench.server,
        "-c",
        "from etl.loading import one_file; from etl.rules import second_count;"
        " second_count.import_great_expectations()",
    )


def limit(bench: Bench) -> Measure:
    """Case a: a bare typed COPY of the good rows."""
    with fresh_database(bench, "limit") as url:
        with database.transaction(url) as connection, connection.cursor() as cursor:
            cursor.execute(LIMIT_TABLE)
        measure = _run(bench, url, "-m", "bench.limit", bench.inputs.limit)
        _expect("a", "rows", [(bench.inputs.good,)], _rows(url, "select count(*) from dossier"))
        return measure


def with_pandas(bench: Bench) -> Measure:
    """Case b: `pandas.read_csv` and `DataFrame.to_sql`."""
    with fresh_database(bench, "pandas") as url:
        measure = _run(bench, url, "-m", "bench.with_pandas", bench.inputs.file("first"))
        _expect("b", "rows", [(bench.inputs.rows,)], _rows(url, "select count(*) from dossier"))
        return measure


def with_dlt(bench: Bench, python: Path) -> Measure:
    """Case c: dlt, merging on the key, in its own environment."""
    folder = bench.home / "dlt-pipelines"
    shutil.rmtree(folder, ignore_errors=True)
    with fresh_database(bench, "dlt") as url:
        program = Path(__file__).with_name("with_dlt.py")
        measure = _run(bench, url, program, bench.inputs.file("first"), CODE_HEADER, folder, python=python)
        _expect("c", "rows", [(bench.inputs.keyed,)], _rows(url, "select count(*) from bench.dossier"))
        return measure


def dlt_environment(bench: Bench) -> Path | None:
    """The Python of dlt's own environment, made if it is missing; None if its packages cannot be had here."""
    folder = bench.home / "dlt"
    python, complete = folder / "bin" / "python", folder / "complete"
    if complete.exists() and complete.read_text() == REQUIREMENTS.read_text():
        return python
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        return None
    with bench.log.open("ab") as out:
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), "-r", str(REQUIREMENTS)],
        ):
            if subprocess.run(command, stdout=out, stderr=out).returncode:
                return None
    complete.write_text(REQUIREMENTS.read_text())
    return python


# --- ours -------------------------------------------------------------------------------------------------------------


def ours(bench: Bench) -> tuple[dict[str, Measure], dict[str, int]]:
    """Cases d to g, in one database: a night, its figures, the next night, its figures, the same file again.

    Output: what each took, and the bytes that the first night takes in the database.
    """
    measures = {}
    with fresh_database(bench, "cchc") as url:
        load_reference(bench, url)
        measures["d"] = _load(bench, url, "first")
        expect_night("d", url, bench.inputs, loaded=bench.inputs.good, unchanged=0, history=0)
        if not bench.inputs.limit.exists():
            _run(bench, url, "-m", "bench.inputs", "limit", bench.inputs.folder)  # what case a copies
        [stored] = _rows(url, STORED)
        measures["g"] = _materialise(bench, url)
        expect_figures("g", url)
        with closing(database.connect(url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("vacuum (analyze)")  # a day lies between two nights: autovacuum has long passed
        measures["e"] = _load(bench, url, "second")
        changed = bench.inputs.changed
        expect_night("e", url, bench.inputs, loaded=changed, unchanged=bench.inputs.good - changed, history=changed)
        measures["g2"] = _materialise(bench, url)
        expect_figures("g after e", url)
        measures["f"] = _load(bench, url, "again")
        status = _rows(url, "select status from landing.file order by file_id desc limit 1")
        _expect("f", "status of the file", [("duplicate",)], status)
    return measures, dict(zip(("rows of core.dossier", "their indexes", "the whole database"), stored, strict=True))


def load_reference(bench: Bench, url: str) -> None:
    """Begin anew: nothing kept, and units and procedures in the database."""
    shutil.rmtree(bench.kept, ignore_errors=True)
    _load(bench, url, "reference")


def _load(bench: Bench, url: str, inbox: str) -> Measure:
    return _run(bench, url, "-m", "etl", "load", bench.inputs.inbox(inbox))


def _materialise(bench: Bench, url: str) -> Measure:
    return _run(bench, url, "-m", "etl", "materialise", *PERIODS)


def expect_night(case: str, url: str, inputs: Inputs, *, loaded: int, unchanged: int, history: int) -> None:
    """What a night must leave behind, with every violation of every row."""
    [(file_id, *counts)] = _rows(
        url,
        "select file_id, rows_read, rows_loaded, rows_unchanged, rows_quarantined from landing.file"
        " where export = %(export)s and status like 'accepted%%' order by file_id desc limit 1",
        export=DOSSIERS,
    )
    quarantined = inputs.rows - inputs.good
    _expect(case, "rows read, loaded, unchanged, in quarantine", [inputs.rows, loaded, unchanged, quarantined], counts)
    [kept] = _rows(
        url,
        "select (select count(*) from core.dossier), (select count(*) from core.dossier_history),"
        " (select count(*) from quality.quarantined_row where file_id = %(file)s)",
        file=file_id,
    )
    _expect(case, "rows in core, history, quarantine", (inputs.good, history, quarantined), kept)
    for what, statement in {
        "violations": "select rule_id, count(*) from quality.violation where file_id = %(file)s group by 1",
        "quarantined rows": "select unnest(rule_ids), count(*) from quality.quarantined_row where file_id = %(file)s"
        " group by 1",
        "our counts": "select rule_id, sum(rows_failed) from quality.result where file_id = %(file)s group by 1"
        " having sum(rows_failed) > 0",
        "Great Expectations' counts": "select rule_id, sum(rows_judged_failed) from quality.result"
        " where file_id = %(file)s group by 1 having sum(rows_judged_failed) > 0",
    }.items():
        found = {rule: int(count) for rule, count in _rows(url, statement, file=file_id)}
        _expect(case, f"{what} by rule", inputs.broken, found)
    [(run,)] = _rows(url, "select count(distinct rule_id) from quality.result where file_id = %(file)s", file=file_id)
    rules = {**catalogue.rules(DOSSIERS), **catalogue.rules("*")}
    _expect(case, "rules that were run", len(rules), run)


def expect_figures(case: str, url: str) -> None:
    """The province's flow is that of its districts together, and what the facts say."""
    from etl.periods import Period

    for code in PERIODS:
        period = Period.parse(code)
        facts = _rows(url, FLOW, start=period.start, end=period.end)
        for level in ("province", "district"):
            found = _rows(
                url,
                "select sum(received)::bigint, sum(resolved)::bigint from mart.dossier_flow"
                " where period_code = %(code)s and unit_level = %(level)s and field = 'Tất cả'",
                code=code,
                level=level,
            )
            _expect(case, f"dossiers received and resolved in {code} ({level})", facts, found)
