"""What a database was brought up to date with: nothing is run twice, nothing older runs, what is counted otherwise is
counted again."""

import shutil
import time
from pathlib import Path

import pytest

from etl import cli, pipeline
from etl.catalogue import project_files
from etl.errors import CatalogueError, SetupError
from etl.figures import counts
from etl.migration import masked_names, respelled, schema
from etl.warehouse import database
from tests import tables
from tests.databases import opened
from tests.inbox import UNITS, deliver

DOCUMENTS = """
org_code | issued_on  | number    | sending_mode    | topic | status
H        | 2021-07-01 | 1/UBND-NC | Điện tử         | CCHC  | Đã phát hành
H        | 2021-07-01 | 2/UBND-NC | Điện tử và giấy | -     | Đã phát hành
"""
VIEW = "create or replace view reporting.office as\nselect 1 as one, 2 as two;\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `sql/` that a test may change; the program reads it in place of its own."""
    shutil.copytree(project_files.SQL, tmp_path / "sql")
    shutil.copytree(project_files.ROOT / "etl" / "reference", tmp_path / "etl" / "reference")
    shutil.copy(project_files.ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(project_files, "ROOT", tmp_path)
    monkeypatch.setattr(project_files, "SQL", tmp_path / "sql")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    counts._counts.cache_clear()


def rows(url: str, statement: str) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def say(url: str, *statements: str) -> None:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def view(project: Path, text: str) -> None:
    (project / "sql" / "reporting" / "999_office.sql").write_text(text, encoding="utf-8")


# --- counts -----------------------------------------------------------------------------------------------------------


def with_documents(url: str) -> None:
    with opened(url) as connection, connection, connection.cursor() as cursor:
        tables.insert(cursor, "document", DOCUMENTS)
        counts.add_changes(cursor, "document", "(select *, 1 as sign from core.document)")


COUNTED = "select sent, electronic, with_paper, steering, legal from mart.document_daily"


def test_what_another_query_counted_is_counted_again(warehouse_url: str, project: Path) -> None:
    """One document is recalled after the query has changed: it leaves the count of today, not that of yesterday."""
    with_documents(warehouse_url)
    assert rows(warehouse_url, COUNTED) == [(2, 1, 1, 1, 0)]
    edit(
        project / "sql" / "counts" / "document_daily.sql",
        "sending_mode = 'Điện tử' and digitally_signed",
        "sending_mode in ('Điện tử', 'Điện tử và giấy')",
    )
    assert schema.migrate(warehouse_url)
    assert rows(warehouse_url, COUNTED) == [(2, 2, 1, 1, 0)]
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        counts.add_changes(cursor, "document", "(select *, -1 as sign from core.document where number = '2/UBND-NC')")
        cursor.execute("delete from core.document where number = '2/UBND-NC'")
    folded = rows(warehouse_url, COUNTED)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        counts.recount(cursor, "document")
    assert folded == rows(warehouse_url, COUNTED) == [(1, 1, 0, 1, 0)]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sql/counts/document_daily.sql", "lower(topic) ~", "false and lower(topic) ~"),
        ("sql/core/unit_period.sql", "1 as preference", "1 as preference -- of the last delivery"),
        ("etl/reference/legal_document_types.yml", "Nghị quyết", "Nghị quyết liên tịch mới"),
    ],
)
def test_counts_know_what_they_rest_on(
    warehouse_url: str, project: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str
) -> None:
    """Their query, the views and the reference data that it may ask."""
    monkeypatch.setattr(project_files, "REFERENCE", project / "etl" / "reference")
    monkeypatch.setattr(project_files, "REFERENCE", project / "etl" / "reference")
    assert not schema.migrate(warehouse_url)
    with_documents(warehouse_url)
    say(warehouse_url, "update mart.document_daily set sent = 99")
    edit(project / file, old, new)
    assert schema.migrate(warehouse_url)
    assert rows(warehouse_url, "select sent from mart.document_daily") == [(2,)]


