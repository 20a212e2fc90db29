"""Every line of a file is of one kind: what is data, what is not, and which rows have other cells than the header."""

import base64
import quopri
from pathlib import Path

import polars as pl
import pytest

from etl import catalogue
from etl.errors import FileRejected, LinesDiffer
from etl.reading import read, values
from etl.reading.lines import Lines
from etl.reading.rows import CELLS

TASKS = catalogue.export("document_management/tasks")
UNITS = catalogue.export("hr/units")
COLUMNS = [
    "Mã nhiệm vụ", "Nội dung", "Cấp giao", "Số văn bản giao", "Mã đơn vị thực hiện", "Ngày giao", "Hạn hoàn thành",
    "Ngày hoàn thành",
]  # fmt: skip
HEADER = ",".join(COLUMNS)
ROW = "NV-1,Rà soát,Chính phủ,,631,05/03/2021,,"
FULL = "NV-2,Rà soát,Chính phủ,12/KH,631,05/03/2021,06/03/2021,07/03/2021"


def read_all(
    path: Path, export: catalogue.Export = TASKS, block_bytes: int = 8 << 20
) -> tuple[pl.DataFrame, dict[str, int]]:
    table = read.table(path, export, block_bytes=block_bytes)
    frame = pl.concat([*table.blocks] or [pl.DataFrame(schema={"line": pl.Int64, CELLS: pl.String})])
    return frame, table.lines.receipt()


