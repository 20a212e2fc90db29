"""A changed contract and the table it had: what is carried out, what is refused, and what deliveries give afterwards."""

# ruff: noqa: E501 - a table is easier to read wide than folded

import itertools
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from etl import catalogue, cli, pipeline, settings
from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.migration import differences, schema
from etl.stewardship import deliveries
from etl.warehouse import core_tables, database
from tests.databases import fresh_database
from tests.inbox import deliver

CONTRACT: dict[str, Any] = {
    "title": "Nhiệm vụ",
    "delivery": "upsert",
    "thing": "errand",
    "touches": "given_on",
    "columns": {
        "code": {"header": "Mã", "type": "text", "required": True, "key": True},
        "org": {"header": "Đơn vị", "type": "text", "required": True},
        "given_on": {"header": "Ngày giao", "type": "date", "required": True},
        "due": {"header": "Hạn", "type": "text"},
        "person": {"header": "Người làm", "type": "text"},
        "done_at": {"header": "Xong lúc", "type": "timestamp"},
    },
}
RULES = "judged: [code]\nrules: {}\n"
SUITE = """
import great_expectations as gx


def suite(delivered_on):
    return gx.ExpectationSuite(name="errands/errands", expectations=[])
"""
# 17 rows; the due day as a text, as it came
HEADER = "Mã | Đơn vị | Ngày giao | Hạn | Người làm | Xong lúc"
ROWS = [
    f"T{n:02d} | U{n % 2} | 01/12/2021 | {n:02d}/12/2021 | 0123456789{n:02d} | 0{n % 9 + 1}/12/2021 08:00"
    for n in range(1, 18)
]
DELIVERED = "\n".join([HEADER, *ROWS])

Says = Callable[..., None]


def written(own: Path, change: Callable[[dict[str, Any]], object] = lambda contract: None) -> str:
    """An office's catalogue that says what CONTRACT says, changed by a function."""
    contract = deepcopy(CONTRACT)
    change(contract)
    for name, text in {
        "contracts/errands/errands.yml": yaml.safe_dump(contract, allow_unicode=True, sort_keys=False),
        "expectations/errands/errands.yml": RULES,
        "expectations/errands/errands.py": SUITE,
    }.items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text, encoding="utf-8")
    return str(own)


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Says:
    """Let the office's catalogue say something else from now on; each time in a folder of its own."""
    count = itertools.count()

    def say(change: Callable[[dict[str, Any]], object] = lambda contract: None) -> None:
        monkeypatch.setenv("CCHC_CATALOGUE", written(tmp_path / f"own-{next(count)}", change))

    return say


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def loaded(server_url: str, template_database: str, home: Path) -> Iterator[str]:
    """Name of a database in which 17 rows of the contract as it was are loaded."""
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patched:
        patched.setenv("CCHC_HOME", str(home))
        patched.setenv("CCHC_CATALOGUE", written(home / "own"))
        load(url, home / "inbox", "2021-12-02", DELIVERED)
        yield make_url(url).database


