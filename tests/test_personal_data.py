"""Somebody's data typed into any cell, header, name of a file or folder comes out nowhere; no cell stops a load."""

import csv
import io
import json
import random
import re
import unicodedata
import zipfile
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import yaml

from etl import catalogue, cli, masking, settings
from etl.loading import first_pass
from etl.reports import terminal
from etl.stewardship import fix_list
from etl.warehouse import database

CASES = Path(__file__).parent / "expectations"
GOOD = {said["export"]: said["good"] for said in (yaml.safe_load(p.read_text("utf-8")) for p in CASES.glob("*.yml"))}
DAY = "2021-12-15"
NAME, OTHER_NAME = "Lường Thị Xuyến Chi", "Kpuih Hờ Nhung"
MARKERS = {
    "name": NAME,
    "name of the file": OTHER_NAME,
    "name in capitals": NAME.upper(),
    "identity number": "064190001234",
    "older identity number": "231 456 789",
    "spaced": "064 190 001 234",
    "with hard blanks": "064\u00a0190\u00a0001\u00a0234",
    "dotted": "064.190.001.234",
    "phone": "0977.123.456",
    "phone abroad": "+84 977 123 456",
    "mail": "xuyen.chi@example.org",
    "house": "Làng Ghè, xã Ia Dơk",
    "among words": f"Nộp hộ {NAME}, 0977 123 456",
}
PLANTED = {NAME, OTHER_NAME, NAME.upper(), "0977 123 456", "Ghè", *MARKERS.values()} - {MARKERS["among words"]}


def rows_with(export: catalogue.Export, cells: list[str]) -> list[dict[str, str]]:
    """A good row, then for each cell and column a good row that has the cell there."""
    good = GOOD[export.name]
    personal = {c.name: OTHER_NAME for c in export.columns if c.personal == "name"}
    rows = [good | personal]
    rows += [good | {column.name: cell} for cell in cells for column in export.columns]
    # each has a key of its own, unless the key is what is planted
    return [{name: text.format(n=number + 100) for name, text in row.items()} for number, row in enumerate(rows)]


def write(path: Path, export: catalogue.Export, rows: list[dict[str, str]], *more: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(c.header for c in export.columns), *more])
        writer.writerows([*(row.get(c.name, "") for c in export.columns), *("x" for _ in more)] for row in rows)


