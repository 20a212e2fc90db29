"""What a delivered file says, whatever its form: the same rows, or one sentence that says what to do."""

import codecs
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from etl import catalogue, spelling
from etl.errors import FileRejected
from etl.reading import read, values
from etl.reading.bounds import MAX_CELL
from etl.reading.read import blocks

FILES = Path(__file__).parent / "files"
TASKS = catalogue.export("document_management/tasks")
EVENTS = catalogue.export("hr/events")
HEADER = "Mã nhiệm vụ,Nội dung,Cấp giao,Số văn bản giao,Mã đơn vị thực hiện,Ngày giao,Hạn hoàn thành,Ngày hoàn thành"
ROW = "NV-1,Rà soát,Chính phủ,,H21.19,05/03/2021,,"

THREE_TASKS = [
    ("NV-001", 'Triển khai "Một cửa", giai đoạn 1', "Chính phủ", "12/NQ-CP", "H21.19",
     "05/03/2021", "14/06/2021", "10/06/2021"),
    ("NV-002", "Rà soát thủ tục;\nđợt 2, tại thị trấn Chư Ty", "UBND tỉnh", None, "H21.19.03",
     "15/03/2021", None, None),
    ("NV-003", "Đức Cơ: giải quyết đúng hạn", "Kế hoạch CCHC", "01a/KH-UBND", "H21.19",
     "01/02/2021", "31/12/2021", None),
]  # fmt: skip
THEIR_DAYS = [
    {"task_code": "NV-001", "assigned_on": date(2021, 3, 5), "due_on": date(2021, 6, 14),
     "completed_on": date(2021, 6, 10)},
    {"task_code": "NV-002", "assigned_on": date(2021, 3, 15), "due_on": None, "completed_on": None},
    {"task_code": "NV-003", "assigned_on": date(2021, 2, 1), "due_on": date(2021, 12, 31), "completed_on": None},
]  # fmt: skip


