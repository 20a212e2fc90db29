"""A list of failing cells goes to an office, is filled in and comes back: exactly what it says is decided."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from etl import catalogue, cli, pipeline, settings
from etl.stewardship import decisions, fix_list, fix_list_cells, fix_list_taken
from etl.stewardship.fix_list_cells import REASON, TOKEN, VALUE, Cell
from etl.stewardship.fix_list_taken import Receipt
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver
from tests.tables import cells

DOSSIERS = "one_stop_shop/dossiers"
CODE = "000.00.16.H21-211201-{}"
HEADER = "Mã hồ sơ | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái | Kênh tiếp nhận"


def dossiers(text: str) -> str:
    """Dossiers drawn as number, unit, and the day of December on which each was received, due and finished."""
    lines = [HEADER]
    for number, unit, received, due, finished, status, channel in cells(text):
        days = [f"{day}/12/2021" if day.isdecimal() else day for day in (received, due, finished)]
        lines.append(" | ".join([CODE.format(number), unit, *days, status, channel]))
    return "\n".join(lines)


NIGHT = dossiers("""
    0001 | 23857 | 01 | 06 | 02         | Đã trả kết quả | Trực tiếp
    0002 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0003 | 23857 | 01 | 06 | 30/11/2021 | Chờ ký         | Zalo
    0004 | 23857 | 01 |    |            | Đang xử lý     | Trực tiếp
    0005 | 23857 | 01 | 06 | 30/11/2021 | Đã trả kết quả | Trực tiếp
    0006 | 23860 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0007 | 23857 | 04 | 06 | 02         | Đã trả kết quả | Trực tiếp