@pytest.fixture
def url(server_url: str, loaded: str, says: Says, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A copy of that warehouse; the contract says what it said."""
    monkeypatch.setenv("CCHC_HOME", str(home))
    with fresh_database(server_url, loaded) as one:
        says()
        yield one


def load(url: str, inbox: Path, day: str, text: str, sender: str = "office") -> pipeline.Receipt:
    schema.migrate(url)
    deliver(inbox, "errands/errands", day, text, sender=sender)
    configured = settings.read()
    pipeline.land(configured, url, inbox=str(inbox))
    return list(pipeline.load_waiting(configured, url))[-1]


def rows(url: str, statement: str, *values: object) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def content(url: str) -> dict[str, list[tuple]]:
    tables = rows(
        url,
        "select table_schema || '.' || table_name from information_schema.tables where table_schema in ('core', 'landing', 'quality', 'mart') order by 1",
    )
    shapes = {
        "": rows(
            url,
            "select attrelid::regclass::text, attname::text, format_type(atttypid, -1), attnotnull from pg_attribute where attrelid::regclass::text like '%%errand%%' order by 1, 2",
        )
    }
    return shapes | {
        t: rows(url, f"select count(*), md5(string_agg(x::text, '|' order by x::text)) from {t} x") for (t,) in tables
    }


def column(contract: dict[str, Any], name: str, **said: object) -> None:
    contract["columns"][name] = contract["columns"].get(name, {}) | said


def renamed(contract: dict[str, Any], before: str, now: str, **said: object) -> None:
    contract["columns"] = {now if n == before else n: c for n, c in contract["columns"].items()}
    column(contract, now, **said)


# --- carried out ------------------------------------------------------------------------------------------------------


CARRIED_OUT = {
    # what changed: (the contract, a query after the migration alone, what it gives)
    "column added": (
        lambda c: column(c, "note", header="Ghi chú", type="text"),
        "select count(*), count(note), count(due) from core.errand",
        [(17, 0, 17)],
    ),
    "column renamed": (
        lambda c: renamed(c, "due", "due_on", formerly="due"),
        "select count(due_on), min(due_on), max(due_on) from core.errand",
        [(17, "01/12/2021", "17/12/2021")],
    ),
    "moment renamed with its day": (
        lambda c: renamed(c, "done_at", "finished_at", formerly="done_at"),
        "select count(finished_at), count(*) filter (where finished_on = finished_at::date) from core.errand",
        [(17, 17)],
    ),
    "column removed": (
        lambda c: (c["columns"].pop("person"), c.update(removed=["person"], ignored=["Người làm"])),
        "select count(*) from information_schema.columns where table_name like 'errand%%' and column_name = 'person'",
        [(0,)],
    ),
    "moment removed with its day": (
        lambda c: (c["columns"].pop("done_at"), c.update(removed=["done_at"], ignored=["Xong lúc"])),
        "select count(*) from information_schema.columns where table_name like 'errand%%' and column_name like 'done%%'",
        [(0,)],
    ),
    "column made personal: name": (
        lambda c: column(c, "person", personal="name"),
        "select count(*) from information_schema.columns where table_name like 'errand%%' and column_name = 'person'",
        [(0,)],
    ),
    "column made personal: id": (
        lambda c: column(c, "person", personal="id"),
        "select count(*), count(distinct person) from core.errand where person ~ '^[0-9a-f]{32}$'",
        [(17, 17)],
    ),
    "type changed": (
        lambda c: column(c, "due", type="date"),
        "select pg_typeof(due)::text, min(due)::text, max(due)::text from core.errand group by 1",
        [("date", "2021-12-01", "2021-12-17")],
    ),
    "renamed and of another type": (
        lambda c: renamed(c, "due", "due_on", formerly="due", type="date"),
        "select min(due_on)::text, max(due_on)::text from core.errand",
        [("2021-12-01", "2021-12-17")],
    ),
    "day made a moment": (
        lambda c: renamed(c, "given_on", "given_at", formerly="given_on", type="timestamp"),
        "select distinct given_at::text, given_on::text from core.errand",
        [("2021-12-01 00:00:00+07", "2021-12-01")],
    ),
    "moment made a day": (
        lambda c: column(c, "done_at", type="date"),
        "select min(done_at)::text, max(done_at)::text from core.errand",
        [("2021-12-01", "2021-12-09")],
    ),
    "key widened": (
        lambda c: column(c, "org", key=True),
        "select count(*) from core.errand",
        [(17,)],
    ),
    "key moved": (
        lambda c: (column(c, "code", key=False), column(c, "due", key=True)),
        "select count(*) from core.errand",
        [(17,)],
    ),
    "upsert made a snapshot": (
        lambda c: c.update(delivery="snapshot"),
        "select count(*) from core.errand",
        [(17,)],
    ),
    "only the words changed": (
        lambda c: (c.update(title="Việc"), column(c, "due", aliases=["Thời hạn"])),
        "select count(*) from core.errand",
        [(17,)],
    ),
}


@pytest.mark.parametrize("change", CARRIED_OUT)
def test_a_changed_contract_alters_its_table_and_keeps_its_rows(
    url: str, says: Says, tmp_path: Path, change: str
) -> None:
    """The next delivery of the same rows is loaded by the new contract: none twice, none lost; and so is one that changes."""
    contract, query, expected = CARRIED_OUT[change]
    says(contract)
    assert schema.migrate(url)
    assert rows(url, query) == expected
    assert not schema.migrate(url)
    export = catalogue.export("errands/errands")
    key = rows(
        url,
        "select array(select attname::text from pg_attribute where attrelid = conrelid and attnum = any(conkey)) from pg_constraint where conrelid = 'core.errand'::regclass and contype = 'p'",
    )[0][0]
    assert set(key) == set(core_tables.primary_key(export))
    again = "\n".join([
        HEADER,
        *ROWS[:-1],
        ROWS[-1].replace("U1", "U9") if "org" not in key else ROWS[-1].replace("01/12", "02/12"),
    ])
    receipt = load(url, tmp_path / "inbox", "2021-12-03", drawn_for(export, again))
    assert (receipt.status, receipt.rows_read, receipt.rows_quarantined) == ("accepted", 17, 0)
    assert rows(url, "select count(*) from core.errand") == [(17,)]
    (same,) = rows(url, query)
    if change != "column added" and change != "day made a moment":
        assert [same] == expected
    late = load(url, tmp_path / "inbox", "2021-12-01", drawn_for(export, DELIVERED))
    assert late.status == "accepted"
    assert rows(url, "select count(*) from core.errand") == [(17,)]


def drawn_for(export: catalogue.Export, table: str) -> str:
    """The table as a file of the contract that holds now has it: without the headers that it no longer names."""
    header, *lines = ([cell.strip() for cell in line.split("|")] for line in table.splitlines())
    kept = [n for n, name in enumerate(header) if name in {c.header for c in export.columns}]
    return "\n".join(" | ".join(row[n] for n in kept) for row in [header, *lines])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda c: column(c, "note", header="Ghi chú", type="text"), "note"),
        (
            lambda c: (
                c["columns"].pop("due"),
                column(c, "note", header="Ghi chú", type="text"),
                c.update(removed=["due"], ignored=["Hạn"]),
            ),
            "note",
        ),
    ],
    ids=["added", "in the place of a removed one"],
)
def test_a_column_that_files_had_already_is_filled_by_the_next_delivery(
    url: str, says: Says, tmp_path: Path, change: Any, name: str
) -> None:
    """Also where the row hashes as before: the next file has, under another header, what stood in the column before."""
    says(change)
    last = [row.split(" | ")[3] for row in ROWS]
    text = "\n".join([HEADER + " | Ghi chú", *(f"{row} | {note}" for row, note in zip(ROWS, last, strict=True))])
    load(url, tmp_path / "inbox", "2021-12-03", drawn_for(catalogue.export("errands/errands"), text))
    assert rows(url, f"select count(*), count({name}) from core.errand") == [(17, 17)]


def test_the_same_bytes_are_taken_up_again_by_a_contract_that_reads_more_of_them(
    url: str, says: Says, tmp_path: Path
) -> None:
    """A short list is the same for weeks: it had the column all the time, and the contract has it now."""
    text = "\n".join([HEADER + " | Ghi chú", *(f"{row} | x" for row in ROWS)])
    with_note = {"header": "Ghi chú", "type": "text"}
    says(lambda c: c.update(ignored=["Ghi chú"]))
    for day in ("2021-12-03", "2021-12-04"):
        path = deliver(tmp_path / "inbox", "errands/errands", day, DELIVERED)
        path.write_text("\n".join(",".join(cells) for cells in map(split, text.splitlines())), encoding="utf-8")
    assert received(url, tmp_path / "inbox") == ["accepted", "duplicate"]
    says(lambda c: column(c, "note", **with_note))
    for day in ("2021-12-05", "2021-12-06"):
        path = deliver(tmp_path / "inbox", "errands/errands", day, DELIVERED)
        path.write_text("\n".join(",".join(cells) for cells in map(split, text.splitlines())), encoding="utf-8")
    assert received(url, tmp_path / "inbox") == ["accepted", "duplicate", "accepted", "duplicate"]
    assert rows(url, "select count(*), count(note) from core.errand") == [(17, 17)]


def test_a_role_that_a_contract_gains_changes_no_row_of_who_does_not_deliver_it(
    url: str, says: Says, tmp_path: Path
) -> None:
    """Neither a version in the history nor a row loaded again: the same rows come, and a new one."""
    before = rows(url, "select code, file_id, line from core.errand order by code")
    says(lambda c: column(c, "note", header="Ghi chú", type="text"))
    path = deliver(tmp_path / "inbox", "errands/errands", "2021-12-03", DELIVERED)
    text = "\n".join([DELIVERED, "T18 | U1 | 01/12/2021 | | |"])
    path.write_text("\n".join(",".join(cells) for cells in map(split, text.splitlines())), encoding="utf-8")
    assert received(url, tmp_path / "inbox") == ["accepted"]
    assert rows(url, "select rows_loaded, rows_unchanged from landing.file where delivered_on = '2021-12-03'") == [
        (1, 17)
    ]
    assert rows(url, "select code, file_id, line from core.errand where code <> 'T18' order by code") == before
    assert rows(url, "select count(*) from core.errand_history") == [(0,)]


def split(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")]


def received(url: str, inbox: Path) -> list[str]:
    """What became of the files of this inbox, one run after the other."""
    schema.migrate(url)
    configured = settings.read()
    for day in sorted(path.name for path in (inbox / "errands" / "errands").iterdir()):
        pipeline.land(configured, url, inbox=str(inbox), until=date.fromisoformat(day))
        list(pipeline.load_waiting(configured, url))
    return [
        status
        for (status,) in rows(url, "select status from landing.file where delivered_on > '2021-12-02' order by file_id")
    ]


def test_what_was_loaded_under_a_new_name_joins_what_stands_under_the_old_one(
    url: str, says: Says, tmp_path: Path
) -> None:
    """The contract said the new name first, and only later what it was called."""
    says(lambda c: column(c, "deadline", header="Thời hạn", type="text"))
    table = f"{HEADER} | Thời hạn\nT18 | U1 | 01/12/2021 | | | | 31/12/2021"
    load(url, tmp_path / "inbox", "2021-12-03", table)
    says(lambda c: renamed(c, "due", "deadline", formerly="due", header="Thời hạn"))
    schema.migrate(url)
    assert rows(url, "select count(deadline), max(deadline) from core.errand") == [(18, "31/12/2021")]


def test_a_renamed_column_that_views_read_keeps_them(url: str, says: Says) -> None:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("create schema office; create view office.due as select due from core.errand")
    says(lambda c: renamed(c, "due", "due_on", formerly="due"))
    schema.migrate(url)
    assert rows(url, "select count(due) from office.due") == [(17,)]
    says(lambda c: renamed(c, "due", "due_on", formerly="due", type="date"))
    with pytest.raises(CatalogueError, match=r"which the view office\.due reads; it is not one of ours\. Drop it"):
        schema.migrate(url)


def test_a_view_of_ours_that_reads_a_changed_column_is_made_anew(
    url: str, says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, text in (
        ("core", "create or replace view core.errand_due as\nselect code, due::text as due from core.errand;"),
        ("reporting", "create or replace view reporting.errand_due as\nselect due from core.errand_due;"),
    ):
        (tmp_path / "views" / folder).mkdir(parents=True)
        (tmp_path / "views" / folder / "errand.sql").write_text(text)
    views = project_files.sql_files

    def with_views(kind: str) -> tuple[Path, ...]:
        return (*views(kind), *sorted((tmp_path / "views" / kind).glob("*.sql")))

    monkeypatch.setattr(project_files, "sql_files", with_views)
    schema.migrate(url)
    assert rows(url, "select max(due) from reporting.errand_due") == [("17/12/2021",)]
    says(lambda c: column(c, "due", type="date"))
    schema.migrate(url)
    assert rows(url, "select max(due) from reporting.errand_due") == [("2021-12-17",)]


def test_a_view_of_ours_that_reads_a_column_which_joins_another_is_made_anew(
    url: str, says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, text = (
        project_files.sql_files,
        "create or replace view core.errand_due as\nselect {} as due from core.errand;",
    )
    (tmp_path / "errand.sql").write_text(text.format("due"))
    own = {"core": (tmp_path / "errand.sql",)}
    monkeypatch.setattr(project_files, "sql_files", lambda kind: (*views(kind), *own.get(kind, ())))
    schema.migrate(url)
    says(lambda c: column(c, "deadline", header="Thời hạn", type="text"))
    schema.migrate(url)
    says(lambda c: renamed(c, "due", "deadline", formerly="due", header="Thời hạn"))
    (tmp_path / "errand.sql").write_text(text.format("deadline"))
    schema.migrate(url)
    assert rows(url, "select max(due) from core.errand_due") == [("17/12/2021",)]


def test_a_column_made_personal_stays_nowhere(url: str, says: Says) -> None:
    """Neither in the table and its history, nor among the values that broke a rule."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into quality.violation select max(file_id), 1, 'X-01', 'person', 'warning', 'Nguyễn Văn A' from landing.file"
        )
        cursor.execute("insert into core.errand_history select *, 1, '2021-12-02', false from core.errand")
    says(lambda c: column(c, "person", personal="id"))
    schema.migrate(url)
    assert rows(url, "select count(*) from core.errand_history where person !~ '^[0-9a-f]{32}$'") == [(0,)]
    assert rows(url, "select value from quality.violation") == [("•" * 12,)]
    before = rows(url, "select code, person from core.errand order by 1")
    says(lambda c: (column(c, "person", personal="id"), c.update(title="Việc")))
    schema.migrate(url)
    assert rows(url, "select code, person from core.errand order by 1") == before
    says(lambda c: column(c, "person", personal="name"))
    schema.migrate(url)
    assert rows(
        url,
        "select count(*) from information_schema.columns where column_name = 'person' and table_name like 'errand%%'",
    ) == [(0,)]