def written(folder: Path, content: str | bytes, name: str = "tệp.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path, export: catalogue.Export = TASKS, **options: int) -> pl.DataFrame:
    empty = pl.DataFrame(schema={"line": pl.Int64})
    return pl.concat([*blocks(path, export, **options)] or [empty])


def lines_and(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return frame.select("line", *columns).rows()


@pytest.mark.parametrize(
    "name, lines",
    [
        ("comma_utf8.csv", [2, 3, 5]),  # the second task takes lines 3 and 4
        ("semicolon_bom.csv", [2, 3, 5]),
        ("tab_utf16.csv", [2, 3, 5]),
        ("comma_windows1258.csv", [2, 3, 5]),
        ("nfd_upper_nbsp.csv", [2, 3, 5]),
        ("titles_and_totals.csv", [6, 7, 12]),
        ("merged_header.xlsx", [5, 6, 8]),
        ("biff.xls", [2, 3, 4]),
        ("html_table.xls", [5, 6, 7]),
    ],
)
def test_every_form_says_the_same(name: str, lines: list[int]) -> None:
    frame = rows(FILES / name)
    assert frame["line"].to_list() == lines
    assert frame.columns[:9] == ["line", *(c.name for c in TASKS.columns)]
    assert frame["#thừa"].null_count() == 3
    typed = values.typed(frame, TASKS)
    assert typed.select(*THEIR_DAYS[0]).to_dicts() == THEIR_DAYS
    assert typed.select(pl.col("^.*__unread$").any()).row(0) == (False, False, False)
    assert [spelling.clean(t) for t in frame["content"]] == [spelling.clean(t[1]) for t in THREE_TASKS]
    assert frame["assigning_document"].to_list() == ["12/NQ-CP", None, "01a/KH-UBND"]


def test_text_is_given_as_it_was_delivered() -> None:
    assert rows(FILES / "comma_utf8.csv").drop("line", "#thừa", "#số ô").rows() == THREE_TASKS


def test_ignored_columns_are_kept_under_their_header() -> None:
    assert rows(FILES / "titles_and_totals.csv")["#STT"].to_list() == ["1", "2", "3"]


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 333, 1 << 20])
@pytest.mark.parametrize("path", sorted(FILES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_size_of_blocks_changes_nothing(path: Path, block_bytes: int) -> None:
    def said(size: int) -> object:
        try:
            return rows(path, block_bytes=size).to_dicts()
        except FileRejected as rejected:
            return str(rejected)

    assert said(block_bytes) == said(8 << 20)


# --- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, expected",
    [
        # line, task_code, content, org_code
        ("a,b,,,o,,,\nc,d,,,o,,,", [(2, "a", "b", "o"), (3, "c", "d", "o")]),  # no break at the end
        ("a,b,,,o,,,\r\nc,d,,,o,,,\r\n", [(2, "a", "b", "o"), (3, "c", "d", "o")]),
        ("\n\r\n,,,,,,,\n , \t,,,,,,\na,b,,,o,,,\n\n", [(6, "a", "b", "o")]),  # blank rows
        ("a,  ,,,\u00a0,,,\n", [(2, "a", None, None)]),  # white space only is nothing
        ("a, b ,,,o,,,\n", [(2, "a", " b ", "o")]),  # the rest is left as it is
        ("a,b\nc,d,,,o,,,\n", [(2, "a", "b", None), (3, "c", "d", "o")]),  # too few cells
        ('"a","b",,,"o",,,"x"\r\n', [(2, "a", "b", "o")]),
        ('a,"b ""c"" d",,,o,,,\n', [(2, "a", 'b "c" d', "o")]),
        ('a,"",,,o,,,\n', [(2, "a", None, "o")]),
        ('a,"b\n\nc",,,o,,,\nd,e,,,o,,,\n', [(2, "a", "b\n\nc", "o"), (5, "d", "e", "o")]),
        ('a,"b\r\nc, d",,,o,,,\r\nd,e,,,o,,,\r\n', [(2, "a", "b\r\nc, d", "o"), (4, "d", "e", "o")]),
        ('a,x,,,o,,,"b\nc"\nd,e,,,o,,,\n', [(2, "a", "x", "o"), (4, "d", "e", "o")]),  # lines in the last cell
        ('a,màn 24" và 19",,,o,,,\nc,d,,,o,,,\n', [(2, "a", 'màn 24" và 19"', "o"), (3, "c", "d", "o")]),
        ('a,màn 24",,,o,,,\nc,d,,,o,,,\n', [(2, "a", 'màn 24"', "o"), (3, "c", "d", "o")]),
        ('a,"chưa đóng,,,o,,,\nc,d,,,o,,,\n', [(2, "a", '"chưa đóng', "o"), (3, "c", "d", "o")]),
        ('a,"một,,,o,,,\nc,"d, e",,,o,,,\n', [(2, "a", '"một', "o"), (3, "c", "d, e", "o")]),
        ('a,"một,,,o,,,\nc,hai",,,o,,,\n', [(2, "a", '"một', "o"), (3, "c", 'hai"', "o")]),
        ('a,"về "việc" này",,,o,,,\nc,d,,,o,,,\n', [(2, "a", 'về "việc" này', "o"), (3, "c", "d", "o")]),
        ('a,"b" c,,,o,,,\nc,d,,,o,,,\n', [(2, "a", '"b" c', "o"), (3, "c", "d", "o")]),
        ('a,"b\nc" d\ne",,,o,,,\nf,g,,,o,,,\n', [(2, "a", 'b\nc" d\ne', "o"), (5, "f", "g", "o")]),
        ("a,b\0c,,,o,,,\n", [(2, "a", "bc", "o")]),
        ("#a,b,,,o,,,\n", [(2, "#a", "b", "o")]),
        ("a;b\t,c,,,o,,,\n", [(2, "a;b\t", "c", "o")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("block_bytes", [5, 8 << 20])
def test_rows_and_quotes(tmp_path: Path, body: str, expected: list[tuple[object, ...]], block_bytes: int) -> None:
    path = written(tmp_path, HEADER + "\n" + body)
    assert lines_and(rows(path, block_bytes=block_bytes), "task_code", "content", "org_code") == expected


def test_cells_beyond_the_header_are_not_lost(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER},\n{ROW},\n{ROW}\n{ROW},\n{ROW},x\n{ROW},,,y,z\n{'a,' * 60}\n")
    frame = rows(path)
    assert frame["#thừa"].to_list() == [None, None, None, "x", "y | z", " | ".join("a" * 52)]
    assert frame["line"].to_list() == [2, 3, 4, 5, 6, 7]


def test_a_quote_that_never_closes_does_not_swallow_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, f'{HEADER}\nNV-0,"Mở\n' + f"{ROW}\n" * (2 * MAX_CELL // len(ROW)) + 'NV-9,đóng",,,,,,\n')
    frame = rows(path, block_bytes=50_000)
    assert frame.height == 2 * MAX_CELL // len(ROW) + 2
    assert frame["line"].to_list() == list(range(2, frame.height + 2))
    assert frame["content"][0] == '"Mở'


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_delimiters_and_line_ends(tmp_path: Path, delimiter: str, encoding: str, line_end: str) -> None:
    text = "\n".join([HEADER, ROW, 'NV-2,"Đúng\nhạn",Chính phủ,,H21.19,05/03/2021,,', ""]).replace(",", delimiter)
    path = written(tmp_path, text.replace("\n", line_end).encode(encoding))
    for block_bytes in (3, 8 << 20):
        frame = rows(path, block_bytes=block_bytes)
        assert lines_and(frame, "task_code", "org_code") == [(2, "NV-1", "H21.19"), (3, "NV-2", "H21.19")]
        assert spelling.clean(frame["content"][1]) == "Đúng hạn"


# --- rows that are not data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row, is_data",
    [
        ("Tổng cộng,,,,,,,", False),
        ("TỔNG CỘNG:,3,,,,,,", False),
        (",Tổng cộng,,3,,,,", False),
        ("To\u0302\u0309ng co\u0323\u0302ng,,,,,,,", False),
        ("  Tổng\u00a0cộng : 25 nhiệm vụ,,,,,,,", False),
        ("Cộng,,,,,,,", False),
        ("Tổng số,,,5,,,,", False),
        (HEADER, False),
        (HEADER.upper(), False),
        (HEADER.replace("Cấp giao", "Cấp"), True),  # of another file: somebody should look at it
        ("NV-7,Tổng cộng,Chính phủ,,H21.19,05/03/2021,,", True),
        ("Tổng cộng,Rà soát,Chính phủ,,H21.19,05/03/2021,,", True),
        ("Tổng hợp báo cáo,,,,,,,", True),
        (",Tổng cộng các nhiệm vụ còn lại,,,,,,", True),
        ("Cộng hoà,,,,,,,", True),
        ("Nội dung,Nội dung,Nội dung,,,,,", True),
    ],
)
def test_totals_and_repeated_headers_are_not_data(tmp_path: Path, row: str, is_data: bool) -> None:
    frame = rows(written(tmp_path, "\n".join([HEADER, ROW, row, ROW])))
    assert frame["line"].to_list() == ([2, 3, 4] if is_data else [2, 4])


def test_a_value_may_be_spelt_like_a_header(tmp_path: Path) -> None:
    """`Thi tuyển` is a header of hr/events and a way of recruiting."""
    header = "Mã quyết định,Mã CBCCVC,Loại sự kiện,Hình thức,Cấp chức vụ,Thi tuyển,Mã đơn vị,Ngày quyết định"
    row = "QĐ-1,CB-1,Tuyển dụng,Thi tuyển,Công chức,Có,H21.19,01/02/2021"
    only_this = ",,,Thi tuyển,,,,"
    assert rows(written(tmp_path, "\n".join([header, only_this, row])), EVENTS)["line"].to_list() == [2, 3]


def test_a_header_is_found_below_titles_with_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, f'"UBND huyện, "Đức Cơ"\n\nsep=,\nBáo cáo "tháng 3\n\n{HEADER}\n{ROW}\n')
    assert rows(path)["line"].to_list() == [7]


def test_a_title_with_an_unclosed_quote_does_not_swallow_the_header(tmp_path: Path) -> None:
    path = written(tmp_path, f'"UBND huyện Đức Cơ\n\n{HEADER}\nNV-1,"a, b",,,H21.19,,,\n{ROW}\n')
    assert lines_and(rows(path), "content") == [(4, "a, b"), (5, "Rà soát")]


def test_a_header_cell_may_have_two_lines_and_another_kind_of_đ(tmp_path: Path) -> None:
    header = HEADER.replace("Mã đơn vị thực hiện", '"Mã ÐƠN vị\nthực hiện"').replace(
        "Mã nhiệm vụ", "\ufeffMã  nhiệm vụ "
    )
    assert rows(written(tmp_path, f"{header}\n{ROW}\n"))["line"].to_list() == [3]


# --- what is refused -------------------------------------------------------------------------------------------------


def rejected(path: Path, export: catalogue.Export = TASKS) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        rows(path, export)
    return caught.value


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "trống"),
        (b"\xef\xbb\xbf\r\n \r\n", "trống"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n", "bảng mã"),
        (bytes(range(256)) * 20, "."),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "nhị phân"),
        (b"PK\x03\x04" + bytes(200), "hỏng"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "hỏng"),
        ((HEADER + "\n" + ROW).encode()[:-1] + b"\xe1\xbb", "UTF-8"),
        ((HEADER + "\n" + ROW).encode() + b",\xff\n", "UTF-8"),
        (codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le") + b"\n\x00\x00\xd8,\x00", "UTF-16"),
        ((HEADER + "\n").encode() + b"x" * (5 << 20), "dài bất thường"),
    ],
    ids=["empty", "blank", "pdf", "bytes", "png", "zip", "ole", "cut", "one-byte", "surrogate", "long-line"],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    error = rejected(written(tmp_path, content, "báo cáo.xls"))
    assert error.rule_id == "FIL-01"
    assert says in error.message
    assert error.message.endswith("gửi lại.")


@pytest.mark.parametrize(
    "name, says",
    [("tcvn3.csv", "TCVN3"), ("vni.csv", "VNI"), ("twice_encoded.csv", "hai lần")],
)
def test_old_encodings_are_refused_by_name(name: str, says: str) -> None:
    error = rejected(FILES / name)
    assert (error.rule_id, says in error.message) == ("FIL-01", True)


def test_a_letter_that_is_not_utf_8_is_said_with_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path, (f"{HEADER}\n" + f"{ROW}\n" * 30_000).encode() + b"NV-2,\xe1\xbb,\n" + f"{ROW}\n".encode() * 9
    )
    assert "dòng 30002 " in rejected(path).message


def test_a_zip_without_a_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "báo cáo.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "không phải bảng tính" in rejected(tmp_path / "báo cáo.xlsx").message


@pytest.mark.parametrize(
    "header, rule_id, says, says_not",
    [
        (HEADER.replace("Mã nhiệm vụ,", "").replace(",Ngày giao", ""), "FIL-02", ["«Mã nhiệm vụ», «Ngày giao»"], []),
        (HEADER + ",Mã đơn vị", "FIL-03", ["«Mã đơn vị thực hiện», «Mã đơn vị»"], []),
        (HEADER + ",MÃ NHIỆM VỤ", "FIL-03", ["«Mã nhiệm vụ», «MÃ NHIỆM VỤ»"], []),
        (HEADER.replace("Ngày giao", "Ngày"), "FIL-02", ["«Ngày giao»", "chưa biết: «Ngày»", "layouts propose"], []),
        (HEADER.replace("Ngày giao", "Số 064190001234"), "FIL-02", ["«Số …» (cột 6)"], ["0641", "1234"]),
        ("Nội dung,Hạn hoàn thành", "FIL-02", ["«Mã nhiệm vụ», «Ngày giao»"], []),
        ("Nguyễn Văn An,0905123456", "FIL-02", ["Không tìm thấy dòng tiêu đề"], ["Nguyễn", "0905"]),
    ],
)
def test_a_file_needs_the_columns_that_give_its_rows_identity_and_day(
    tmp_path: Path, header: str, rule_id: str, says: list[str], says_not: list[str]
) -> None:
    error = rejected(written(tmp_path, f"{header}\n{ROW}\n"))
    assert error.rule_id == rule_id
    assert all(text in error.message for text in says)
    assert not any(text in error.message for text in [*says_not, "Rà soát", "NV-1"])


@pytest.mark.parametrize(
    "header, absent, unknown, in_doubt",
    [
        # what nobody knows costs nothing where all is there that files have
        (HEADER, (), [], False),
        (HEADER + ",Zalo,Số 064190001234", (), ["«Zalo»", "«Số …» (cột 10)"], False),
        # what is absent costs what rests on it
        (HEADER.replace(",Số văn bản giao", ""), ("assigning_document",), [], False),
        (HEADER.replace("Cấp giao,", "").replace("Nội dung,", ""), ("content", "assigned_by"), [], False),
        # a file that names no unit has its sender's
        (HEADER.replace(",Mã đơn vị thực hiện", ""), (), [], False),
        # one column is missing, and there is one that nobody knows: is it that one?
        (HEADER.replace("Cấp giao", "Cấp"), ("assigned_by",), ["«Cấp»"], True),
    ],
)
def test_what_a_file_lacks_and_what_nobody_knows(
    tmp_path: Path, header: str, absent: tuple[str, ...], unknown: list[str], in_doubt: bool
) -> None:
    placement = read.table(written(tmp_path, f"{header}\n{ROW}\n"), TASKS).placement
    assert placement.absent(TASKS) == absent
    assert [shown for _, shown in placement.notes] == unknown
    assert bool(placement.doubt) == in_doubt
    if in_doubt:
        assert "«Cấp»; và thiếu cột của mẫu: «Cấp giao»" in placement.doubt


@pytest.mark.parametrize("body", ["", "\n\n", "Tổng cộng,0,,,,,,\n", f"{HEADER}\n"])
def test_a_header_alone_is_a_file_without_rows(tmp_path: Path, body: str) -> None:
    assert not rows(written(tmp_path, f"{HEADER}\n{body}")).height


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    error = rejected(written(tmp_path, HEADER.replace("Mã nhiệm vụ", "Mã") + ",Ngày giao\n"))
    assert error.rule_id == "FIL-02"
    assert all(text in error.message for text in ["«Mã nhiệm vụ»", "hai lần: «Ngày giao»", "«Mã»"])


def test_an_optional_column_may_be_missing(tmp_path: Path) -> None:
    frame = rows(written(tmp_path, "Mã nhiệm vụ,Nội dung,Cấp giao,Mã đơn vị thực hiện,Ngày giao\na,b,c,d,e\n"))
    assert frame.columns == ["line", *(c.name for c in TASKS.columns), "#thừa", "#số ô"]
    assert frame.row(0) == (2, "a", "b", "c", None, "d", "e", None, None, None, None)


@pytest.mark.parametrize("name", ["merged_header.xlsx", "biff.xls"])
def test_a_damaged_workbook_is_refused(tmp_path: Path, name: str) -> None:
    whole = (FILES / name).read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:600], whole[:512] + bytes(len(whole) - 512)):
        assert rejected(written(tmp_path, damaged, name)).rule_id == "FIL-01"