""")
HELD = " 1 dòng vẫn bị giữ lại vì còn lỗi khác hoặc chờ duyệt."
DAY = date(2026, 3, 2)  # the list is written; its waivers end with the reporting year
Answers = dict[tuple[str, str], tuple[str | None, str | None]]  # (number, column) -> right value, reason


@pytest.fixture
def load(configured: settings.Settings, warehouse_url: str, inbox: Path, without_the_second_count: None):
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)

    def run(text: str = NIGHT, day: str = "2021-12-06") -> None:
        deliver(inbox, DOSSIERS, day, text)
        pipeline.land(configured, warehouse_url, inbox=str(inbox))
        assert {r.status for r in pipeline.load_waiting(configured, warehouse_url)} <= {
            "accepted",
            "accepted_with_errors",
        }

    return run


@pytest.fixture
def office(configured: settings.Settings, warehouse_url: str):
    return Office(configured, warehouse_url)


class Office:
    """Who gets a list, fills it in by openpyxl and sends it back."""

    def __init__(self, configured: settings.Settings, url: str) -> None:
        self.settings, self.url = configured, url

    def lists(self, *units: str, day: date = DAY, sender: str | None = None) -> list[fix_list.Workbook]:
        return list(fix_list.workbooks(self.settings, self.url, DOSSIERS, units=units or None, sender=sender, day=day))

    def takes(
        self, content: bytes, *, by: str = "lan", units: set[str] | None = None, name: str = "sua.xlsx"
    ) -> Receipt:
        return fix_list_taken.take(self.settings, self.url, content, name, by=by, units=units)


def filled(content: bytes, answers: Answers, edit: Callable[[Worksheet], None] | None = None) -> bytes:
    """The list with these answers, saved by openpyxl after whatever else was done to its first sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[4]}
    left = dict(answers)
    for row in range(5, sheet.max_row + 1):
        code, column = (sheet.cell(row, columns[heading]).value for heading in ("Mã hồ sơ", "Cột"))
        value, reason = left.pop((code[-4:], column), (None, None))
        sheet.cell(row, columns[VALUE]).value = value
        sheet.cell(row, columns[REASON]).value = reason
    assert not left, "no such lines"
    if edit:
        edit(sheet)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def lines(content: bytes) -> list[dict[str, str]]:
    """The lines of a list, by heading; of two columns that are called alike, the first."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    headings = [cell.value for cell in sheet[4]]
    return [
        {heading: text or "" for heading, text in reversed([*zip(headings, row, strict=True)])}
        for row in sheet.iter_rows(min_row=5, values_only=True)
    ]


def decided(url: str) -> list[tuple]:
    return rows(
        url,
        "select right(record_key, 4), kind, rule_id, column_name, coalesce(value, ''), coalesce(until::text, '')"
        " from quality.decision order by 1, 4, 3",
    )


def kept(url: str) -> dict[str, tuple]:
    statement = (
        "select right(dossier_code, 4), status, channel, to_char(received_at, 'DD/MM'), to_char(finished_at, 'DD/MM')"
    )
    return {number: said for number, *said in rows(url, f"{statement} from core.dossier order by 1")}


ANSWERS: Answers = {
    ("0002", "Trạng thái"): ("Đang xử lý", None),
    ("0003", "Trạng thái"): ("đã trả  kết quả", None),
    ("0003", "Kênh tiếp nhận"): ("Bưu chính công ích", None),
    ("0003", "Ngày kết thúc xử lý"): ("03/12/2021", None),
    ("0004", "Ngày hẹn trả"): (None, "chưa hẹn, CV 12/UBND ngày 02/3/2026"),
    ("0005", "Ngày kết thúc xử lý"): (None, "sổ giấy ghi như vậy"),
    ("0007", "Ngày tiếp nhận"): ("01/12/2021", None),  # the other one of two days
}
DECIDED = [
    ("0002", "correct", "DOS-10", "status", "Đang xử lý", ""),
    ("0003", "correct", "DOS-08", "channel", "Bưu chính công ích", ""),
    ("0003", "correct", "DOS-13", "finished_at", "03/12/2021", ""),
    ("0003", "correct", "DOS-10", "status", "đã trả  kết quả", ""),
    ("0004", "confirm", "DOS-52", "due_at", "", ""),
    ("0005", "waive", "DOS-13", "finished_at", "", "2026-12-14"),
    ("0007", "correct", "DOS-13", "received_at", "01/12/2021", ""),
]
KEPT = {
    "0001": ["Đã trả kết quả", "Trực tiếp", "01/12", "02/12"],
    "0002": ["Đang xử lý", "Trực tiếp", "01/12", None],
    "0003": ["Đã trả kết quả", "Bưu chính công ích", "01/12", "03/12"],
    "0004": ["Đang xử lý", "Trực tiếp", "01/12", None],
    "0007": ["Đã trả kết quả", "Trực tiếp", "01/12", "02/12"],
}


def turned_over(sheet: Worksheet) -> None:
    """The lines in the opposite order, one of them gone, a column and a sheet added, the protection taken off."""
    told = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    for row, texts in enumerate(reversed(told), start=5):
        for column, text in enumerate(texts, start=1):
            sheet.cell(row, column).value = text
    columns = {cell.value: cell.column for cell in sheet[4]}
    untouched = next(
        row for row in range(5, sheet.max_row + 1)
        if not sheet.cell(row, columns[VALUE]).value and not sheet.cell(row, columns[REASON]).value
    )  # fmt: skip
    sheet.delete_rows(untouched)
    sheet.insert_cols(1)
    sheet.cell(4, 1).value, sheet.cell(5, 1).value = "Ghi chú của tôi", "xong"
    sheet.protection.disable()
    sheet.parent.create_sheet("Nháp", 0)["A1"] = "chưa xong"


@pytest.mark.parametrize("edit", [None, turned_over], ids=["as it came", "turned over"])
def test_exactly_what_a_list_says_is_decided(load, office: Office, warehouse_url: str, edit) -> None:
    load()
    [book] = office.lists("23857")
    assert (book.cells, book.rows, book.left) == (8, 5, 0)
    receipt = office.takes(filled(book.content, ANSWERS, edit), units={"23857"})
    assert receipt.text == f"5 sửa, 1 xác nhận đúng, 1 đề nghị miễn, chờ người thứ hai duyệt.{HELD}"
    assert decided(warehouse_url) == sorted(DECIDED, key=lambda one: (one[0], one[3], one[2]))
    assert kept(warehouse_url) == KEPT
    [(name, by, reason, evidence)] = rows(warehouse_url, "select name, by_name, reason, evidence from quality.batch")
    assert (name, by, reason) == ("sua.xlsx", "lan", "Danh sách sửa «sua.xlsx»")
    assert "chưa hẹn, CV 12/UBND ngày 02/3/2026 (dòng" in evidence
    # what waits for a second person, and what is decided, is asked about no more
    assert [(line["Mã hồ sơ"][-4:], line["Cột"]) for one in office.lists() for line in lines(one.content)] == [
        ("0006", "Trạng thái")
    ]


# --- what is refused --------------------------------------------------------------------------------------------------

BAD = dossiers("""
    0011 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0012 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0013 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0014 | 23860 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0015 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0016 | 23857 | 01 | 06 | 30/11/2021 | Đã trả kết quả | Trực tiếp
    0017 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0018 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0019 | 23857 | 01 | 06 | 30/11/2021 | Đã trả kết quả | Trực tiếp
    0020 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0021 | 23857 | 01 | 06 | 30/11/2021 | Đã trả kết quả | Trực tiếp
    0022 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0023 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0024 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0025 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
    0026 | 23857 | 01 |    |            | Đang xử lý     | Trực tiếp
    0027 | 23857 | 01 | 06 |            | Chờ ký         | Trực tiếp