def test_identity_numbers_are_hashed_as_a_load_hashes_them(url: str, says: Says, tmp_path: Path) -> None:
    says(lambda c: column(c, "person", personal="id"))
    schema.migrate(url)
    by_migration = rows(url, "select code, person from core.errand order by 1")
    receipt = load(url, tmp_path / "inbox", "2021-12-03", "\n".join([HEADER, *reversed(ROWS)]))
    assert (receipt.rows_loaded, receipt.rows_unchanged) == (0, 17)
    assert rows(url, "select code, person from core.errand order by 1") == by_migration


# --- refused ----------------------------------------------------------------------------------------------------------

REFUSED = {
    "column removed without a word": (
        lambda c: (c["columns"].pop("person"), c.update(ignored=["Người làm"])),
        r"errands/errands \(core\.errand\): column person is unknown: .*`formerly: person`.*`removed: \[person\]`",
    ),
    "column renamed without a word": (
        lambda c: renamed(c, "due", "due_on"),
        r"errands/errands \(core\.errand\): column due is unknown: .*`formerly: due`",
    ),
    "values that are of no such type": (
        lambda c: column(c, "due", type="integer"),
        r"column due is of another type: 17 rows of core\.errand hold what is no bigint\..* another name and write `removed: \[due\]`",
    ),
    "key that is not unique": (
        lambda c: (column(c, "code", key=False), column(c, "org", key=True)),
        r"the table is of another key: 2 keys \(province_code, org\) would each name several rows",
    ),
    "key of a column that is new": (
        lambda c: column(c, "part", header="Phần", type="text", key=True),
        r"column part is added: it belongs to the key, but of the rows that are there it is not known",
    ),
    "partitioned otherwise": (
        lambda c: c.update(partition_by="given_on"),
        r"the table is partitioned otherwise",
    ),
    "another table": (
        lambda c: c.update(thing="chore"),
        r"errands/errands: there is no table core\.chore, but 1 files of this export are loaded",
    ),
}


