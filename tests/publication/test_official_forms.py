"""The official forms of the district of the demo, written, and read back value for value."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from psycopg2.extensions import cursor as Cursor
from pypdfium2 import PdfDocument

from demo.exports import write_exports
from etl import pipeline, settings
from etl.errors import SetupError, UsageError
from etl.periods import Period
from etl.publication import forms
from etl.publication.forms import filled, writing
from etl.publication.forms.filled import Filled, vietnamese
from etl.warehouse import database
from tests.databases import fresh_database

REPORTED = Period.parse("2021-N").with_window(None, date(2021, 11, 15))


@pytest.fixture(scope="module")
def figures(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cursor]:
    """A cursor on the demo's warehouse, with the figures of 2021 over the window that the report states."""
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("forms")
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        write_exports(folder / "inbox")
        configured = settings.read()
        pipeline.land(configured, url, inbox=str(folder / "inbox"))
        assert list(pipeline.load_waiting(configured, url))
        pipeline.materialise(url, REPORTED)
        with database.transaction(url) as connection, connection.cursor() as cursor:
            yield cursor


@pytest.fixture(scope="module")
def made(figures: Cursor) -> dict[str, Filled]:
    return {name: filled.fill(figures, name, Period.parse("2021-N"), "631") for name in forms.names()}


FORMS = ("appendix", "flow", "one-stop")


def shown(one: Filled) -> list[list[str]]:
    return [[vietnamese(cell) for cell in row.cells] for row in one.rows]


def test_the_forms_are_those_of_the_folder() -> None:
    assert tuple(forms.names()) == FORMS