def written(folder: Path, content: str | bytes, name: str = "tệp.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def kinds(**of: int) -> dict[str, int]:
    return {"all": sum(of.values()), **of}


# --- how many cells a row has ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header, body, wrong",
    [
        # as many as the header: nothing is wrong, whatever they say
        (HEADER, f"{ROW}\n{FULL}\n", {}),
        (HEADER, f"{ROW}\n{FULL}", {}),  # most writers leave the last line break out, too
        # more: a comma that is not quoted moves what follows, also where the cell behind the last is empty
        (HEADER, f"{ROW}\n{FULL},x\n", {3: "9 ô; tiêu đề có 8 ô"}),
        (HEADER, f"{ROW}\nNV-2,Rà soát, đợt 2,Chính phủ,,631,05/03/2021,,\n", {3: "9 ô; tiêu đề có 8 ô"}),
        (HEADER, f'{ROW}\nNV-2,"Rà soát, đợt 2",Chính phủ,,631,05/03/2021,,\n', {}),
        (HEADER, f"{ROW}\n{FULL}{',x' * 60}\n", {3: "68 ô; tiêu đề có 8 ô"}),
        # fewer: a line that is torn or cut
        (HEADER, f"{ROW}\nNV-2,Rà\nsoát,Chính phủ,,631,05/03/2021,,\n",
         {3: "2 ô; tiêu đề có 8 ô", 4: "7 ô; tiêu đề có 8 ô"}),
        (HEADER, f"{ROW}\n{FULL[:-11]}\n", {3: "7 ô; tiêu đề có 8 ô"}),
        (HEADER, f"{ROW}\n{FULL[:-12]}", {3: "7 ô; tiêu đề có 8 ô; tệp bị cắt ngang ở dòng cuối"}),
        # a delimiter at the end of every line, the header's too; the header's alone
        (HEADER + ",", f"{ROW},\n{FULL},\n", {}),
        (HEADER + ",", f"{ROW}\n{FULL}\n", {}),
        (HEADER + ",,", f"{ROW},\n{FULL},,,\n", {3: "11 ô; tiêu đề có 10 ô"}),
        # whoever writes no empty cells at the end of any line writes short lines
        (HEADER, f"{ROW[:-2]}\n{ROW[:-2]}\n{FULL}\n{ROW[:-2]}\n", {}),
        (HEADER, f"{ROW[:-2]}\n{ROW[:-2]}\n{ROW}\n", {2: "6 ô; tiêu đề có 8 ô", 3: "6 ô; tiêu đề có 8 ô"}),
        (HEADER, f"{ROW[:-2]}\n{ROW[:-2]}\n{FULL}\n{FULL[:-12]}",
         {5: "7 ô; tiêu đề có 8 ô; tệp bị cắt ngang ở dòng cuối"}),
        # rows that are no data have what cells they have
        (HEADER, f"{ROW}\nTổng cộng: 1\n\n,,\n", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("block_bytes", [5, 8 << 20])
def test_a_row_has_as_many_cells_as_the_header(
    tmp_path: Path, header: str, body: str, wrong: dict[int, str], block_bytes: int
) -> None:
    frame, _ = read_all(written(tmp_path, f"{header}\n{body}"), block_bytes=block_bytes)
    assert dict(frame.filter(pl.col(CELLS).is_not_null()).select("line", CELLS).iter_rows()) == wrong


@pytest.mark.parametrize("block_bytes", [64, 1_000, 8 << 20])
def test_excel_leaves_out_the_empty_cells_at_the_end_of_sixteen_rows(tmp_path: Path, block_bytes: int) -> None:
    """Of the first sixteen rows of a sheet, of the next sixteen, … those behind the fullest of them."""
    lines = [HEADER, *[ROW] * 15, *[ROW[:-2]] * 16, *[ROW[:-1]] * 15, FULL[:-11], *[ROW[:-2]] * 3]
    good = written(tmp_path, "\n".join(lines) + "\n")
    frame, _ = read_all(good, block_bytes=block_bytes)
    # the third sixteen are no run of Excel's: one of them is as full as the header but for its last cell
    assert (frame.height, frame[CELLS].drop_nulls().to_list()) == (50, [])
    torn = written(tmp_path, "\n".join([*lines[:20], "NV-9,Rà", *lines[21:]]) + "\n")
    frame, _ = read_all(torn, block_bytes=block_bytes)
    # nobody can say of the others in its run whether they are whole
    assert frame.filter(pl.col(CELLS).is_not_null())["line"].to_list() == list(range(17, 33))


@pytest.mark.parametrize(
    "body, says",
    [
        (f"1,{FULL}\n2,{FULL}\n", "(9 ô; tiêu đề có 8 ô)"),  # R and pandas number rows without a header for it
        (f"1,{ROW}\n", "(9 ô; tiêu đề có 8 ô)"),
        (f"{ROW},\n{FULL},\n", "(9 ô; tiêu đề có 8 ô)"),  # the same by its form: nobody can say which it is
        (f"{FULL[:-11]}\n{ROW[:-1]}\n", "(7 ô; tiêu đề có 8 ô)"),
        (f"{FULL[:-11]}\n{FULL[:-11]}\n", "(7 ô; tiêu đề có 8 ô)"),  # a cell is missing, the last or another
    ],
)
def test_a_file_of_which_every_row_is_shifted_is_refused(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(FileRejected) as refused:
        read_all(written(tmp_path, f"{HEADER}\n{body}"))
    assert (refused.value.rule_id, says in refused.value.message) == ("FIL-11", True)


# --- lines and their breaks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, lines, said",
    [
        (f"{HEADER}\r\n{ROW}\r{ROW}\n{ROW}\r\n", [2, 3, 4], kinds(header=1, data=3)),
        (f"{HEADER}\r{ROW}\r{ROW}\r\n{ROW}", [2, 3, 4], kinds(header=1, data=3)),
        (f"{HEADER}\r\r\n{ROW}\r\r\n", [2], kinds(header=1, data=1)),
        (f'{HEADER}\n{ROW}\nNV-2,"a\rb\r\nc",Chính phủ,,631,05/03/2021,,\n{ROW}\n', [2, 3, 6],
         kinds(header=1, data=3, continued=2)),
        # marks: at the start, more than once, as Windows-1252 would show them; before every line
        (f"\ufeff\ufeff{HEADER}\n{ROW}\n", [2], kinds(header=1, data=1)),
        (f"ï»¿{HEADER}\n{ROW}\n", [2], kinds(header=1, data=1)),
        (f"sep=,\n\ufeff{HEADER}\n\ufeff{ROW}\n", [3], kinds(title=1, header=1, data=1)),
        # files that were joined, with and without a line break and a mark in between
        (f"{HEADER}\n{ROW}\n{HEADER}\n{ROW}\n", [2, 4], kinds(header=1, data=2, repeated=1)),
        (f"\ufeff{HEADER}\n{ROW}\n\ufeff{HEADER}\n{ROW}\n", [2, 4], kinds(header=1, data=2, repeated=1)),
        (f"\ufeff{HEADER}\n{ROW}\ufeff{HEADER}\n{ROW}\n", [2, 4], kinds(header=1, data=2, repeated=1)),
        (f"{HEADER}\n{FULL}{HEADER}\n{ROW}{HEADER}\n{ROW}", [2, 4, 6], kinds(header=1, data=3, repeated=2)),
        (f"sep=,\n{HEADER}\n{FULL}{HEADER}\n{ROW}", [3, 5], kinds(title=1, header=1, data=2, repeated=1)),
        (f"\ufeffUBND HUYỆN\n{HEADER}\n{ROW}\ufeffUBND HUYỆN\n{HEADER}\n{ROW}", [3, 6],
         kinds(title=1, header=1, data=2, repeated=2)),
        # a title that a cell says, too
        (f"UBND HUYỆN ĐỨC CƠ\n{HEADER}\n{ROW.replace('Rà soát', 'UBND HUYỆN ĐỨC CƠ')}\n", [3],
         kinds(title=1, header=1, data=1)),
        # each line quoted once more
        (f'"{HEADER}"\n"NV-1,""a, b"",Chính phủ,,631,05/03/2021,,"\r\n"{ROW}"', [2, 3], kinds(header=1, data=2)),
        (f'Báo cáo\n"{HEADER}"\n"{ROW}"\n', [3], kinds(title=1, header=1, data=1)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("block_bytes", [1, 7, 333, 8 << 20])
def test_lines_are_told_apart_and_counted(
    tmp_path: Path, text: str, lines: list[int], said: dict[str, int], block_bytes: int
) -> None:
    frame, receipt = read_all(written(tmp_path, text), block_bytes=block_bytes)
    assert frame["line"].to_list() == lines
    assert receipt == said
    assert frame[CELLS].null_count() == frame.height
    assert frame["assigned_on"].to_list() == ["05/03/2021"] * frame.height


@pytest.mark.parametrize("first, second", [(0, 1), (5, 6), (0, 7)])
def test_a_second_header_with_the_columns_in_another_order_is_refused(tmp_path: Path, first: int, second: int) -> None:
    other = [*COLUMNS]
    other[first], other[second] = COLUMNS[second], COLUMNS[first]
    text = f"{HEADER}\n{FULL}\n{','.join(other)}\n{FULL}\n"
    with pytest.raises(FileRejected, match="Dòng 3 là một dòng tiêu đề khác"):
        read_all(written(tmp_path, text))
    tables = table(HEAD, BODY) + table(tr(",".join(other)), BODY)
    with pytest.raises(FileRejected, match="Dòng 3 là một dòng tiêu đề khác"):
        read_all(written(tmp_path, f"<html>{tables}", "tệp.xls"))


def test_lines_that_do_not_add_up_are_an_error() -> None:
    lines = Lines()
    lines.given = 3
    lines.count("header", 1)
    lines.count("data", 1)
    with pytest.raises(LinesDiffer):
        lines.check()
    lines.count("blank", 1)
    lines.check()
    with pytest.raises(LinesDiffer):
        lines.check(data=2)
    with pytest.raises(LinesDiffer):
        lines.check(data=1, unchanged=-1)


# --- what databases write --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row, content",
    [
        (r'"NV-1","về \"một cửa\", đợt 1","Chính phủ",\N,"631","05/03/2021",\N,\N', 'về "một cửa", đợt 1'),
        (r'"NV-1","về \"một cửa\" đợt 1","Chính phủ",\N,"631","05/03/2021",\N,\N', 'về "một cửa" đợt 1'),
        (r'"NV-1","ống 5\", dài","Chính phủ",NULL,"631","05/03/2021",NULL,NULL', 'ống 5", dài'),
        (r'"NV-1","C:\\\"x\", y","Chính phủ",NULL,"631","05/03/2021",NULL,NULL', r'C:\"x", y'),
        ('"NV-1","a\n\\"b\\", c","Chính phủ",\\N,"631","05/03/2021",\\N,\\N', 'a "b", c'),
        # a cell may end with a backslash
        ('NV-1,"C:\\hồ sơ\\",Chính phủ,,631,05/03/2021,,', "C:\\hồ sơ\\"),
        ('NV-1,NULL,"Chính phủ",(null),631,05/03/2021,\\N,NULL', None),
        ('NV-1,NULL là gì,"Chính phủ",(null),631,05/03/2021,\\N,NULL', "NULL là gì"),
        ('NV-1,Null,"Chính phủ",(null),631,05/03/2021,\\N,NULL', "Null"),
    ],
)
@pytest.mark.parametrize("block_bytes", [5, 8 << 20])
def test_backslashes_and_null(tmp_path: Path, row: str, content: str | None, block_bytes: int) -> None:
    frame, _ = read_all(written(tmp_path, f"{HEADER}\n{row}\n{ROW}\n"), block_bytes=block_bytes)
    typed = values.typed(frame, TASKS)
    assert frame[CELLS].null_count() == 2
    assert typed["content"].to_list() == [content, "Rà soát"]
    assert typed.row(0, named=True) | typed.row(1, named=True) | {"line": 0} == typed.row(1, named=True) | {"line": 0}
    assert typed.select("assigning_document", "due_on", "completed_on").row(0) == (None, None, None)
    assert not typed.select(pl.any_horizontal(pl.col("^.*__unread$").any())).item()


# --- rows of a printed page ------------------------------------------------------------------------------------------

PAGE = f"STT,{HEADER}"
BLANK = ",,,,,,,,"


@pytest.mark.parametrize(
    "rows, kind",
    [
        # the columns, numbered
        (["A,B,1,2,3,4,5,6,7"], "header"),
        (["(1),(2),(3),(4),(5),(6),(7),(8),(9)"], "header"),
        (["[1],[2],[3],[4],[5=3+4],[6],[7],[8],[9]"], "header"),
        (["A,B,C,D,E,F,G,H,I"], ""),
        (["1,2,4,5,6,7,8,9,10"], ""),
        # groups
        (["I,Lĩnh vực Hộ tịch,,,,,,,"], "group"),
        (["II.,Ủy ban nhân dân xã,,,,,,,"], "group"),
        (["A,HỘ TỊCH,,,,,,,"], "group"),
        ([",Lĩnh vực: Đất đai,3,,,,,,"], "group"),
        ([",I. Nhiệm vụ thường xuyên,,,,,,,"], "group"),
        ([",UBND xã Ia Dơk,,,,,,,"], "group"),
        (["Phòng Nội vụ,,,,,,,,"], "group"),
        (["5,,,,,,Nguyễn Văn An,,"], ""),  # a row of data that has hardly anything
        ([",,UBND xã Ia Dơk,,,,,,"], ""),
        (["1,NV-9,,,,,,,"], ""),
        (["1,Rà soát thủ tục,,,,,,,"], ""),
        # sums
        ([",Cộng lĩnh vực Hộ tịch,2,,,,,,"], "total"),
        ([",Tổng số hồ sơ: 3,,,,,,,"], "total"),
        (["Cộng trang 1,,,,,,,,12"], "total"),
        (["Mang sang,,,,,,,,12"], "total"),
        ([",Tổng cộng: 3 hồ sơ,,,,,,,"], "total"),
        ([",Tổng cộng các nhiệm vụ còn lại,,,,,,,"], ""),
        ([",Tổng hợp báo cáo,,,,,,,"], ""),
        ([",Cộng hoà,,,,,,,"], ""),
        (["9,NV-9,Tổng cộng lĩnh vực,Chính phủ,,631,05/03/2021,,"], ""),
        # place and day, who signs, and what stands below
        ([',,,,,,"Đức Cơ, ngày 20 tháng 3 năm 2021",,'], "footer"),
        ([",,,,,,Đức Cơ, ngày 20 tháng 3 năm 2021"], "footer"),
        ([",,,,,,ngày ... tháng ... năm ...,,"], "footer"),
        ([",NGƯỜI LẬP BIỂU,,,,,THỦ TRƯỞNG ĐƠN VỊ,,", ',"(Ký, ghi rõ họ tên)",,,,,"(Ký tên, đóng dấu)",,',
          ",Nguyễn Văn An,,,,,Trần Thị Bình,,"], "footer"),
        ([",TM. UBND,,,,,,,", ",KT. CHỦ TỊCH,,,,,,,", ",PHÓ CHỦ TỊCH,,,,,,,", BLANK, ",Rơ Mah An,,,,,,,"], "footer"),
        (["Nơi nhận:,,,,,,,,", "- Như trên;,,,,,,,,", '"- Lưu: VT, NV.",,,,,,,,'], "footer"),
        (["Trang 1/3,,,,,,,,"], "footer"),
        ([",Ngày in: 20/3/2021 8:00,,,,,,,"], "footer"),
        ([",Nguyễn Văn An,,,,,,,"], ""),  # a name below no signature
        ([",,,Chính phủ,,,ngày 5 tháng 3 năm 2021,,"], "footer"),
        ([",,Rà soát,Chính phủ,,631,ngày 5 tháng 3 năm 2021,,"], ""),  # a day, in a row without its key
        ([",,Kiểm tra công vụ,UBND tỉnh,,631,,,"], ""),
        # a row that has its key and its day is data, whatever it says
        (["I,NV-9,Lĩnh vực Hộ tịch,,,,05/03/2021,,"], ""),
        (["I,Lĩnh vực Hộ tịch,,,,,05/03/2021,,"], ""),
        # the page again
        (["UBND HUYỆN ĐỨC CƠ,,,,,,,,", PAGE], "repeated"),
        # running numbers of an empty form
        (["4,,,,,,,,", "5,,,,,,,,"], "blank"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("block_bytes", [5, 8 << 20])
def test_rows_of_a_page_that_are_no_data(tmp_path: Path, rows: list[str], kind: str, block_bytes: int) -> None:
    text = "\n".join(["UBND HUYỆN ĐỨC CƠ,,,,,,,,", PAGE, f"1,{ROW}", f"2,{ROW}", *rows, f"3,{ROW}", ""])
    frame, receipt = read_all(written(tmp_path, text), block_bytes=block_bytes)
    blank = rows.count(BLANK)
    expected = {"title": 1, "header": 1, "data": 3} | ({"blank": blank} if blank else {})
    expected[kind or "data"] = expected.get(kind or "data", 0) + len(rows) - blank
    assert {name: lines for name, lines in receipt.items() if name != "all"} == expected
    assert frame["line"].to_list() == [3, 4, *([5 + n for n in range(len(rows))] if not kind else []), 5 + len(rows)]


def test_after_signatures_in_the_middle_data_is_data_again(tmp_path: Path) -> None:
    """A row without its day, below signatures and below data: it is not taken for a name."""
    bad = "4,NV-9,Rà soát,Chính phủ,,631,,,"
    text = [
        PAGE,
        f"1,{ROW}",
        ",NGƯỜI LẬP BIỂU,,,,,,,",
        ",Nguyễn Văn An,,,,,,,",
        f"2,{ROW}",
        ",Trần Thị Bình,,,,,,,",
        bad,
    ]
    frame, receipt = read_all(written(tmp_path, "\n".join(text)))
    assert frame["line"].to_list() == [2, 5, 6, 7]
    assert receipt == kinds(header=1, data=4, footer=2)


def test_a_list_of_units_is_not_taken_for_groups(tmp_path: Path) -> None:
    header = "Mã đơn vị,Tên đơn vị,Mã đơn vị cấp trên,Loại"
    body = "631,UBND huyện Đức Cơ,,UBND cấp huyện\n,UBND xã Ia Dơk,631,\n23860,UBND xã Ia Dơk,,\n,Xã Ia Krêl,,\n"
    frame, receipt = read_all(written(tmp_path, f"{header}\n{body}"), UNITS)
    assert (frame["line"].to_list(), receipt) == ([2, 3, 4, 5], kinds(header=1, data=4))


# --- HTML ------------------------------------------------------------------------------------------------------------


def table(*rows: str, cell: str = "td") -> str:
    return f"<table>{''.join(rows)}</table>"


def tr(row: str, cell: str = "td") -> str:
    return "<tr>" + "".join(f"<{cell}>{text}</{cell}>" for text in row.split(",")) + "</tr>"


HEAD, BODY = tr(HEADER, "th"), tr(FULL)
SIGNS = table(tr("Người lập biểu,Thủ trưởng"), tr("Nguyễn Văn An,Trần Thị Bình"))


@pytest.mark.parametrize(
    "document, lines, said",
    [
        (table(HEAD, BODY, BODY), [2, 3], kinds(header=1, data=2)),
        (table(HEAD, BODY) + table(HEAD, BODY, BODY), [2, 4, 5], kinds(header=1, data=3, repeated=1)),
        (table(HEAD) + table(BODY, BODY), [2, 3], kinds(header=1, data=2)),
        (table(tr("UBND HUYỆN")) + table(HEAD, BODY) + SIGNS, [3], kinds(title=1, header=1, data=1, elsewhere=2)),
        # a table inside a cell is text of the cell; a table that lays out the page is none
        (table(HEAD, BODY.replace("06/03/2021", table(tr("06/03/2021,17:00:00")))), [3],
         kinds(header=1, data=1, inner=1)),
        (table("<tr><td>" + table(HEAD, BODY, BODY) + "</td></tr>"), [2, 3], kinds(header=1, data=2, elsewhere=1)),
        (table("<tr><td>" + table(HEAD) + "</td></tr><tr><td>" + table(BODY, BODY) + "</td></tr>"), [3, 4],
         kinds(header=1, data=2, elsewhere=2)),
        # hidden, and empty but for its form
        (table(HEAD, BODY.replace("<tr>", '<tr style="display:none">'), "<tr height=0><td></td></tr>"), [2],
         kinds(header=1, data=1, blank=1)),
    ],
)  # fmt: skip
def test_tables_of_a_document(tmp_path: Path, document: str, lines: list[int], said: dict[str, int]) -> None:
    frame, receipt = read_all(written(tmp_path, f"<html><body>{document}</body></html>", "tệp.xls"))
    assert (frame["line"].to_list(), receipt) == (lines, said)
    assert frame[CELLS].null_count() == frame.height
    assert {text[:10] for text in frame["due_on"]} == {"06/03/2021"}


def test_a_row_of_html_with_other_cells_is_told(tmp_path: Path) -> None:
    rows = [BODY, tr(FULL.replace(",631", "")), tr("1," + FULL), "<tr><td colspan=8>Lĩnh vực Hộ tịch</td></tr>"]
    frame, receipt = read_all(written(tmp_path, f"<html>{table(HEAD, *rows)}", "tệp.xls"))
    assert frame[CELLS].to_list() == [None, "7 ô; tiêu đề có 8 ô", "9 ô; tiêu đề có 8 ô"]
    assert receipt == kinds(header=1, data=3, group=1)


def test_a_table_that_may_be_data_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(FileRejected, match="thuộc một bảng khác có 9 cột"):
        read_all(written(tmp_path, f"<html>{table(HEAD)}{table(tr('x,' + FULL))}", "tệp.xls"))


def test_a_page_that_a_table_lays_out_may_be_larger_than_a_cell(tmp_path: Path) -> None:
    document = "<html>" + table("<tr><td>" + table(HEAD, *[BODY] * 3_000) + "</td></tr>")
    assert read_all(written(tmp_path, document, "tệp.xls"))[1] == kinds(header=1, data=3_000, elsewhere=1)
    inner = BODY.replace("Rà soát", table(*[tr("Rà soát")] * 30_000))
    with pytest.raises(FileRejected, match="ô dài hơn"):
        read_all(written(tmp_path, "<html>" + table(HEAD, inner), "tệp.xls"))


PART = "Content-Type: {type}; charset={charset}\r\nContent-Transfer-Encoding: {how}\r\n\r\n"


# lines of mail that are sent as they are hold no zero bytes: UTF-16 is always coded
CODED = [
    *((charset, how) for charset in ("utf-8", "utf-16", "windows-1258") for how in ("quoted-printable", "base64")),
    ("utf-8", "8bit"),
    ("windows-1258", "8bit"),
]


@pytest.mark.parametrize(("charset", "how"), CODED)
@pytest.mark.parametrize("block_bytes", [100, 8 << 20])
def test_a_web_page_in_one_file(tmp_path: Path, charset: str, how: str, block_bytes: int) -> None:
    html = f"<html><body>{table(HEAD, *[BODY] * 3)}</body></html>".encode(charset, "xmlcharrefreplace")
    coded = {"quoted-printable": quopri.encodestring, "base64": base64.encodebytes, "8bit": bytes}[how](html)
    document = b"".join([
        b"From: <Saved by Excel>\r\nMIME-Version: 1.0\r\n",
        b'Content-Type: multipart/related;\r\n\tboundary="--=_B"\r\n\r\n',
        b"This is a web page.\r\n\r\n----=_B\r\n",
        PART.format(type="text/css", charset="utf-8", how="8bit").encode(), b"td {}\r\n----=_B\r\n",
        PART.format(type="text/html", charset=charset, how=how).encode(), coded, b"\r\n----=_B--\r\n",
    ])  # fmt: skip
    frame, receipt = read_all(written(tmp_path, document, "tệp.xls"), block_bytes=block_bytes)
    assert (frame["line"].to_list(), receipt) == ([2, 3, 4], kinds(header=1, data=3))
    assert frame["content"].to_list() == ["Rà soát"] * 3


def test_a_web_page_that_cannot_be_decoded_is_refused_by_its_name(tmp_path: Path) -> None:
    document = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="B"\n\n--B\nContent-Type: text/html;'
    document += " charset=klingon\n\n<html>\n--B--\n"
    with pytest.raises(FileRejected, match="MHTML"):
        read_all(written(tmp_path, document, "tệp.xls"))