""")
NEXT_DAY = dossiers("""
    0022 | 23857 | 01 | 06 |            | Đang xử lý     | Trực tiếp
    0023 | 23857 | 01 | 06 |            | Lưu kho        | Trực tiếp
""")
STATUS, FINISHED = "Trạng thái", "Ngày kết thúc xử lý"
# number, column, right value, reason, what the line is refused for
REFUSED = [
    ("0011", STATUS, "Đang xử lý", "đúng rồi", "điền cả «Giá trị đúng» và «Lý do giữ nguyên». Chỉ điền một"),
    ("0012", STATUS, "Đang xử lý", None, "mã nhận biết ở cột ẩn đã bị sửa"),
    ("0013", STATUS, "Đang xử lý", None, "thiếu mã nhận biết ở cột ẩn"),
    ("0014", STATUS, "Đang xử lý", None, "dòng của đơn vị 23860, không thuộc phạm vi của người gửi"),
    ("0015", STATUS, "Xong", None, "«Xong» không đọc được. Chọn trong danh sách của ô."),
    ("0016", FINISHED, "32/13/2021", None, "«32/13/2021» không đọc được. Ngày, có thể kèm giờ: 15/03/2021"),
    ("0017", STATUS, "#N/A", None, "«#N/A» là lỗi của công thức"),
    ("0018", STATUS, "(Trống)", None, "cột này không được để trống"),
    ("0019", FINISHED, "30/11/2021", None, "giá trị giống giá trị trong tệp"),
    ("0020", STATUS, None, "phần mềm ghi vậy", "không giữ nguyên được (Trạng thái hồ sơ bị trống hoặc không thuộc"),
    ("0021", FINISHED, "02/12/2021", None, "mai đã quyết định «sửa» thành «03/12/2021» lúc "),
    ("0022", STATUS, "Đang xử lý", None, "ô này không còn lỗi: đơn vị đã gửi lại dòng này"),
    ("0023", STATUS, "Đang xử lý", None, "giá trị của ô đã khác từ khi lập danh sách"),
    ("0024", STATUS, "Đang xử lý", None, "nói khác nhau về cùng một ô"),
    ("0025", STATUS, "x" * 2_001, None, "dài hơn 2000 ký tự"),
    ("0026", "Ngày hẹn trả", None, "y" * 2_001, "dài hơn 2000 ký tự"),
    ("0027", STATUS, "Đang xử lý", None, "mai đã quyết định «bỏ dòng» lúc "),
]


def tampered(sheet: Worksheet) -> None:
    """One token says another unit, one is gone, and a line stands twice and says two things."""
    columns = {cell.value: cell.column for cell in sheet[4]}
    for row in range(5, sheet.max_row + 1):
        token, number = sheet.cell(row, columns[TOKEN]), sheet.cell(row, columns["Mã hồ sơ"]).value[-4:]
        if number == "0012":
            said, signature = token.value.split(".")
            token.value = f"{said[:-4]}{'AAAA' if said[-4:] != 'AAAA' else 'BBBB'}.{signature}"
        if number == "0013":
            token.value = None
        if number == "0024":
            copy = [cell.value for cell in sheet[row]]
            copy[columns[VALUE] - 1] = "Dừng xử lý"
    sheet.append(copy)


def numbers(content: bytes) -> dict[str, str]:
    """By the number of a line as Excel shows it: the end of the dossier's code."""
    return {str(at): line["Mã hồ sơ"][-4:] for at, line in enumerate(lines(content), start=5)}