@pytest.mark.parametrize("change", REFUSED)
def test_what_would_lose_data_is_refused_before_anything_is_touched(
    url: str, says: Says, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Refused in one sentence, status 2, the warehouse as it was; the contract set back, all goes on."""
    contract, told = REFUSED[change]
    before = content(url)
    says(contract)
    with pytest.raises(CatalogueError, match=told):
        schema.migrate(url)
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", url)
    assert cli.run(["files"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert content(url) == before
    says()
    assert not schema.migrate(url)


def test_a_list_of_two_offices_cannot_become_one_of_nobody(
    server_url: str, template_database: str, says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))
    with fresh_database(server_url, template_database) as url:
        says(lambda c: c.update(delivery="snapshot"))
        for sender in ("a", "b"):
            load(url, tmp_path / "inbox", "2021-12-02", DELIVERED, sender)
        deliveries.confirm(url, 2, by="An", reason="hai cơ quan")
        list(pipeline.load_waiting(settings.read(), url))
        says()
        with pytest.raises(CatalogueError, match=r"17 keys \(province_code, code\) would each name several rows"):
            schema.migrate(url)


def test_hashes_cannot_become_numbers_again(url: str, says: Says) -> None:
    says(lambda c: column(c, "person", personal="id"))
    schema.migrate(url)
    says()
    with pytest.raises(CatalogueError, match="column person is no longer hashed"):
        schema.migrate(url)


# --- the comparison, without a database ---------------------------------------------------------------------------------


def test_a_table_as_its_contract_says_it_differs_in_nothing() -> None:
    for export in catalogue.exports().values():
        table = differences.Table(
            columns=core_tables.core_columns(export),
            hashed=frozenset(c.name for c in export.columns if c.personal == "id"),
            key=core_tables.primary_key(export),
            partition_by=export.partition_by,
        )
        assert list(differences.differences(export, table)) == []


# --- contracts that say nothing clear -----------------------------------------------------------------------------------


UNCLEAR = {
    "without touches": (
        lambda c: c.pop("touches"),
        r"errands\.yml: `touches:` is missing\. Say which days' figures a row changes: given_on, done_on, delivery",
    ),
    "touches no day": (
        lambda c: c.update(touches="due"),
        r"touches names 'due'; it is one of given_on, done_on, counts",
    ),
    "an unknown word": (lambda c: c.update(deliverd="daily"), r"this is not a contract \(.*'deliverd'\)"),
    "an unknown word of a column": (lambda c: column(c, "due", lenght=3), r"this is not a contract \(.*'lenght'\)"),
    "a name of ours": (lambda c: column(c, "line", header="Dòng", type="text"), r"a column cannot be called 'line'"),
    "a name that is no name": (
        lambda c: column(c, "Due on", header="Hạn 2", type="text"),
        r"a column cannot be called 'Due on'",
    ),
    "a personal key": (lambda c: column(c, "code", personal="name"), r"column code is a key and personal"),
    "removed and there": (lambda c: c.update(removed=["due"]), r"due is a column, and is said to be one no more"),
    "a table of another export": (lambda c: c.update(thing="task"), r"would both be kept in core\.task"),
}


@pytest.mark.parametrize("mistake", UNCLEAR)
def test_a_contract_that_is_not_clear_is_told(says: Says, mistake: str) -> None:
    change, told = UNCLEAR[mistake]
    says(change)
    with pytest.raises(CatalogueError, match=told):
        catalogue.exports()
