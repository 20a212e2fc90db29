# ruff: noqa: E501 - a table: a line for each file
"""Files that are small, or look harmless, and would take a reader gigabytes or hours: each with what becomes of it."""

import codecs
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

HEADER = "Mã nhiệm vụ,Nội dung,Cấp giao,Số văn bản giao,Mã đơn vị thực hiện,Ngày giao,Hạn hoàn thành,Ngày hoàn thành"
ROW = "NV-{},Rà soát,Chính phủ,,631,05/03/2021,,"
COLUMNS = HEADER.count(",") + 1


@dataclass(frozen=True)
class Hostile:
    """A file of tasks: how it is written, and the rows that are read of it, or the words in which it is refused."""

    name: str
    suffix: str
    write: Callable[[Path], None]
    becomes: int | str
    is_large: bool = False  # takes long to write, or to read


def lines(first: int, last: int) -> str:
    return "".join(ROW.format(n) + "\n" for n in range(first, last))


def text(*parts: str | bytes, encoding: str = "utf-8") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            for part in (f"{HEADER}\n", *parts):
                file.write(part if isinstance(part, bytes) else part.encode(encoding))

    return write


def html(*parts: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            file.write("<html><body><table><tr>" + "".join(f"<td>{cell}</td>" for cell in HEADER.split(",")) + "</tr>")
            file.writelines(parts)

    return write


HTML_ROW = "<tr>" + "".join(f"<td>{cell}</td>" for cell in ROW.format(1).split(",")) + "</tr>"


def workbook(*cells: tuple[int, int, str], rows: int = 1, width: int = 0) -> Callable[[Path], None]:
    """A good row or more, and cells that are somewhere: row, column, text; or rows that are so wide."""

    def write(path: Path) -> None:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for y in range(rows + 1):
                sheet.write_row(y, 0, (ROW.format(y) if y else HEADER).split(",") + ["x"] * (width if y else 0))
            for y, x, said in cells:
                sheet.write(y, x, said)

    return write


def parts(**changed: tuple[bytes, bytes, int]) -> Callable[[Path], None]:
    """A good workbook of which a part says, at its end, something else many times: (before, what, times)."""

    def write(path: Path) -> None:
        good = path.with_suffix(".good")
        workbook()(good)
        with zipfile.ZipFile(good) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
            for name in before.namelist():
                said = before.read(name)
                part = name.rpartition("/")[2].removesuffix(".xml")
                with after.open(name, "w") as file:
                    if part not in changed:
                        file.write(said)
                        continue
                    mark, what, times = changed[part]
                    at = said.rindex(mark)
                    file.write(said[:at])
                    each = max(1, min(times, (1 << 20) // len(what)))
                    for _ in range(times // each):
                        file.write(what * each)
                    file.write(said[at:])
        good.unlink()

    return write


def shared_string(characters: int, times: int) -> Callable[[Path], None]:
    """One text, kept once behind the 13 of the header and the good row, and said by many cells."""
    row = b"<row>" + b'<c t="s"><v>13</v></c>' * COLUMNS + b"</row>"
    return parts(
        sheet1=(b"</sheetData>", row, times // COLUMNS),
        sharedStrings=(b"</sst>", b"<si><t>" + b"x" * characters + b"</t></si>", 1),
    )


def spreadsheet(repeated: str) -> Callable[[Path], None]:
    """An .ods with the header, a row, and what is repeated."""

    def row(said: str) -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in said.split(",")
        )
        return f"<table:table-row>{cells}</table:table-row>"

    def write(path: Path) -> None:
        names = ["office:1.0", "table:1.0", "text:1.0"]
        said = " ".join(f'xmlns:{n.split(":")[0]}="urn:oasis:names:tc:opendocument:xmlns:{n}"' for n in names)
        content = (
            f'<?xml version="1.0"?><office:document-content {said}><office:body><office:spreadsheet>'
            f'<table:table table:name="A">{row(HEADER)}{row(ROW.format(1))}{repeated}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>"
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<m/>")
            archive.writestr("content.xml", content)

    return write


FULL = '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="{}" ' \
    'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'  # fmt: skip

FILES = [
    # text
    Hostile("one row of 100,000 cells", ".csv", text(lines(0, 200), ROW + "," * 100_000 + "\n"), "Dòng 202 có hơn"),
    Hostile("one row of 1,000,000 cells", ".csv", text(lines(0, 999), ROW + ",x" * 999_999 + "\n"), "Dòng 1001 có hơn"),
    Hostile("one quoted row of 1,000,000 cells", ".csv", text(lines(0, 9), ROW + ',"x"' * 999_999 + "\n"), "Dòng 11 có hơn"),
    Hostile("500 rows of 20,000 cells", ".csv", text((ROW + ",x" * 20_000 + "\n") * 500), "Dòng 2 có hơn"),
    Hostile("100 rows of 16,000 cells", ".csv", text((ROW.format(1) + ",x" * 16_000 + "\n") * 100), "16008 ô; tiêu đề có 8 ô"),
    Hostile("a header of 16,000 columns", ".csv", lambda path: path.write_text(HEADER + ",x" * 16_000 + "\n" + lines(0, 1)), "hơn 1000 cột"),
    Hostile("a header that says a column 990 times", ".csv", lambda path: path.write_text(HEADER + ",Nội dung" * 990 + "\n" + lines(0, 1)), "hai lần"),
    Hostile("a first line of 4,000,000 cells", ".csv", lambda path: path.write_text("," * 4_000_000 + f"\n{HEADER}\n" + lines(0, 1)), "tiêu đề"),
    Hostile("30,000 lines without an end of their quotes", ".csv", text('"x\n' * 30_000), 30_000),
    Hostile("whole lines in quotes that close far below", ".csv", text(('"a,,,,,,,\n' * 12_000 + 'a",,,,,,,\n') * 4), "ngoặc kép"),
    Hostile("a quote that never closes", ".csv", text('NV-0,"Mở\n', lines(1, 5_000)), 5_000),
    Hostile("1,000,000 blank lines", ".csv", text("\n" * 1_000_000, lines(0, 1)), 1),
    Hostile("20,000 rows of one letter", ".csv", text("a\n" * 20_000), 20_000),
    Hostile("20 MB of blanks in a cell", ".csv", text("NV-1,", b" " * (20 << 20), "x,,,,,,\n"), "dài bất thường"),
    Hostile("20 MB of blanks in quotes", ".csv", text('NV-1,"', b" " * (20 << 20), '",,,,,,\n'), "dài bất thường"),
    Hostile("20 MB of UTF-16 in a line", ".csv", lambda path: path.write_bytes(codecs.BOM_UTF16_LE + (HEADER + "\n" + "ạ" * (10 << 20)).encode("utf-16-le")), "dài bất thường"),
    Hostile("300,000 rows of one letter", ".csv", text("a\n" * 300_000), 300_000, is_large=True),
    Hostile("300 MB of blanks in a cell", ".csv", text("NV-1,", *[b" " * (1 << 20)] * 300, "x,,,,,,\n"), "dài bất thường", is_large=True),
    # HTML
    Hostile("rows that cover 1,000 columns below them", ".xls", html(*['<tr><td rowspan="99999" colspan="1000">x</td></tr>'] * 200), "ô gộp"),
    Hostile("rows of 16,000 merged cells", ".xls", html(HTML_ROW, *['<tr>' + '<td colspan="1000">' * 16 + '</tr>'] * 2_000), 1),
    Hostile("a cell 10,000,000 rows high", ".xls", html('<tr><td rowspan="10000000">NV-1</td></tr>', HTML_ROW), 2),
    Hostile("one cell of 20 MB", ".xls", html("<tr><td>", "x" * (20 << 20), "</td></tr>"), "dài bất thường"),
    Hostile("one cell of 100 MB", ".xls", html("<tr><td>", *["x" * (1 << 20)] * 100, "</td></tr>"), "dài bất thường", is_large=True),
    Hostile("60,000 tables", ".xls", html(HTML_ROW, "</table>", *["<table><tr><td>x</td></tr></table>"] * 60_000), 1),
    Hostile("tables in tables", ".xls", html(HTML_ROW, *["<tr><td><table>"] * 20_000), "lồng nhau"),
    Hostile("elements in elements", ".xls", html(HTML_ROW, *["<b>"] * 200_000), "lồng nhau"),
    Hostile("100,000 kinds of elements", ".xls", html(HTML_ROW, *[f"<p{n}></p{n}>" for n in range(100_000)]), "loại thẻ"),
    Hostile("a comment without an end", ".xls", html(HTML_ROW, "<!--", *["x" * (1 << 20)] * 20), "dài bất thường"),
    Hostile("an attribute without an end", ".xls", html(HTML_ROW, '<p id="', *["x" * (1 << 20)] * 20), "dài bất thường"),
    Hostile("20,000 rows in HTML", ".xls", html(*["<tr><td>a"] * 20_000), "1 ô; tiêu đề có 8 ô"),
    # workbooks
    Hostile("a text of 1 MB said 900 times", ".xlsx", shared_string(1_000_000, 900), "dài hơn"),
    Hostile("a text of 100 KB said 40,000 times", ".xlsx", shared_string(100_000, 40_000), "quá lớn"),
    Hostile("a cell in the last corner", ".xlsx", workbook((1_048_575, 16_383, "x")), "quá lớn"),
    Hostile("a cell at the end of column AZ", ".xlsx", workbook((1_048_575, 51, "x")), 2),
    Hostile("a cell at the end of column A", ".xlsx", workbook((1_048_575, 0, "x")), 2),
    Hostile("16,000 columns in every row", ".xlsx", workbook(rows=20, width=16_000), "quá lớn"),
    Hostile("a row of 1,000,000 cells", ".xlsx", parts(sheet1=(b"</row>", b"<c><v>1</v></c>", 1_000_000)), "ô"),
    Hostile("1 GB of blank rows", ".xlsx", parts(sheet1=(b"</sheetData>", b"<row/>", 1 << 27)), "quá lớn"),
    Hostile("a comment of 15 MB", ".xlsx", parts(sheet1=(b"</sheetData>", b"<!--" + b"x" * (15 << 20) + b"-->", 1)), "quá lớn"),
    Hostile("200 MB of shared texts", ".xlsx", parts(sharedStrings=(b"</sst>", b"<si><t>x</t></si>", 12_000_000)), "quá lớn"),
    Hostile("millions of styles", ".xlsx", parts(styles=(b"</cellXfs>", b"<xf/>", 3_000_000)), "quá lớn"),
    Hostile("100,000 sheets", ".xlsx", parts(workbook=(b"</sheets>", b'<sheet name="a" r:id="rId1"/>', 100_000)), "quá lớn"),
    Hostile("entities in entities", ".xlsx", parts(sharedStrings=(b"<sst", b'<!DOCTYPE s [<!ENTITY a "x">]>', 1)), "hỏng"),
    Hostile("an .ods that repeats a row", ".ods", spreadsheet(FULL.format(1_000_000, 16_384)), "quá lớn"),
    Hostile("an .ods that repeats blanks", ".ods", spreadsheet(FULL.format(1, 1_000) * 3_000), "quá lớn"),
]  # fmt: skip