def asks(url: str, kind: str, number: str, rule_id: str, column: str, value: str | None = None) -> decisions.Asked:
    [(file_id, line)] = rows(
        url,
        "select file_id, line from quality.violation where right(record_key, 4) = %s and rule_id = %s",
        number,
        rule_id,
    )
    return decisions.Asked(kind, file_id, line, rule_id, column, value)


def test_each_line_that_cannot_be_taken_is_refused_for_its_own_reason(load, office: Office, warehouse_url: str) -> None:
    load(BAD)
    [book] = office.lists()
    mai = {"name": "từng dòng", "by": "mai", "reason": "đối chiếu"}
    for asked in (
        asks(warehouse_url, "correct", "0021", "DOS-13", "finished_at", "03/12/2021"),
        asks(warehouse_url, "discard", "0027", "DOS-10", "status"),
    ):
        decisions.decide(office.settings, warehouse_url, [asked], **mai)
    load(NEXT_DAY, "2021-12-07")
    before = len(decided(warehouse_url))
    answers = {(number, column): (value, reason) for number, column, value, reason, _ in REFUSED}
    content = filled(book.content, answers, tampered)
    receipt = office.takes(content, units={"23857"})
    assert len(decided(warehouse_url)) == before
    assert (receipt.batch_id, receipt.message) == (None, "")
    assert receipt.text.startswith("18 từ chối: dòng 5, 6, 7, ")
    at = numbers(content)
    told = {(at[one.place], reason) for one in receipt.refused for reason in [one.reason]}
    for number, *_, expected in REFUSED:
        assert [expected in reason for of, reason in told if of == number] == [True], (number, told)


def test_the_rest_of_a_list_is_taken(load, office: Office, warehouse_url: str) -> None:
    load()
    [book] = office.lists("23857")
    wrong = ANSWERS | {("0002", "Trạng thái"): ("Xong", None), ("0007", "Ngày tiếp nhận"): ("hôm qua", None)}
    content = filled(book.content, wrong)
    receipt = office.takes(content)
    at = {number: place for place, number in numbers(content).items()}
    refused = sorted((receipt.refused[0].place, receipt.refused[1].place), key=int)
    assert receipt.text == (
        "3 sửa, 1 xác nhận đúng, 1 đề nghị miễn, chờ người thứ hai duyệt, 2 từ chối: dòng "
        + ", ".join(refused)
        + f".{HELD}"
    )
    assert refused[0] == at["0002"]
    assert [one[0] for one in decided(warehouse_url)] == ["0003", "0003", "0003", "0004", "0005"]


def test_a_waiver_ends_with_the_year_that_the_list_says(load, office: Office) -> None:
    load()
    [book] = office.lists("23857", day=date(2020, 3, 2))
    assert "Đề nghị miễn đến hết 14/12/2020, chờ người thứ hai duyệt." in {
        line["Nếu ghi lý do"] for line in lines(book.content)
    }
    [refused] = office.takes(filled(book.content, {("0005", FINISHED): (None, "sổ giấy ghi như vậy")})).refused
    assert refused.reason == "hạn miễn ghi trong danh sách (14/12/2020) đã qua. Lấy danh sách mới."


def test_the_same_workbook_decides_nothing_twice(load, office: Office, warehouse_url: str) -> None:
    load()
    [book] = office.lists("23857")
    some = {place: answer for place, answer in ANSWERS.items() if place[0] in ("0002", "0004", "0005")}
    content = filled(book.content, some)
    first = office.takes(content)
    again = office.takes(content, by="mai", name="khác.xlsx")
    assert (again.is_repeated, again.by, again.batch_id) == (True, "lan", first.batch_id)
    assert re.fullmatch(
        r"Danh sách này đã nhận lúc \d\d:\d\d ngày \d\d/\d\d/\d{4} từ lan, không quyết định lại. Khi đó: "
        + re.escape(first.text),
        again.text,
    )
    # filled in further, it says again what is decided, and that is nothing to refuse
    further = office.takes(filled(book.content, ANSWERS))
    assert further.text == "4 sửa, 3 đã quyết định như vậy từ trước."
    assert kept(warehouse_url) == KEPT
    assert rows(warehouse_url, "select count(*) from quality.batch") == [(2,)]
    with pytest.raises(Exception, match="only ever added"):
        rows(warehouse_url, "update quality.fix_list set by_name = 'x'")


