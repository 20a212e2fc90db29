# ruff: noqa: E501 - tables: a line for each case
"""What workbooks say besides texts: days, formulas, merged cells, several sheets, and the containers they come in."""

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from etl import catalogue
from etl.errors import FileRejected
from etl.reading import values, workbook
from etl.reading.read import blocks
from tests.tables import cells

TASKS = catalogue.export("document_management/tasks")
DECLARATIONS = catalogue.export("declarations/indicators")
HEADER = [c.header for c in TASKS.columns]
Write = Callable[[Any, Any], None]


def written(folder: Path, *sheets: Write | list[list[object]], name: str = "tệp.xlsx") -> Path:
    """A workbook with a sheet for each: its rows, or what is done with it (and the book)."""
    path = folder / name
    with xlsxwriter.Workbook(path) as book:
        for number, rows in enumerate(sheets, 1):
            sheet = book.add_worksheet(f"Trang {number}")
            if callable(rows):
                rows(sheet, book)
                continue
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    write(book, sheet, at, column, cell)
    return path


def write(book: Any, sheet: Any, row: int, column: int, cell: object) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, book.add_format({"num_format": "dd/mm/yyyy"}))
    elif isinstance(cell, tuple):
        sheet.write_number(row, column, cell[0], book.add_format({"num_format": cell[1]}))
    elif cell is not None:
        sheet.write(row, column, cell)


def task(code: object = "NV-1", assigned: object = "05/03/2021", **said: object) -> list[object]:
    row = {"task_code": code, "content": "Rà soát", "assigned_by": "Chính phủ", "org_code": "631"}
    row |= {"assigned_on": assigned, **said}
    return [row.get(c.name) for c in TASKS.columns]


def read(path: Path, export: catalogue.Export = TASKS) -> pl.DataFrame:
    return pl.concat(blocks(path, export))


def rejected(path: Path, export: catalogue.Export = TASKS) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        read(path, export)
    return caught.value


def changed(path: Path, *parts: tuple[str, str, str], renamed: Callable[[str], str] = str) -> Path:
    """The same workbook, texts of its parts replaced, and its parts renamed."""
    other = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            said = before.read(name).decode()
            for part, old, new in parts:
                if part in name:
                    said, count = re.subn(old, new, said)
                    assert count, f"{name} does not say {old}"
            after.writestr(renamed(name), said)
    return other


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, as_text, as_code, as_day",
    [
        # what stands in a column of texts, of codes, of days
        ("03/2021", "03/2021", "03/2021", "03/2021"),
        (date(2021, 3, 1), "2021-03-01", "#NGÀY 2021-03-01", "2021-03-01"),
        (datetime(2021, 3, 1, 8, 30), "2021-03-01 08:30:00", "#NGÀY 2021-03-01 08:30:00", "2021-03-01 08:30:00"),
        ((0.25, "h:mm"), "06:00:00", "#NGÀY 06:00:00", "06:00:00"),
        ((1.25, "[h]:mm"), "30:00:00", "#NGÀY 30:00:00", "30:00:00"),
        ((123, "00000"), "00123", "00123", "00123"),
        (True, "TRUE", "TRUE", "TRUE"),
        (20210200000001, "20210200000001", "20210200000001", "20210200000001"),
    ],
)
def test_what_a_cell_says(tmp_path: Path, cell: object, as_text: str, as_code: str, as_day: str) -> None:
    frame = read(written(tmp_path, [HEADER, task(code=cell, content=cell, assigned="05/03/2021", due_on=cell)]))
    assert frame.select("content", "task_code", "due_on").row(0) == (as_text, as_code, as_day)


def test_what_excel_made_a_day_of_is_no_code(tmp_path: Path) -> None:
    frame = values.typed(read(written(tmp_path, [HEADER, task(code=date(2021, 3, 1)), task()])), TASKS)
    misshapen = pl.sql_expr(catalogue.misshapen(TASKS.column("task_code")))
    assert frame.select(misshapen).to_series().to_list() == [True, False]