def test_a_workbook_in_an_encoding_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(FILES / "merged_header.xlsx") as before,
        zipfile.ZipFile(tmp_path / "tệp.xlsx", "w") as after,
    ):
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'encoding="UTF-8"', b'encoding="TF-8"'))
    assert rejected(tmp_path / "tệp.xlsx").rule_id == "FIL-01"


def test_a_cell_in_the_last_corner_of_a_sheet_is_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "tệp.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(","))
        sheet.write(1_048_575, 16_383, "x")
    assert "quá lớn" in rejected(tmp_path / "tệp.xlsx").message


# --- size ------------------------------------------------------------------------------------------------------------

MEASURE = """
import resource, sys
from pathlib import Path
from etl import catalogue
from etl.reading import read
export = catalogue.export("document_management/tasks")
small, large = (Path(p) for p in sys.argv[1:])
rows = sum(block.height for block in read.blocks(small, export, block_bytes=1 << 20))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(block.height for block in read.blocks(large, export, block_bytes=1 << 20))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_file_is_not_held_in_memory(tmp_path: Path) -> None:
    block = f"{ROW}\n" * 9_999 + 'NV-2,"Rà soát\nđợt 2",Chính phủ,,H21.19,05/03/2021,,\n'
    small = written(tmp_path, f"{HEADER}\n" + block * 8, "small.csv")
    large = written(tmp_path, f"{HEADER}\n" + block * 120, "large.csv")
    done = subprocess.run([sys.executable, "-c", MEASURE, small, large], capture_output=True, text=True, check=True)
    read_rows, kilobytes = (int(n) for n in done.stdout.split())
    assert read_rows == 1_200_000
    assert large.stat().st_size > 50 << 20
    assert kilobytes < 30 << 10