def test_who_may_not_decide_does_not_keep_others_from_it(load, office: Office, warehouse_url: str) -> None:
    load()
    [book] = office.lists("23857")
    content = filled(book.content, ANSWERS)
    assert len(office.takes(content, by="nam", units={"23860"}).refused) == len(ANSWERS)
    assert decided(warehouse_url) == []
    assert office.takes(content, by="nam", units={"23860"}).is_repeated
    assert office.takes(content, by="lan", units={"23857"}).corrected == 5


def test_nothing_filled_in_changes_nothing(load, office: Office, warehouse_url: str) -> None:
    load()
    [book] = office.lists("23857")
    assert office.takes(book.content).text == "Không có ô nào được điền: không có gì thay đổi."
    assert decided(warehouse_url) == []


def test_the_row_that_comes_again_each_night_is_found_where_it_stands_now(
    load, office: Office, warehouse_url: str
) -> None:
    load()
    [book] = office.lists("23857")
    load(f"{NIGHT}\n" + dossiers("0008 | 23857 | 01 | 06 | | Đang xử lý | Trực tiếp").splitlines()[1], "2021-12-07")
    assert office.takes(filled(book.content, ANSWERS)).refused == ()
    assert {number: said for number, said in kept(warehouse_url).items() if number != "0008"} == KEPT


def test_who_was_faster_by_a_moment_is_named(
    load, office: Office, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    [book] = office.lists("23857")
    real, calls = decisions.decide, []

    def decide(*arguments, **said):
        calls.append(said["by"])
        if len(calls) == 1:
            faster = asks(warehouse_url, "correct", "0002", "DOS-10", "status", "Dừng xử lý")
            real(office.settings, warehouse_url, [faster], name="nhanh", by="mai", reason="gọi điện")
        return real(*arguments, **said)

    monkeypatch.setattr(decisions, "decide", decide)
    receipt = office.takes(filled(book.content, ANSWERS))
    assert (calls, receipt.corrected) == (["lan", "lan"], 4)
    [refused] = receipt.refused
    assert refused.reason.startswith("mai đã quyết định «sửa» thành «Dừng xử lý» lúc ")


@pytest.mark.parametrize("changed", ["unit_code", "line", "cell_hash", "rule_ids", "day"])
def test_a_token_says_what_was_signed(changed: str) -> None:
    cell = Cell(DAY, DOSSIERS, "duc-co", "H21-1", "23857", 3, 14, "status", "status", "ab12", ("DOS-10", "DOS-62"))
    token = fix_list_cells.token(b"k" * 32, cell)
    assert fix_list_cells.cell_of(b"k" * 32, f" {token} ") == cell
    assert fix_list_cells.cell_of(b"l" * 32, token) is None
    otherwise = {"line": 15, "rule_ids": ("DOS-10",), "day": date(2027, 1, 1)}.get(changed, "x")
    forged = fix_list_cells.token(b"k" * 32, replace(cell, **{changed: otherwise}))
    mixed = f"{forged.split('.')[0]}.{token.split('.')[1]}"
    assert fix_list_cells.cell_of(b"k" * 32, mixed) is None
    for damaged in ("", ".", "x", "x.y", token[:-1], token.replace(".", ""), "é.é"):
        assert fix_list_cells.cell_of(b"k" * 32, damaged) is None


def zipped(**parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/"), text)
    return content.getvalue()


def other_workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append([VALUE, REASON])
    book.active.append(["a", "b"])
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Tệp trống, không có nội dung. Lưu lại danh sách thành .xlsx rồi gửi lại."),
        (b"a;b\n1;2\n", "Đây không phải danh sách sửa của kho"),
        (b"PK\x03\x04 no zip", "Tệp nén hoặc tệp Excel bị hỏng, không mở được."),
        (zipped(a="b"), "Tệp này là tệp nén hoặc văn bản, không phải bảng tính."),
        (other_workbook(), "Đây không phải danh sách sửa của kho"),
        (b"x" * (fix_list_taken.BYTES + 1), "Tệp lớn hơn 32 MB: không phải danh sách sửa."),
    ],
    ids=["empty", "text", "broken", "a zip", "another workbook", "huge"],
)
def test_what_is_no_fix_list_is_told_so(office: Office, content: bytes, told: str) -> None:
    receipt = office.takes(content)
    assert receipt.message.startswith(told)
    assert receipt.text == receipt.message