@pytest.mark.parametrize(
    "cell, says",
    [
        ("<f>NOW()</f>", "#CÔNG THỨC CHƯA TÍNH"),  # written by a program that does not calculate
        ("<f>NOW()</f><v></v>", "#CÔNG THỨC CHƯA TÍNH"),
        ("<f>NOW()</f><v/>", "#CÔNG THỨC CHƯA TÍNH"),
        ('<f t="shared" si="0"/>', "#CÔNG THỨC CHƯA TÍNH"),
        ("<f>NOW()</f><v>0.0</v>", "#CÔNG THỨC CHƯA TÍNH"),  # as Apache POI writes it
        ("<f>A1</f><v>12</v>", "12"),
        ("<f>A1</f><v>0</v>", "#CÔNG THỨC CHƯA TÍNH"),  # as XlsxWriter does, and says: calculate when you open it
        ("<v>0</v>", "0"),
        ('" t="str"><f>A1</f><v>Về việc</v>', "Về việc"),
        ('" t="str"><f>A1</f><v></v>', None),  # it comes to an empty text
        ('" t="str"><f>A1</f>', "#CÔNG THỨC CHƯA TÍNH"),
        ('" t="e"><f>1/0</f><v>#DIV/0!</v>', "#DIV/0!"),
        ('" t="e"><v>#N/A</v>', "#N/A"),
        ('" t="b"><v>1</v>', "TRUE"),
        ('" t="d"><v>2021-03-01T00:00:00</v>', "2021-03-01"),
        ('" t="inlineStr"><is><r><t>Rà </t></r><r><t>soát</t></r><rPh sb="0" eb="1"><t>X</t></rPh></is>', "Rà soát"),
        ('" t="inlineStr"><is><t>Rà_x000D_\nsoát_x0000_</t></is>', "Rà\r\nsoát"),
    ],
)
def test_formulas_errors_and_texts(tmp_path: Path, cell: str, says: str | None) -> None:
    path = written(tmp_path, [HEADER, task(content=77)])
    attributes, inner = cell.split(">", 1) if cell.startswith('"') else ('"', cell)
    path = changed(path, ("sheet1.xml", r'<c r="B2"><v>77</v>', f'<c r="B2{attributes}>{inner}'))
    assert read(path)["content"].to_list() == [says]


def test_a_zero_of_a_program_that_calculates_is_a_zero(tmp_path: Path) -> None:
    path = written(tmp_path, [HEADER, task(content=77)])
    path = changed(
        path, ("sheet1.xml", "<v>77</v>", "<f>A1</f><v>0</v>"), ("xl/workbook.xml", 'fullCalcOnLoad="1"', "")
    )
    assert read(path)["content"].to_list() == ["0"]


def test_a_share_is_read_as_its_cell_shows_it(tmp_path: Path) -> None:
    header = [c.header for c in DECLARATIONS.columns][:5]
    rows = [["7.4", 2021, "Quý I", "631", (0.9913, "0.00%")], ["7.6.1.b", 2021, "Quý I", "631", (1, "0%")]]
    assert read(written(tmp_path, [header, *rows]), DECLARATIONS)["value"].to_list() == ["99,13%", "100%"]


# --- days of a whole column ------------------------------------------------------------------------------------------


def days(drawn: str) -> list[list[object]]:
    """Rows whose days are texts, or in brackets: cells that are days."""
    found = []
    for number, text in enumerate(drawn.split()):
        real = re.fullmatch(r"\[(\d+)/(\d+)/(\d+)\]", text)
        found.append(task(f"NV-{number}", date(*(int(n) for n in real.groups()[::-1])) if real else text))
    return found


REAL = "[05/03/2021] [25/03/2021] [12/03/2021]"


