"""What a steward reads of failing rows, on the screen and in a workbook: all of them, and nothing of persons."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection
from python_calamine import CalamineWorkbook

from etl import catalogue
from etl.errors import SetupError, UsageError
from etl.reports import quality, workbook
from etl.reports.quality import RuleCount
from etl.warehouse import database

DOSSIERS = "one_stop_shop/dossiers"
FILES = """
    export                 | sender | day        | status               | rule   | read | bad | message
    hr/units               | duc-co | 2021-12-01 | rejected             | FIL-02 | 0    | 0   | Thiếu cột «Tên đơn vị».
    one_stop_shop/dossiers | duc-co | 2021-12-01 | accepted_with_errors |        | 100  | 2   | Có 2 dòng lỗi.
    one_stop_shop/dossiers | duc-co | 2021-12-02 | duplicate            |        | 0    | 0   | Trùng.
                           | stray  | 0001-01-01 | rejected             |        | 0    | 0   | Tệp không nằm đúng chỗ.
"""
VIOLATIONS = """
    line | rule   | column         | severity | value
    2    | DOS-10 | status         | error    | =cmd|'/c calc'!A1
    2    | DOS-58 | applicant_id   | warning  | 064190001234
    7    | DOS-58 | applicant_id   | warning  | 0••••••••••4
    7    | DOS-10 | status         | error    | Gọi 0905123456
    10   | DOS-13 | finished_at    | error    | 30/11/2021
    10   | DOS-13 | returned_at    | error    | 30/11/2021
    11   | OLD-01 | gone_column    | warning  | x