@pytest.mark.parametrize("name", FORMS)
def test_a_workbook_has_numbers_that_are_numbers(made: dict[str, Filled], name: str, tmp_path: Path) -> None:
    one, path = made[name], tmp_path / "form.xlsx"
    writing.write(one, path)
    sheet = load_workbook(path)["Biểu"]
    rows = [tuple(cell.value for cell in row[: len(one.form.columns)]) for row in sheet.iter_rows()]
    expected = [tuple(float(c) if isinstance(c, Decimal) else c or "" for c in row.cells) for row in one.rows]
    begin = rows.index(expected[0])
    assert rows[begin : begin + len(expected)] == expected
    formats = {cell.number_format for row in sheet.iter_rows() for cell in row if isinstance(cell.value, float | int)}
    assert formats <= {"[$-42A]#,##0", "[$-42A]#,##0.00"}
    first = path.read_bytes()
    writing.write(one, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", FORMS)
def test_a_document_of_word_has_the_same(made: dict[str, Filled], name: str, tmp_path: Path) -> None:
    one, path = made[name], tmp_path / "form.docx"
    writing.write(one, path)
    document = Document(str(path))
    table = document.tables[1]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[-len(one.rows) :] == shown(one)
    said = [paragraph.text.removeprefix("- ") for paragraph in document.paragraphs]
    assert [*one.sentences, one.status] == [
        *(s for s in said if s in one.sentences),
        *(s for s in said if s == one.status),
    ]


@pytest.mark.parametrize("name", FORMS)
def test_a_pdf_has_every_cell_and_is_the_same_twice(made: dict[str, Filled], name: str, tmp_path: Path) -> None:
    one, path = made[name], tmp_path / "form.pdf"
    writing.write(one, path)
    first = path.read_bytes()
    writing.write(one, path)
    assert path.read_bytes() == first
    assert b"pdfaid:part>2<" in first.replace(b" ", b"") and b"conformance>B<" in first.replace(b" ", b"")
    text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in PdfDocument(path))
    at = 0
    for cell in (cell for row in shown(one) for cell in row if cell):
        found = text.find("".join(cell.split()), at)
        assert found >= 0 or "".join(cell.split()) in text, cell  # a long cell may be cut by a page
        at = max(at, found)
    for said in (*one.sentences, one.unit.upper(), one.status, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"):
        assert "".join(said.split()) in text


def test_the_appendix_says_what_a_figure_is_made_of_or_why_there_is_none(made: dict[str, Filled]) -> None:
    notes = {row.cells[0]: (vietnamese(row.cells[3]), row.cells[4]) for row in made["appendix"].rows}
    assert {code: notes[code] for code in ("1.1.3", "3.4.1", "3.4.3", "5.1.3", "7.8.4")} == {
        "1.1.3": ("42", ""),
        "3.4.1": ("", "Cấp này không báo cáo"),
        "3.4.3": ("99,82", "14.249/14.274"),
        "5.1.3": ("", "Chưa có dữ liệu để tính"),
        "7.8.4": ("59,54", "103/173"),
    }
    assert (made["appendix"].above, made["appendix"].window) == (
        "UBND tỉnh Gia Lai",
        "Từ ngày 15/12/2020 đến ngày 15/11/2021",
    )


def test_the_sentences_are_those_of_the_report_with_the_shares_that_are_right(made: dict[str, Filled]) -> None:
    assert [row.cells[:3] for row in made["one-stop"].rows] == [
        ("Cấp huyện", Decimal(1831), Decimal(1597)),
        ("Cấp xã", Decimal(14296), Decimal(14274)),
        ("Toàn huyện", Decimal(16127), Decimal(15871)),
    ]
    whole = made["one-stop"].sentences[2]
    # the printed report says 7,11 % of the last one, which is 17/239
    assert whole == (
        "Toàn huyện đã tiếp nhận 16.127 hồ sơ, đã giải quyết 15.871 hồ sơ, đang giải quyết 256 hồ sơ. Trong đó đã giải"
        " quyết đúng hạn 15.835 hồ sơ chiếm tỉ lệ 99,77%, đã giải quyết quá hạn 36 hồ sơ chiếm tỉ lệ 0,23%; đang giải"
        " quyết đúng hạn 239 hồ sơ chiếm tỉ lệ 93,36%, đang giải quyết quá hạn 17 hồ sơ chiếm tỉ lệ 6,64%."
    )
    assert "9 thủ tục hành chính" in made["one-stop"].sentences[3]
    beside = " ".join(made["one-stop"].sentences[5:])
    of_the_report = ("Có 3 thủ tục", "103 hồ sơ", "Có 23/456 thủ tục", "5,04%", "20,06% (72/359", "72,20% (1.205/1.669")
    assert [said for said in of_the_report if said not in beside] == []
    assert not any(row.cells[0].startswith("b") for row in made["appendix"].rows)


def test_the_total_of_the_flow_is_that_of_its_fields(made: dict[str, Filled]) -> None:
    *fields, total = made["flow"].rows
    assert total.kind == "total"
    for column in range(2, len(total.cells)):
        assert total.cells[column] == sum(row.cells[column] for row in fields)


def test_a_sentence_whose_figure_has_no_value_is_left_out(figures: Cursor) -> None:
    commune = filled.fill(figures, "one-stop", Period.parse("2021-N"), "23857")
    assert [row.cells[0] for row in commune.rows] == ["Toàn xã"]
    assert not any("mức độ 3 và" in sentence and "{" in sentence for sentence in commune.sentences)


VERSIONS = [(date(2021, 12, 14), "2021", False), (date(2025, 6, 30), "2021", False), (date(2025, 12, 14), "2025", True)]


@pytest.mark.parametrize(("last_day", "version", "is_provisional"), VERSIONS)
def test_the_version_in_force_on_the_last_day(last_day: date, version: str, is_provisional: bool) -> None:
    found = forms.form("appendix", last_day)
    assert (found.version, bool(found.provisional)) == (version, is_provisional)


def test_an_office_adds_a_form_with_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Cursor) -> None:
    folder = tmp_path / "forms" / "short"
    folder.mkdir(parents=True)
    (folder / "2021.yml").write_text(
        'title: ["TÓM TẮT"]\nlegal_basis: "Văn bản của tỉnh"\nvalid_from: 2020-12-15\nrows: appendix\n'
        'columns:\n  - {title: "Mã", of: code, width: 9}\n  - {title: "Số liệu", of: value, width: 9}\n',
        "utf-8",
    )
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    one = filled.fill(figures, "short", Period.parse("2021-N"), "631")
    assert ("1.1.3", Decimal(42)) in [row.cells for row in one.rows]


YEAR = Period.parse("2021-N")
REFUSED = [
    ("unknown form", lambda cursor: filled.fill(cursor, "biểu", YEAR, "631"), "there are appendix"),
    ("unknown unit", lambda cursor: filled.fill(cursor, "flow", YEAR, "999"), "no unit '999'"),
    ("before there were forms", lambda _: forms.form("flow", date(2019, 1, 1)), "begins later"),
    ("unknown release", lambda cursor: filled.fill(cursor, "flow", YEAR, "631", 7), "số 7"),
]


@pytest.mark.parametrize(("what", "asked", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_filled_is_said(
    what: str, asked: Callable[[Cursor], object], said: str, figures: Cursor
) -> None:
    with pytest.raises(UsageError, match=said):
        asked(figures)


def test_what_cannot_be_written_is_said(made: dict[str, Filled], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.xlsx, \.pdf, \.docx"):
        writing.write(made["flow"], tmp_path / "form.odt")
    with pytest.raises(SetupError, match="no such folder"):
        writing.write(made["flow"], tmp_path / "gone" / "form.pdf")
    assert list(tmp_path.iterdir()) == []