@pytest.mark.parametrize(
    "drawn, says",
    [
        # cells that are days up to the 12th, and texts after it: Excel turned what it could read
        ("[02/03/2021] [05/01/2021] 15/02/2021 20/03/2021", "Excel đã đổi chỗ"),
        ("[02/03/2021] 15/02/2021", "Excel đã đổi chỗ"),
        ("[02/03/2021] 15-02-2021 2021-02-15", "Excel đã đổi chỗ"),
        ("[02/03/2021] [15/03/2021] 15/02/2021", None),
        ("[02/03/2021] 15/02/2021 05/02/2021", None),  # a text that Excel would have turned
        (REAL, None),
        ("[02/03/2021] [05/03/2021]", None),
        ("[02/03/2021] 2021-02-15", None),
        # month first
        ("12/31/2021 03/05/2021", "tháng trước ngày sau"),
        ("12/31/2021 01/15/2021", "tháng trước ngày sau"),
        ("12/31/2021 01/15/2021 31/12/2021", "tháng trước ngày sau"),
        ("12/31/2021 31/12/2021 05/03/2021", None),  # a slip: its row is refused
        ("12/31/2021", None),
        ("12/31/2021 01/15/2021 " + "05/03/2021 " * 40, None),  # fewer than one of twenty
        ("12/31/2021 01/15/2021 01/16/2021 " + "05/03/2021 " * 40, "tháng trước ngày sau"),
        ("31/12/2021 15/01/2021 05/03/2021", None),
    ],
)
def test_days_are_judged_by_whole_columns(tmp_path: Path, drawn: str, says: str | None) -> None:
    rows = days(drawn)
    files = [written(tmp_path, [HEADER, *rows])]
    if "[" not in drawn:
        files.append(tmp_path / "tệp.csv")
        files[1].write_text("\n".join(",".join(str(c or "") for c in row) for row in [HEADER, *rows]) + "\n")
    for path in files:
        if says is None:
            assert read(path).height == len(rows)
            continue
        error = rejected(path)
        assert error.rule_id == "FIL-09"
        assert says in error.message
        assert "«Ngày giao»" in error.message


# --- merged cells ----------------------------------------------------------------------------------------------------


def merged(areas: dict[str, object], rows: list[list[object]]) -> Write:
    def fill(sheet: Any, book: Any) -> None:
        for at, row in enumerate([HEADER, *rows]):
            for column, cell in enumerate(row):
                write(book, sheet, at, column, cell)
        for area, text in areas.items():
            sheet.merge_range(area, text)

    return fill


ONE, TWO, THREE = (task(f"NV-{n}", None, org_code=None) for n in (1, 2, 3))


@pytest.mark.parametrize(
    "areas, rows, expected",
    [
        # task_code, content, org_code, assigned_on, due_on
        ({"E2:E4": "631", "F2:F4": "05/03/2021"}, [ONE, TWO, THREE], """
            NV-1 | Rà soát | 631 | 05/03/2021 | -
            NV-2 | Rà soát | 631 | 05/03/2021 | -
            NV-3 | Rà soát | 631 | 05/03/2021 | -"""),
        ({"E2:E3": "631", "E4:E5": "632"}, [ONE, TWO, THREE, task("NV-4", None, org_code=None)], """
            NV-1 | Rà soát | 631 | - | -
            NV-2 | Rà soát | 631 | - | -
            NV-3 | Rà soát | 632 | - | -
            NV-4 | Rà soát | 632 | - | -"""),
        # over two columns of a row of data: each of them says it
        ({"F2:G2": "05/03/2021"}, [ONE, TWO], """
            NV-1 | Rà soát | - | 05/03/2021 | 05/03/2021
            NV-2 | Rà soát | - | - | -"""),
        ({"F2:G3": "05/03/2021"}, [ONE, TWO], """
            NV-1 | Rà soát | - | 05/03/2021 | 05/03/2021
            NV-2 | Rà soát | - | 05/03/2021 | 05/03/2021"""),
        # a title over all columns is no value of each, and its row names the group of those below it
        ({"A2:H2": "Lĩnh vực hộ tịch"}, [[], TWO], """
            NV-2 | Rà soát | - | - | -"""),
        ({"A3:E3": "Tổng cộng"}, [ONE, [None] * 5 + ["2"]], """
            NV-1 | Rà soát | - | - | -"""),
        # rows that are two lines high are one row each
        ({f"{c}2:{c}3": text for c, text in zip("ABCEF", ["NV-1", "Rà soát", "Chính phủ", "631", "x"], strict=True)}, [], """
            NV-1 | Rà soát | 631 | x | -"""),
        # beside the table
        ({"J2:J9": "x"}, [ONE], """
            NV-1 | Rà soát | - | - | -"""),
    ],
)  # fmt: skip
def test_a_merged_cell_is_said_of_what_it_covers(
    tmp_path: Path, areas: dict[str, object], rows: list[list[object]], expected: str
) -> None:
    frame = read(written(tmp_path, merged(areas, rows)))
    found = frame.select("task_code", "content", "org_code", "assigned_on", "due_on").rows()
    assert [[cell or "-" for cell in row] for row in found] == cells(expected)