def test_counts_of_before_versions_were_kept_are_counted_again(warehouse_url: str) -> None:
    with_documents(warehouse_url)
    say(
        warehouse_url,
        "update mart.document_daily set sent = 99",
        "drop table landing.script, landing.migration, mart.count_version",
        "alter table landing.schema_version drop column release",
    )
    assert schema.migrate(warehouse_url)
    assert rows(warehouse_url, "select sent from mart.document_daily") == [(2,)]
    assert not schema.migrate(warehouse_url)


def test_a_process_that_counts_by_yesterday_s_query_adds_nothing(warehouse_url: str, project: Path) -> None:
    """Its load began before the upgrade, and ends after it: the file waits, and is loaded by the next run."""
    edit(project / "sql" / "counts" / "document_daily.sql", "status <> 'Thu hồi'", "status = 'Đã phát hành'")
    with pytest.raises(SetupError, match=r"mart\.document_daily is counted by another version of document_daily\.sql"):
        with_documents(warehouse_url)
    schema.migrate(warehouse_url)
    with_documents(warehouse_url)
    assert rows(warehouse_url, "select sent from mart.document_daily") == [(2,)]


def test_a_query_that_fails_is_told_by_its_file(warehouse_url: str, project: Path) -> None:
    edit(project / "sql" / "counts" / "document_daily.sql", "digitally_signed", "signed_digitally")
    with pytest.raises(CatalogueError, match=r"document_daily\.sql: column .*signed_digitally.* does not exist"):
        schema.migrate(warehouse_url)


# --- releases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "here", "may"),
    [
        ("20.1.0", "20.1.0", True),
        ("20.1.0", "20.2.0", True),
        ("20.9.0", "20.10.0", True),
        ("20.2.0", "20.1.0", False),
        ("20.10.0", "20.9.9", False),
        ("21.0", "20.99.1", False),
    ],
)
def test_code_of_an_older_release_stops_at_a_newer_database(
    warehouse_url: str, project: Path, monkeypatch: pytest.MonkeyPatch, there: str, here: str, may: bool
) -> None:
    monkeypatch.setattr(schema, "release", lambda: there)
    schema.migrate(warehouse_url)
    held = rows(warehouse_url, "select name, version from landing.script order by 1")
    monkeypatch.setattr(schema, "release", lambda: here)
    if may:
        assert schema.migrate(warehouse_url) == (here != there)
        return
    told = rf"a newer version of this program: {there}; this is {here}\. Install that version or a newer one"
    with pytest.raises(SetupError, match=told):
        schema.migrate(warehouse_url)
    assert rows(warehouse_url, "select name, version from landing.script order by 1") == held


def test_code_that_lacks_a_migration_of_the_database_stops(warehouse_url: str) -> None:
    say(
        warehouse_url,
        "insert into landing.migration (name) values ('sql/migrations/999_later.sql')",
        "update landing.script set version = 'of later' where name like '%appendix.sql'",
    )
    with pytest.raises(SetupError, match=r"999_later\.sql was run on it"):
        schema.migrate(warehouse_url)


def test_two_catalogues_on_one_database_do_not_undo_each_other(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an office's own catalogue, without it, with it: nothing is run again, and no order of files matters."""
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "own.sql").write_text("create table if not exists mart.own (one int);", encoding="utf-8")
    assert not schema.migrate(warehouse_url)
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert schema.migrate(warehouse_url)
    monkeypatch.delenv("CCHC_CATALOGUE")
    assert not schema.migrate(warehouse_url)
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert not schema.migrate(warehouse_url)
    files = project_files.sql_files
    monkeypatch.setattr(project_files, "sql_files", lambda kind: tuple(reversed(files(kind))))
    assert not schema.migrate(warehouse_url)