@pytest.fixture
def inbox(tmp_path: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    for unit in ("hr/units",):  # the units that good rows of other exports name
        units = [{"org_code": code, "org_name": "Đơn vị", "unit_kind": "UBND cấp huyện"} for code in ("D01", "P01")]
        write(tmp_path / "inbox" / unit / "2021-01-01" / "so-noi-vu.csv", catalogue.export(unit), units)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:  # whose its procedures are
        cursor.execute("insert into landing.sender_unit (sender, org_code, by_name) values ('ia-dok', 'D01', 'ops')")
    return tmp_path / "inbox"


def told(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    cli.run([*arguments])
    said = capfd.readouterr()
    return said.out + said.err


def everything_said(inbox: Path, url: str, capfd: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str]]:
    """What each place says after a load: the screen, the log, each format, the workbook, the pages, the tables."""
    yield "load", told(capfd, "load", str(inbox))
    yield "materialise", told(capfd, "materialise", "2021-N")
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select file_id from landing.file order by 1")
        files = [str(file_id) for (file_id,) in cursor.fetchall()]
    for form in ("table", "csv", "json"):
        yield f"files {form}", told(capfd, "files", "--format", form)
        yield f"quality {form}", told(capfd, "quality", "--format", form)
        for file in files:
            yield f"rows {file} {form}", told(capfd, "quality", "--rows", file, "--format", form)
    for file in files:
        book = inbox.parent / f"{file}.xlsx"
        yield f"workbook {file}", told(capfd, "quality", "--rows", file, "--to", str(book))
        with zipfile.ZipFile(book) as archive:
            yield from ((f"{book.name} {name}", archive.read(name).decode()) for name in archive.namelist())
    for export in catalogue.exports():
        for book in fix_list.workbooks(settings.read(), url, export, units=None):
            with zipfile.ZipFile(io.BytesIO(book.content)) as archive:
                parts = {name: archive.read(name).decode() for name in archive.namelist()}
            yield from ((f"{book.name} {name}", text) for name, text in parts.items())
            tokens = re.findall(r"<t>(WyI[\w-]+)\.", parts["xl/worksheets/sheet1.xml"])
            assert tokens
            yield f"{book.name} tokens", "\n".join(urlsafe_b64decode(f"{said}==").decode() for said in tokens)
    for page in (inbox.parent / "home" / "data_docs").rglob("*.*"):
        yield str(page), page.read_text("utf-8")
    tables_ = ["landing.file", "quality.violation", "quality.result", "quality.finding", "mart.dossier_flow"]
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select format('reporting.%I', viewname) from pg_views where schemaname = 'reporting'")
        tables_ += [name for (name,) in cursor.fetchall()]
        cursor.execute("select format('mart.%I', tablename) from pg_tables where schemaname = 'mart'")
        tables_ += [name for (name,) in cursor.fetchall()]
        for table in tables_:
            cursor.execute(f"select * from {table}")
            yield table, "\n".join(map(str, cursor.fetchall()))
        cursor.execute("select record_key, messages from quality.quarantined_row")
        yield "record_key", "\n".join(map(str, cursor.fetchall()))


NAMES = [
    "duc-co",
    NAME,
    "064 190 001 234",
    "0977123456" * 8,
    "x" * 61,
    "Báo cáo " * 12,
    "A" * 58 + " Hà Nội",
    f"{NAME} " * 8,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_was_told_is_told_alike(name: str) -> None:
    told = masking.told(name)
    assert masking.told(told) == told


@pytest.mark.parametrize("name", GOOD)
def test_what_is_typed_in_the_wrong_cell_comes_out_nowhere(
    name: str, inbox: Path, warehouse_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    export = catalogue.export(name)
    write(inbox / name / DAY / "ia-dok.csv", export, rows_with(export, [*MARKERS.values()]))
    # of a unit's name nobody can tell that it is a house or, without Văn and Thị, a person
    planted = PLANTED - ({"Ghè", MARKERS["house"], OTHER_NAME} if name == "hr/units" else set())
    said = {}
    for place, text in everything_said(inbox, warehouse_url, capfd):
        said[place] = text
        assert sorted(marker for marker in planted if marker in text or json.dumps(marker)[1:-1] in text) == [], place
    assert " rows " not in said["load"]
    assert "••••" in said["quality.violation"]
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select string_agg(raw::text, '') from quality.quarantined_row")
        assert MARKERS["phone"] in cursor.fetchone()[0], "the row itself is kept whole"


@pytest.mark.parametrize("name", GOOD)
def test_no_cell_however_long_stops_a_load(
    name: str, inbox: Path, warehouse_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    export, chance = catalogue.export(name), random.Random(6)
    cells = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyzĐỆ0123456789", k=length)) for length in (6_000, 3_000)]
    write(inbox / name / DAY / "ia-dok.csv", export, rows_with(export, cells))
    write(inbox / "hr/events" / DAY / "ia-kla.csv", catalogue.export("hr/events"), [GOOD["hr/events"]])
    told(capfd, "load", str(inbox))
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select export, sender, status, message from landing.file where status not like 'accepted%'")
        assert cursor.fetchall() == []


# --- headers, names of files and folders ------------------------------------------------------------------------------


def test_a_header_that_nobody_knows_tells_nobody(
    inbox: Path, warehouse_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in GOOD:
        write(inbox / name / DAY / "ia-dok.csv", catalogue.export(name), [GOOD[name]], *MARKERS.values(), "Hạn xử lý")
    texts = dict(everything_said(inbox, warehouse_url, capfd))
    assert [(place, m) for place, text in texts.items() for m in PLANTED if m in text] == []
    assert "«Hạn xử lý»" in texts["files table"]


@pytest.mark.parametrize("place", ["file", "day", "export", "source"])
def test_a_file_or_folder_called_after_somebody_is_refused_and_tells_nobody(
    place: str, inbox: Path, warehouse_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    export = catalogue.export("hr/staff")
    called = sorted(set(MARKERS.values()) - {OTHER_NAME} | {"Nguyễn Thị Bình"})
    for marker in called:
        parts = {"source": "hr", "export": "staff", "day": DAY, "file": "ia-dok"} | {place: marker}
        path = inbox.joinpath(*parts.values())
        write(path.with_name(path.name + ".csv"), export, rows_with(export, []))
    texts = dict(everything_said(inbox, warehouse_url, capfd))
    assert [(where, m) for where, text in texts.items() for m in PLANTED if m in text] == []
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select status from landing.file where sender <> 'so-noi-vu'")
        assert cursor.fetchall() == [("rejected",)] * len(called)
    assert "Không có gì mới" in told(capfd, "load", str(inbox))


def test_a_file_name_moves_no_cursor_and_breaks_no_line(
    inbox: Path, warehouse_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    called = ["a\nb", "\x1b[31mred", "a\rb", "a\u202eb", "x" * 61]
    for name in called:
        write(inbox / "hr/staff" / DAY / f"{name}.csv", catalogue.export("hr/staff"), [GOOD["hr/staff"]])
    for place, text in everything_said(inbox, warehouse_url, capfd):
        assert [name for name in called if name in text] == [], place
        assert not set(text) & set("\x1b\r\u202e"), place


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("duc-co", True),
        ("đức cơ", True),
        ("mot_cua_xa (1)", True),
        ("p.noi-vu", True),
        ("UBND xã Ia Dơk", True),
        ("x" * 60, True),
        ("x" * 61, False),
        ("so,ban", False),
        ("Nguyen Van An", False),
        ("nguyen_van_an", False),
        ("0977123456", False),
        ("cccd 064-190-001", False),
    ],
)
def test_how_a_file_may_be_called(name: str, plain: bool) -> None:
    assert masking.is_plain(name) is plain


# --- what remains readable --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Đang xử lí",
        "Hoàn thành",
        "HỒ SƠ ĐÃ XONG",
        "Văn hóa",
        "Y Tế",
        "Tổ chức",
        "Từ chối",
        "Chờ thanh toán",
        "Lãnh đạo phòng thuộc UBND huyện",
        "30/11/2021",
        "2021-09-14 23:59:59",
        "14-09-2021 23:59:59",
        "2021-03-14T17:30:00Z",
        "20210914235959",
        "000.00.01.H21-210104-0001",
        "H21.12-220601-0001",
        "000.701.18.G12-251226-27110000025488",
        "2.000635.000.00.00.H21",
        "2779a/QĐ-UBND",
        "06/2024/QĐ-UBND",
        "1.500.000",
        "=cmd|'/c calc'!A1",
    ],
)
def test_words_codes_and_days_remain_readable(text: str) -> None:
    assert masking.shown(text) == text


def test_a_code_is_readable_in_its_own_column_only() -> None:
    export = catalogue.export("one_stop_shop/dossiers")
    assert masking.shown("00352112000539", export.column("dossier_code")) == "00352112000539"
    assert masking.shown("00352112000539", export.column("note")) == "0••••••••••••9"


@pytest.mark.parametrize("cell", ["Kpuih Hờ Nhung", "kpuih hờ nhung", "của Hờ Nhung và con", "KPUIH HỜ NHUNG"])
def test_names_are_those_that_the_file_holds(cell: str) -> None:
    names = masking.Names()
    export = catalogue.export("hr/staff")
    names.learn(pl.DataFrame({"full_name": ["Kpuih Hờ Nhung", None, "An"]}), export)
    assert "hung" not in masking.shown(cell, None, names).lower()
    assert masking.shown("An toàn", None, names) == "An toàn"


@pytest.mark.parametrize("count", [1, masking.MANY + 1])
def test_a_column_is_masked_like_its_cells(count: int) -> None:
    cells = [*MARKERS.values(), unicodedata.normalize("NFD", "Võ Thị Lệ"), "Đang xử lí", "30/11/2021", "a\x1bb"]
    column = catalogue.export("hr/events").column("form")
    many = [*cells, *(f"{number}/QĐ-UBND" for number in range(count)), None]
    shown = masking.shown_column(pl.Series(many), column, masking.NOBODY).to_list()
    assert shown == [cell and masking.shown(cell, column) for cell in many]
    assert [cell for cell, told in zip(cells, shown, strict=False) if cell == told] == ["Đang xử lí", "30/11/2021"]


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("000.00.16.H21-211201-0001", True),
        ("00352112000539", True),
        ("751/QĐ-UBND", True),
        ("x" * 200, True),
        ("x" * 201, False),
        ("064190001234", False),
        ("NguyễnVănAn", False),
        ("NGUYỄN-AN", True),
        ("NGUYỄNAN", False),
        ("0977.123.456", False),
        ("an@example.org", False),
    ],
)
def test_a_key_in_quarantine_is_short_and_nobodys(code: str, kept: bool) -> None:
    export = catalogue.export("one_stop_shop/dossiers")
    keys = first_pass.record_keys(pl.DataFrame({"dossier_code": [code], "raw_hash": [1]}), export)
    assert (keys[0] == code) is kept
    assert len(keys[0]) <= first_pass.LONGEST_KEY


def test_keys_of_rows_that_come_in_pieces() -> None:
    pieces = [
        pl.DataFrame(
            {"dossier_code": codes, "raw_hash": [7] * 3}, schema={"dossier_code": pl.String, "raw_hash": pl.Int64}
        )
        for codes in ([None, None, "A"], ["B", None, "NguyễnVănAn"], [None] * 3)
    ]
    keys = first_pass.record_keys(pl.concat(pieces, rechunk=False), catalogue.export("one_stop_shop/dossiers"))
    assert [key if len(key) < 5 else key[0] for key in keys] == ["#7", "#7", "A", "B", "#7", "#", "#7", "#7", "#7"]


# --- CSV ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
        ("+84 •••", "'+84 •••"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "' =1"),
        ("-46.59", "-46.59"),
        ("-46,59", "-46,59"),
        ("99,13", "99,13"),
        ("1=1", "1=1"),
        (-3, "-3"),
        (None, ""),
    ],
)
def test_csv_holds_no_formula(cell: terminal.Cell, written: str, capfd: pytest.CaptureFixture[str]) -> None:
    terminal.write_csv(("a", "b"), [(1, cell)])
    assert list(csv.reader(io.StringIO(capfd.readouterr().out, newline="")))[1] == ["1", written]