def test_a_merged_header_is_said_once(tmp_path: Path) -> None:
    def fill(sheet: Any, book: Any) -> None:
        sheet.merge_range("A1:H1", "BÁO CÁO")
        for column, header in enumerate(HEADER):
            sheet.merge_range(1, column, 2, column, header)
        for column, cell in enumerate(task()):
            write(book, sheet, 3, column, cell)

    assert read(written(tmp_path, fill))["task_code"].to_list() == ["NV-1"]


def test_what_a_merged_cell_hides_is_not_lost(tmp_path: Path) -> None:
    path = written(tmp_path, [HEADER, task("NV-1", org_code="631"), task("NV-2", org_code="632")])
    path = changed(
        path, ("sheet1.xml", "</sheetData>", '</sheetData><mergeCells><mergeCell ref="E2:E3"/></mergeCells>')
    )
    error = rejected(path)
    assert error.rule_id == "FIL-01"
    assert "Dòng 3 có ô gộp che một ô khác" in error.message


# --- sheets ----------------------------------------------------------------------------------------------------------

A, B, C, D = (task(f"NV-{letter}") for letter in "ABCD")
NOTES = [["Ghi chú"], ["Số liệu đến 15/3"]]
CODES = [["Mã", "Tên"], ["631", "Đức Cơ"], ["632", "Chư Prông"]]
MOVED = [HEADER[::-1], C[::-1]]


def hidden(rows: list[list[object]]) -> Write:
    def fill(sheet: Any, book: Any) -> None:
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                write(book, sheet, at, column, cell)
        sheet.hide()

    return fill


@pytest.mark.parametrize(
    "sheets, expected",
    [
        # line, task_code; row 2 of the third sheet is line 30,000,002
        ([[HEADER, A], [HEADER, B]], "2 | NV-A \n 20000002 | NV-B"),
        ([[HEADER, A], [B, C]], "2 | NV-A \n 20000001 | NV-B \n 20000002 | NV-C"),
        ([[HEADER, A], NOTES, [HEADER, B]], "2 | NV-A \n 30000002 | NV-B"),
        ([NOTES, [HEADER, A], [B], [C, D]], "2 | NV-A \n 30000001 | NV-B \n 40000001 | NV-C \n 40000002 | NV-D"),
        ([[HEADER, A], MOVED], "2 | NV-A \n 20000002 | NV-C"),
        ([[HEADER, A], CODES, NOTES], "2 | NV-A"),
        ([CODES, [HEADER, A]], "2 | NV-A"),
        ([[HEADER], [HEADER, A]], "2 | NV-A"),  # a form that is not filled in
        ([hidden([HEADER]), [HEADER, A]], "2 | NV-A"),
        ([hidden(CODES), [HEADER, A], hidden(NOTES)], "2 | NV-A"),
        ([[HEADER, A], [["Trang 2"], B]], "2 | NV-A \n 20000002 | NV-B"),
    ],
)
def test_sheets_of_one_list_are_read_as_one(tmp_path: Path, sheets: list[Any], expected: str) -> None:
    found = read(written(tmp_path, *sheets)).select("line", "task_code").rows()
    assert [[str(cell) for cell in row] for row in found] == cells(expected)


@pytest.mark.parametrize(
    "sheets, says",
    [
        ([[HEADER, A], [HEADER[:5] + HEADER[5:6], B]], "khác mẫu nhau («Trang 1», «Trang 2»)"),
        ([[HEADER, A], hidden([HEADER, B])], "đang ẩn mà có dữ liệu cùng mẫu («Trang 2»)"),
        ([[HEADER, A], hidden([B])], "đang ẩn mà có dữ liệu cùng mẫu («Trang 2»)"),
        ([NOTES, hidden([HEADER, A])], "đang ẩn mà có dữ liệu cùng mẫu («Trang 2»)"),
        ([[HEADER, A], [["x", "y", "z", None, "631", "t"]] * 3], "Không rõ trang tính «Trang 2»"),
    ],
)
def test_sheets_of_which_nobody_can_say_are_refused(tmp_path: Path, sheets: list[Any], says: str) -> None:
    error = rejected(written(tmp_path, *sheets))
    assert error.rule_id == "FIL-01"
    assert says in error.message


def test_a_sheet_that_only_has_the_header_has_no_rows(tmp_path: Path) -> None:
    assert list(blocks(written(tmp_path, [HEADER]), TASKS)) == []