def test_a_workbook_that_unpacks_without_end_is_refused(load, office: Office) -> None:
    load()
    [book] = office.lists("23857")
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book.content)) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, text + b" " * (64 << 20) if name == "xl/worksheets/sheet1.xml" else text)
    assert office.takes(bomb.getvalue()).message.startswith("Tệp Excel bị hỏng hoặc quá lớn, không mở được.")


# --- the workbook -----------------------------------------------------------------------------------------------------


def test_what_the_workbook_looks_like(load, office: Office) -> None:
    load()
    [book] = office.lists("23857")
    assert book.name == "sua-one_stop_shop-dossiers-23857-2026-03-02.xlsx"
    found = openpyxl.load_workbook(io.BytesIO(book.content))
    assert [(s.title, s.sheet_state, s.protection.sheet) for s in found.worksheets] == [
        ("Danh sách sửa", "visible", True),
        ("Hướng dẫn", "visible", True),
        ("Danh mục", "hidden", True),
    ]
    sheet = found.worksheets[0]
    assert [sheet.cell(row, 2).value for row in (1, 2)] == [
        "Danh sách sửa: Hồ sơ một cửa, Thị trấn Chư Ty (23857)",
        "Ngày lập 02/03/2026: 8 ô sai của 5 dòng.",
    ]
    headings = [cell.value for cell in sheet[4]]
    assert headings[:10] == [
        TOKEN, "Dòng trong tệp", "Mã hồ sơ", "Cột", "Giá trị trong tệp", "Vì sao bị nêu", "Giá trị cần có", VALUE,
        REASON, "Nếu ghi lý do",
    ]  # fmt: skip
    assert (sheet.freeze_panes, sheet.column_dimensions["A"].hidden) == ("D5", True)
    assert sheet.auto_filter.ref == f"A4:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
    unlocked = {cell.column for row in sheet.iter_rows(min_row=5) for cell in row if not cell.protection.locked}
    assert unlocked == {headings.index(VALUE) + 1, headings.index(REASON) + 1}
    assert {cell.number_format for row in sheet.iter_rows(min_row=5) for cell in row} == {"@"}
    assert {cell.data_type for row in sheet.iter_rows(min_row=5) for cell in row} <= {"s", "inlineStr", "n"}
    offered = {
        tuple(cell.value for cell in found["Danh mục"][one.formula1.split("$")[1]] if cell.value): str(one.sqref)
        for one in sheet.data_validations.dataValidation
    }
    columns = {c.name: c for c in catalogue.export(DOSSIERS).columns}
    assert set(offered) == {columns[name].vocabulary for name in ("status", "channel")}


def test_a_line_says_what_is_wrong_and_what_is_to_be_done(load, office: Office) -> None:
    load()
    [book] = office.lists("23857")
    told = {(line["Mã hồ sơ"][-4:], line["Cột"]): line for line in lines(book.content)}
    late = told["0007", FINISHED]
    assert (late["Vì sao bị nêu"], late["Giá trị cần có"]) == (
        "Ngày kết thúc xử lý trước ngày tiếp nhận.",
        "Ngày, có thể kèm giờ: 15/03/2021 hoặc 15/03/2021 08:30. Đối chiếu hai ngày trên hệ thống một cửa.",
    )
    assert (late["Mức lỗi"], late["Đơn vị"], late["Tệp"]) == ("lỗi", "23857", "2021-12-06/duc-co.csv")
    assert told["0007", "Ngày tiếp nhận"]["Ô sai"] == fix_list.BESIDE
    assert {told["0003", column]["Ô sai"] for column in (STATUS, FINISHED, "Kênh tiếp nhận")} == {"1/3", "2/3", "3/3"}
    assert told["0003", STATUS]["Nếu ghi lý do"] == "Không giữ nguyên được: phải sửa."
    due = told["0004", "Ngày hẹn trả"]
    assert (due["Giá trị trong tệp"], due["Nếu ghi lý do"]) == ("(trống)", "Xác nhận giá trị đúng.")
    assert not [text for line in told.values() for text in line.values() if "cchc " in text]