"""


@pytest.fixture
def connection(warehouse_url: str) -> Iterator[Connection]:
    with database.transaction(warehouse_url) as connection:
        with connection.cursor() as cursor:
            for number, row in enumerate(drawn(FILES), start=1):
                described = row | {
                    "source": row["export"].split("/")[0],
                    "path": f"/data/inbox/{row['export']}/{row['day']}/{row['sender']}.csv",
                    "sha256": str(number),
                    "rule": row["rule"] or None,
                }
                cursor.execute(
                    """
                    insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns,
                        archived_as, status, rule_id, rows_read, rows_quarantined, message)
                    values (%(source)s, %(export)s, %(sender)s, %(day)s, %(path)s, %(sha256)s, 1, 1,
                        'x', %(status)s, %(rule)s, %(read)s, %(bad)s, %(message)s)
                    """,
                    described,
                )
            cursor.execute("insert into quality.result values (1, 'FIL-02', '', 'fatal', 0, 1, null)")
            cursor.execute("insert into quality.result values (2, 'DOS-01', 'dossier_code', 'error', 100, 0, 0)")
            for row in drawn(VIOLATIONS):
                cursor.execute("insert into quality.violation values (2, %s, %s, %s, %s, %s)", tuple(row.values()))
        yield connection


def drawn(text: str) -> list[dict[str, str]]:
    head, *lines = ([cell.strip() for cell in line.split(" | ")] for line in text.strip().splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


@pytest.mark.parametrize(
    "file, line, place",
    [
        ("duc-co.xlsx", 12, 12),
        ("duc-co.xlsx", 20_000_005, "trang 2, dòng 5"),
        ("duc-co.csv", 20_000_005, 20_000_005),  # a text may have so many
        ("duc-co.xlsx", None, None),
    ],
)
def test_a_line_is_told_as_a_clerk_sees_it(file: str, line: int | None, place: int | str | None) -> None:
    assert quality.FailingRow(1, file, line, "DOS-01", "error", "", "", "", "").place == place


def test_every_delivery_is_listed_with_what_became_of_it(connection: Connection) -> None:
    files = quality.deliveries(connection)
    assert [(f.file_id, f.export, f.status, f.rows_quarantined) for f in files] == [
        (1, "hr/units", "rejected", 0),
        (2, DOSSIERS, "accepted_with_errors", 2),
        (3, DOSSIERS, "duplicate", 0),
        (4, "", "rejected", 0),
    ]
    assert files[3].delivery is None
    assert quality.deliveries(connection, file_ids=[]) == []


@pytest.mark.parametrize(
    ("read", "quarantined", "ceiling", "is_beyond"),
    [(100, 5, "5", False), (100, 6, "5", True), (0, 0, "0", False), (1, 1, "100", False), (1000, 1, "0", True)],
)
def test_a_file_is_beyond_the_ceiling(read: int, quarantined: int, ceiling: str, is_beyond: bool) -> None:
    assert quality.is_beyond(quarantined, read, Decimal(ceiling)) is is_beyond


def test_rows_are_counted_once_per_rule_and_rejected_files_are_told(connection: Connection) -> None:
    rules = catalogue.rules()
    assert quality.by_rule(connection) == [
        RuleCount("FIL-02", "fatal", "hr/units", 1, 1, rules["FIL-02"].message),
        RuleCount("DOS-10", "error", DOSSIERS, 2, 2, rules["DOS-10"].message),
        RuleCount("DOS-13", "error", DOSSIERS, 2, 1, rules["DOS-13"].message),
        RuleCount("DOS-58", "warning", DOSSIERS, 2, 2, rules["DOS-58"].message),
        RuleCount("OLD-01", "warning", DOSSIERS, 2, 1, ""),
    ]
    assert [c.rule_id for c in quality.by_rule(connection, file_id=1)] == ["FIL-02"]
    assert quality.by_rule(connection, file_id=3) == []


def test_every_failing_value_is_shown_by_line_with_its_remedy(connection: Connection) -> None:
    rows = list(quality.failing_rows(connection, 2))
    assert [(r.line, r.rule_id, r.column, r.value) for r in rows] == [
        (2, "DOS-10", "Trạng thái", "=cmd|'/c calc'!A1"),
        (2, "DOS-58", "Số giấy tờ", "0••••••••••4"),
        (7, "DOS-10", "Trạng thái", "Gọi 0••••••••6"),
        (7, "DOS-58", "Số giấy tờ", "0••••••••••4"),
        (10, "DOS-13", "Ngày kết thúc xử lý", "30/11/2021"),
        (10, "DOS-13", "Ngày trả kết quả", "30/11/2021"),
        (11, "OLD-01", "gone_column", "x"),
    ]
    assert rows[0].file == "one_stop_shop/dossiers/2021-12-01/duc-co.csv"
    assert (rows[0].expected, rows[0].remedy) == (
        catalogue.rules()["DOS-10"].message,
        catalogue.rules()["DOS-10"].remedy,
    )


@pytest.mark.parametrize(
    ("file_id", "line", "rule_id", "expected"),
    [(1, None, "FIL-02", "Thiếu cột «Tên đơn vị»."), (4, None, "", "Tệp không nằm đúng chỗ.")],
)
def test_a_rejected_file_is_one_failing_row(
    connection: Connection, file_id: int, line: int | None, rule_id: str, expected: str
) -> None:
    (row,) = quality.failing_rows(connection, file_id)
    assert (row.line, row.rule_id, row.severity, row.expected) == (line, rule_id, "fatal", expected)


@pytest.mark.parametrize("file_id", [99, 2**40])
def test_an_unknown_file_is_named(connection: Connection, file_id: int) -> None:
    for ask in (quality.delivery, lambda c, i: next(quality.failing_rows(c, i))):
        with pytest.raises(UsageError, match=f"no file has the number {file_id}"):
            ask(connection, file_id)


# --- the workbook ---------------------------------------------------------------------------------------------------


def sheets(path: Path) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_workbook_holds_what_the_screen_shows(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "lỗi.xlsx"
    assert workbook.write(connection, 2, path) == 7
    found = sheets(path)
    assert list(found) == ["Dòng lỗi", "Tổng hợp"]
    head, *rows = found["Dòng lỗi"]
    assert head == list(workbook.ROW_HEADINGS)
    shown = list(quality.failing_rows(connection, 2))
    assert [(r[2], r[3], r[5], r[6]) for r in rows] == [(s.line, s.rule_id, s.column, s.value) for s in shown]
    assert rows[0][6] == "=cmd|'/c calc'!A1"  # text, not a formula
    summary = found["Tổng hợp"]
    assert [row[0] for row in summary[:10]] == [title for title, _ in workbook.RECEIPT]
    assert summary[3][2] == "01/12/2021"
    assert [(row[0], row[4]) for row in summary[12:]] == [("DOS-10", 2), ("DOS-13", 1), ("DOS-58", 2), ("OLD-01", 1)]


def test_no_personal_data_and_no_formula_in_any_part_of_the_workbook(connection: Connection, tmp_path: Path) -> None:
    from zipfile import ZipFile

    path = tmp_path / "x.xlsx"
    workbook.write(connection, 2, path)
    with ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not [name for name, text in parts.items() if "064190001234" in text or "0905123456" in text]
    assert not [name for name, text in parts.items() if "<f>" in text]
    assert 'state="frozen"' in parts["xl/worksheets/sheet1.xml"]
    assert '<autoFilter ref="A1:I8"' in parts["xl/worksheets/sheet1.xml"]


def test_the_same_rows_give_the_same_bytes(connection: Connection, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        workbook.write(connection, 2, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]  # nothing else is left behind


def test_a_sheet_that_is_full_is_continued_on_the_next(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    workbook.write(connection, 2, tmp_path / "x.xlsx")
    assert {name: len(rows) - 1 for name, rows in sheets(tmp_path / "x.xlsx").items() if name != "Tổng hợp"} == {
        "Dòng lỗi": 3,
        "Dòng lỗi (2)": 3,
        "Dòng lỗi (3)": 1,
    }


def test_a_value_longer_than_a_cell_is_cut_visibly(connection: Connection, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update quality.violation set value = repeat('ạ', 40000) where rule_id = 'OLD-01'")
    workbook.write(connection, 2, tmp_path / "x.xlsx")
    value = sheets(tmp_path / "x.xlsx")["Dòng lỗi"][-1][6]
    assert (len(value), value[-2:]) == (workbook.CELL, "ạ…")


def test_a_file_without_failing_rows_gives_a_workbook_that_says_so(connection: Connection, tmp_path: Path) -> None:
    assert workbook.write(connection, 3, tmp_path / "x.xlsx") == 0
    assert sheets(tmp_path / "x.xlsx")["Dòng lỗi"] == [list(workbook.ROW_HEADINGS)]


@pytest.mark.parametrize(
    ("file_id", "place", "error", "words"),
    [
        (99, "x.xlsx", UsageError, "no file has the number 99"),
        (2, "absent/x.xlsx", SetupError, "there is no such folder"),
        (2, "folder.xlsx", SetupError, "cannot be written"),
    ],
)
def test_a_workbook_that_cannot_be_written_is_told(
    connection: Connection, tmp_path: Path, file_id: int, place: str, error: type[Exception], words: str
) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(error, match=words):
        workbook.write(connection, file_id, tmp_path / place)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.xlsx"]