# --- containers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts, renamed",
    [
        ([], lambda name: name.replace("/", "\\")),
        ([], lambda name: f"/{name}"),
        ([("_rels/.rels", "xl/workbook.xml", "xl/book.xml"), ("Content_Types", "/xl/workbook.xml", "/xl/book.xml")],
         lambda name: name.replace("workbook.xml", "book.xml")),
        ([("_rels/.rels", "xl/workbook.xml", "/office/book.xml"), ("Content_Types", "/xl/workbook.xml", "/office/book.xml")],
         lambda name: name.replace("xl/", "office/").replace("workbook.xml", "book.xml")),
        ([("workbook.xml.rels", 'Target="', 'Target="/xl/')], str),
        ([("workbook.xml.rels", 'Target="', 'Target="./../xl/')], str),
        ([("workbook.xml.rels", 'Target="worksheets/', r'Target="worksheets\\\\')], str),
        ([], str.upper),
    ],
    ids=["backslashes", "slashes", "another name", "another folder", "absolute", "dots", "backslash", "capitals"],
)  # fmt: skip
def test_a_workbook_is_found_where_its_parts_say(
    tmp_path: Path, parts: list[tuple[str, str, str]], renamed: Callable[[str], str]
) -> None:
    path = changed(written(tmp_path, [HEADER, A]), *parts, renamed=renamed)
    assert read(path)["task_code"].to_list() == ["NV-A"]


XML = """<?xml version="1.0"{encoding}?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:html="http://www.w3.org/TR/REC-html40">
<Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style><Style ss:ID="q" ss:Parent="p"/>
<Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style>
<Style ss:ID="z"><NumberFormat ss:Format="00000"/></Style></Styles>
<Worksheet ss:Name="Một"><Table><Column ss:Index="2" ss:StyleID="z" ss:Span="1"/>{rows}</Table>
<x:WorksheetOptions><x:Visible>{visible}</x:Visible></x:WorksheetOptions></Worksheet></Workbook>"""


def xml(folder: Path, rows: str, visible: str = "SheetVisible", encoding: str = "utf-8") -> Path:
    path = folder / "tệp.xls"
    said = "" if encoding.startswith("utf") else f' encoding="{encoding}"'
    path.write_bytes(XML.format(rows=rows, visible=visible, encoding=said).encode(encoding))
    return path


@pytest.mark.parametrize(
    "row, expected",
    [
        ('<Row><Cell><Data ss:Type="String">a</Data></Cell></Row>', [(1, [(0, "a")])]),
        ('<Row ss:Index="3"><Cell ss:Index="5"><Data ss:Type="Number">12</Data></Cell></Row>', [(3, [(4, "12")])]),
        ('<Row><Cell ss:StyleID="q"><Data ss:Type="Number">0.9913</Data></Cell></Row>', [(1, [(0, "99,13%")])]),
        ('<Row><Cell ss:Index="3"><Data ss:Type="Number">12</Data></Cell></Row>', [(1, [(2, "00012")])]),
        ('<Row ss:StyleID="p"><Cell><Data ss:Type="Number">0.5</Data></Cell></Row>', [(1, [(0, "50,00%")])]),
        ('<Row><Cell ss:StyleID="d"><Data ss:Type="Number">44256</Data></Cell></Row>', [(1, [(0, "2021-03-01\0")])]),
        ('<Row><Cell><Data ss:Type="DateTime">2021-03-01T00:00:00.000</Data></Cell></Row>', [(1, [(0, "2021-03-01\0")])]),
        ('<Row><Cell><Data ss:Type="Boolean">1</Data></Cell><Cell><Data ss:Type="Error">#REF!</Data></Cell></Row>',
         [(1, [(0, "TRUE"), (1, "#REF!")])]),
        ('<Row><Cell ss:Formula="=RC[1]"/></Row>', [(1, [(0, "#CÔNG THỨC CHƯA TÍNH")])]),
        ('<Row><Cell><ss:Data ss:Type="String" xmlns="x"><B>in</B> đậm</ss:Data><Comment><ss:Data>ai đó</ss:Data></Comment>'
         "</Cell></Row>", [(1, [(0, "in đậm")])]),
        ('<Row><Cell ss:MergeAcross="2"><Data ss:Type="String">a</Data></Cell><Cell><Data ss:Type="String">b</Data></Cell>'
         "</Row>", [(1, [(0, "a"), (3, "b")])]),
        ("<Row/><Row><Cell/></Row>", []),
    ],
)  # fmt: skip
def test_the_cells_of_an_xml_spreadsheet(tmp_path: Path, row: str, expected: list[object]) -> None:
    with workbook.opened(xml(tmp_path, row)) as (sheet,):
        assert list(sheet.rows(None)) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_xml_spreadsheet_is_a_list(tmp_path: Path, encoding: str) -> None:
    def row(said: list[object], more: str = "") -> str:
        told = (f'<Cell{more}><Data ss:Type="String">{cell or ""}</Data></Cell>' for cell in said)
        return "<Row>" + "".join(told) + "</Row>"

    path = xml(tmp_path, row(HEADER) + row(A), encoding=encoding)
    assert read(path)["task_code"].to_list() == ["NV-A"]
    assert "đang ẩn" in rejected(xml(tmp_path, row(HEADER) + row(A), "SheetHidden", encoding)).message