def test_long_lists_are_split_by_unit_or_say_what_is_left(
    load, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    monkeypatch.setattr(fix_list, "LINES", 4)
    books = office.lists()
    assert [(one.whose, one.is_part, one.cells, one.left) for one in books] == [
        ("Thị trấn Chư Ty (23857)", True, 1, 7),
        ("Xã Ia Dơk (23860)", True, 1, 0),
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(books[0].content)).worksheets[0]
    assert sheet.cell(2, 2).value.endswith("Còn 7 ô nữa: gửi lại danh sách này rồi lấy danh sách tiếp theo.")
    assert office.lists("99999") == []
    assert [one.cells for one in office.lists(sender="ia-kla")] == []


# --- by the command line and by the inbox -----------------------------------------------------------------------------


@pytest.fixture
def cchc(tmp_path: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(list(arguments))
        return status, *capsys.readouterr()

    return run


def test_out_by_the_command_line_and_back_by_the_inbox(
    load, cchc, inbox: Path, tmp_path: Path, warehouse_url: str
) -> None:
    load()
    path = tmp_path / "sua.xlsx"
    assert cchc("fix-list", DOSSIERS, "23857", "--to", str(path))[:2] == (
        0,
        f"{path}: Thị trấn Chư Ty (23857): 8 ô sai của 5 dòng.\n",
    )
    content = filled(path.read_bytes(), ANSWERS | {("0002", STATUS): ("Xong", None)})
    came_back = inbox / "fix_lists" / "tra-lai.xlsx"
    came_back.parent.mkdir()
    came_back.write_bytes(content)
    (came_back.parent / ".~lock.tra-lai.xlsx#").write_text("left by a program")
    status, out, _ = cchc("load", str(inbox))
    assert status == 1
    first, second, *_ = out.splitlines()
    assert re.fullmatch(
        rf"tra-lai.xlsx: 4 sửa, 1 xác nhận đúng, 1 đề nghị miễn, .*, 1 từ chối: dòng \d+\.{HELD}", first
    )
    assert re.fullmatch(r"  Dòng \d+: «Xong» không đọc được. Chọn trong danh sách của ô.", second)
    assert cchc("load", str(inbox))[1] == f"Không có gì mới trong {inbox}.\n"
    assert rows(warehouse_url, "select count(*) from landing.file where path like '%%fix_lists%%'") == [(0,)]
    [(place, by)] = rows(warehouse_url, "select archived_as, by_name from quality.fix_list")
    assert ((tmp_path / "archive" / place).read_bytes(), by) == (content, fix_list_taken.INBOX)
    filled_in = tmp_path / "filled.xlsx"
    filled_in.write_bytes(content)
    status, out, _ = cchc("fix-list", "--take", str(filled_in))
    assert (status, out.splitlines()[0]) == (1, "filled.xlsx: 6 đã quyết định như vậy từ trước, 1 từ chối: dòng 5.")
    assert cchc("fix-list", "--take", str(filled_in))[1].startswith("filled.xlsx: Danh sách này đã nhận lúc ")
    assert cchc("fix-list", DOSSIERS, "99999", "--to", str(path))[1] == "Không có ô sai nào đang chờ.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((DOSSIERS,), "name EXPORT and UNIT, or EXPORT and --sender, and where the list is written: --to FILE.xlsx."),
        ((DOSSIERS, "23857", "--to", "x.csv"), "x.csv: the list is written as .xlsx; name it so."),
        ((DOSSIERS, "--take", "x.xlsx"), "--take takes one workbook back"),
        (("--take", "absent.xlsx"), "absent.xlsx cannot be read"),
        (("hr/absent", "23857", "--to", "x.xlsx"), "no export 'hr/absent'"),
    ],
)
def test_wrong_use_is_one_sentence(cchc, arguments: tuple[str, ...], said: str) -> None:
    status, out, err = cchc("fix-list", *arguments)
    assert (status, out) == (2, "")
    assert said in err


# --- in an office's own program ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="no LibreOffice here: apt-get install libreoffice-calc-nogui")
def test_saved_by_libreoffice_it_says_the_same(load, office: Office, warehouse_url: str, tmp_path: Path) -> None:
    load()
    [book] = office.lists("23857")
    path = tmp_path / "sua.xlsx"
    path.write_bytes(filled(book.content, ANSWERS))
    saved = tmp_path / "saved"
    subprocess.run(
        [
            "soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", saved, path,
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    content = (saved / "sua.xlsx").read_bytes()
    assert content != path.read_bytes()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert (sheet.protection.sheet, sheet.column_dimensions["A"].hidden) == (True, True)
    assert len(sheet.data_validations.dataValidation) == 2
    assert office.takes(content).refused == ()
    assert decided(warehouse_url) == sorted(DECIDED, key=lambda one: (one[0], one[3], one[2]))
    assert kept(warehouse_url) == KEPT