def test_a_database_that_is_up_to_date_is_asked_once(warehouse_url: str) -> None:
    """Every command asks: it costs milliseconds."""
    schema.migrate(warehouse_url)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        assert not schema.migrate(warehouse_url)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.2


# --- views and migrations ---------------------------------------------------------------------------------------------


VIEWS = {
    "a column more, at the end": ("select 1 as one, 2 as two, 3 as three;", True),
    "another definition of the same columns": ("select 11 as one, 22 as two;", True),
    "a column less": ("select 1 as one;", False),
    "columns in another order": ("select 2 as two, 1 as one;", False),
    "a column in the middle": ("select 1 as one, 3 as three, 2 as two;", False),
    "a column of another type": ("select 1 as one, 'two' as two;", False),
}


@pytest.mark.parametrize("change", VIEWS)
def test_a_view_loses_no_column_and_no_order(
    warehouse_url: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """Without a migration that says so: the sentence names the view and what to do, and the view stays as it was."""
    view(project, VIEW + "\ncreate or replace view reporting.other as\nselect one from reporting.office;\n")
    schema.migrate(warehouse_url)
    text, may = VIEWS[change]
    view(project, f"create or replace view reporting.office as\n{text}\n")
    if may:
        assert schema.migrate(warehouse_url)
        return
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    assert cli.run(["files"]) == 2
    told = capsys.readouterr().err
    assert "999_office.sql: readers of the view reporting.office would lose columns" in told
    assert "sql/migrations/<number>_<name>.sql with `drop view reporting.office cascade;`" in told
    assert rows(warehouse_url, "select one, two from reporting.office") == [(1, 2)]


def test_a_migration_is_run_once_and_the_views_are_made_again(warehouse_url: str, project: Path) -> None:
    view(project, VIEW + "\ncreate or replace view reporting.other as\nselect one from reporting.office;\n")
    schema.migrate(warehouse_url)
    view(project, VIEW.replace("1 as one, 2 as two", "2 as two"))
    (project / "sql" / "migrations").mkdir(exist_ok=True)
    migration = project / "sql" / "migrations" / "900_office.sql"
    migration.write_text("drop view reporting.office cascade; create table mart.run_once (one int);", encoding="utf-8")
    assert schema.migrate(warehouse_url)
    assert rows(warehouse_url, "select * from reporting.office") == [(2,)]
    assert rows(warehouse_url, "select to_regclass('reporting.appendix') is not null") == [(True,)]
    view(project, VIEW.replace("1 as one, 2 as two", "2 as two, 3 as three"))
    assert schema.migrate(warehouse_url)  # a second time the migration would fail: its table is there
    assert rows(warehouse_url, "select * from reporting.office") == [(2, 3)]


def test_a_new_database_needs_no_migration(empty_url: str, project: Path) -> None:
    (project / "sql" / "migrations").mkdir(exist_ok=True)
    (project / "sql" / "migrations" / "900_office.sql").write_text("drop view reporting.of_before;", encoding="utf-8")
    schema.migrate(empty_url)
    assert ("sql/migrations/900_office.sql",) in rows(empty_url, "select name from landing.migration")


def test_a_migration_that_fails_leaves_all_as_it_was(warehouse_url: str, project: Path) -> None:
    (project / "sql" / "migrations").mkdir(exist_ok=True)
    (project / "sql" / "migrations" / "900_office.sql").write_text("drop view reporting.no_such;", encoding="utf-8")
    before = rows(warehouse_url, "select name, version from landing.script order by 1")
    with pytest.raises(CatalogueError, match=r"sql/migrations/900_office\.sql: view .*no_such.* does not exist"):
        schema.migrate(warehouse_url)
    assert rows(warehouse_url, "select name, version from landing.script order by 1") == before


# What receipts of before said, and what they say now: export, sender, path, message
RECEIPTS = [
    (
        ("hr/units", "duc-co", "/kho/hr/units/2021-01-05/duc-co.csv", "Đã nạp đủ các dòng."),
        ("hr/units", "duc-co", "/kho/hr/units/2021-01-05/duc-co.csv", "Đã nạp đủ các dòng."),
    ),
    (
        ("hr/units", "Nguyễn Thử An", "/kho/hr/units/2021-01-05/Nguyễn Thử An.csv", "Cột lạ: «Lê Thị Bình»."),
        (
            "hr/units",
            "N•••••••••••n#5a85e343",
            "/kho/hr/units/2021-01-05/N•••••••••••n.csv#fb723fd9",
            "Cột lạ: «L•••••••••h».",
        ),
    ),
    (
        ("064 190 001 234/x", "a", "/kho/064 190 001 234/x/2021-01-05/a.csv", "Đặt sai chỗ."),
        ("0•••••••••••••4#e60e72c2/x", "a", "/kho/0•••••••••••••4#e60e72c2/x/2021-01-05/a.csv", "Đặt sai chỗ."),
    ),
]


def test_rows_under_codes_of_before_are_loaded_again(configured, warehouse_url: str, inbox: Path) -> None:
    """They stood as they were typed: beside the same code in its one spelling they would count twice."""
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(
        inbox, "hr/staff", "2021-12-01", "Mã CBCCVC | Loại | Mã đơn vị | Trạng thái\ncb-1 | Công chức | 631 | Biệt phái"
    )
    load(configured, warehouse_url, inbox)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("update core.staff set staff_code = 'cb‑1'")
        cursor.execute("delete from landing.migration where name = %s", (respelled.DONE,))
        cursor.execute("delete from landing.script where name = 'release'")
    schema.migrate(warehouse_url)
    assert [f.export for f in pipeline.waiting(warehouse_url)] == ["hr/staff"]
    load(configured, warehouse_url, inbox)
    assert rows(
        warehouse_url, "select staff_code from core.staff union all select staff_code from core.staff_history"
    ) == [("CB-1",)]


def load(configured, url: str, inbox: Path) -> None:
    pipeline.land(configured, url, inbox=str(inbox))
    list(pipeline.load_waiting(configured, url))


def test_names_in_receipts_of_before_are_masked_once(warehouse_url: str) -> None:
    stored = "select export, sender, path, message from landing.file order by file_id"
    reasons = "select reload_reason from landing.file order by file_id"
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        for (export, sender, path, message), _ in RECEIPTS:
            cursor.execute(
                "insert into landing.file (source, export, sender, delivered_on, path, message, reload_reason, sha256,"
                " bytes, modified_ns, archived_as)"
                " values (split_part(%s, '/', 1), %s, %s, '2021-01-05', %s, %s, %s, 's', 1, 1, 'a')",
                (export, export, sender, path, message, f"{sender} đã giao trước đó"),
            )
        tables.insert(cursor, "unit", "org_code | sender\nA | Nguyễn Thử An\nB | duc-co")
        cursor.execute("insert into landing.sender_unit values ('Nguyễn Thử An', 'A', 'lead')")
        cursor.execute("delete from landing.migration where name = %s", (masked_names.DONE,))
        cursor.execute("delete from landing.script where name = 'release'")
    schema.migrate(warehouse_url)
    assert rows(warehouse_url, stored) == [now for _, now in RECEIPTS]
    (named,) = {sender for _, (_, sender, *_) in RECEIPTS} - {"duc-co", "a"}
    assert [reason.split()[0] for (reason,) in rows(warehouse_url, reasons)] == ["duc-co", named, "a"]
    assert rows(warehouse_url, "select org_code, sender from core.unit order by 1") == [("A", named), ("B", "duc-co")]
    assert rows(warehouse_url, "select sender from landing.sender_unit") == [(named,)]
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        masked_names.mask_names(cursor)
    assert rows(warehouse_url, stored) == [now for _, now in RECEIPTS]