@pytest.mark.parametrize("damage", [lambda text: text[: len(text) // 2], lambda text: text.replace(b"</Row>", b"")])
def test_a_damaged_xml_spreadsheet_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = xml(tmp_path, '<Row><Cell><Data ss:Type="String">a</Data></Cell></Row>')
    path.write_bytes(damage(path.read_bytes()))
    assert rejected(path).rule_id == "FIL-01"


# --- .xls and .ods: what calamine does not tell ------------------------------------------------------------------------


def test_an_xls_says_what_its_cells_show() -> None:
    with workbook.opened(Path(__file__).parent / "files" / "formats.xls") as (sheet, other):
        assert list(sheet.rows(None)) == [
            (1, [(0, "99,13%"), (1, "00123"), (2, "2021-03-01\0"), (3, "5 ngày")]),
            (2, [(2, "07:12:00\0"), (3, "36:00:00\0"), (4, "TRUE")]),
            (3, [(0, "gộp")]),
            (4, [(1, "a")]),
            (6, [(0, "1500 ×1000"), (1, "20210200000001"), (2, "1.000720"), (3, "2021-03-01 12:00:00\0")]),
            (7, [(0, "#N/A")]),
        ]
        assert list(sheet.merged()) == [3, 0, 5, 0]
        assert (sheet.is_hidden, other.is_hidden) == (False, True)


def ods(folder: Path, cell: str) -> Path:
    path = folder / "tệp.ods"
    header = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{h}</text:p></table:table-cell>' for h in HEADER
    )
    names = ["office:1.0", "table:1.0", "text:1.0"]
    said = " ".join(f'xmlns:{n.split(":")[0]}="urn:oasis:names:tc:opendocument:xmlns:{n}"' for n in names)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {said} xmlns:calcext="x"><office:body><office:spreadsheet>'
            f'<table:table table:name="A"><table:table-row>{header}</table:table-row><table:table-row>{cell}'
            "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


@pytest.mark.parametrize(
    "cell, says",
    [
        ('<table:table-cell office:value-type="float" office:value="12"><text:p>12</text:p></table:table-cell>', None),
        ('<table:table-cell office:value-type="percentage" office:value="0.99"><text:p>99%</text:p></table:table-cell>', "phần trăm"),
        ('<table:table-cell office:value-type="float" office:value="12"><text:p>0012</text:p></table:table-cell>', "định dạng riêng"),
        ('<table:table-cell office:value-type="float" office:value="12"><text:p>12 ngày</text:p></table:table-cell>', "định dạng riêng"),
        ('<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>', "ô lỗi"),
        ('<table:table-cell table:number-rows-spanned="3" office:value-type="string"><text:p>a</text:p></table:table-cell>', "ô gộp"),
    ],
)  # fmt: skip
def test_an_ods_that_cannot_be_read_for_sure_is_refused(tmp_path: Path, cell: str, says: str | None) -> None:
    path = ods(tmp_path, cell)
    if says is None:
        assert read(path)["task_code"].to_list() == ["12"]
    else:
        assert says in rejected(path).message


def test_an_xlsb_is_refused_by_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tệp.xlsb", "w") as archive:
        archive.writestr("xl/workbook.bin", b"x")
    assert ".xlsb" in rejected(tmp_path / "tệp.xlsb").message
