"""The fix list: a workbook of an office's failing cells, to be filled in and sent back (fix_list_taken reads it).

A line is one failing cell, whatever the number of rules that it breaks. The cells of a row stand below one another,
and with them those that its rules look at: of two days in the wrong order it may be the other one that is wrong.
"""

import io
import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue import words
from etl.catalogue.project_files import statement
from etl.landing.inbox import today
from etl.loading.decided import cell_hashes
from etl.masking import Names
from etl.reports.quality import SEVERITIES, FailingRow
from etl.rules import conditions
from etl.settings import Settings
from etl.stewardship.fix_list_cells import (
    EMPTY,
    LINES,
    REASON,
    TOKEN,
    VALUE,
    Admitted,
    Cell,
    admitted,
    expected,
    token,
    waived_until,
)
from etl.warehouse import database

SHEET, GUIDE, LISTS = "Danh sách sửa", "Hướng dẫn", "Danh mục"
# heading -> width. What tells which row it is stands before them, the other columns of the row behind them.
HEADINGS = {
    "Cột": 18,
    "Giá trị trong tệp": 20,
    "Vì sao bị nêu": 32,
    "Giá trị cần có": 36,
    VALUE: 24,
    REASON: 30,
    "Nếu ghi lý do": 24,
    "Mức lỗi": 10,
    "Ô sai": 10,
    "Đơn vị": 10,
    "Tệp": 26,
}
BESIDE = "liên quan"
TITLE_ROWS = 3  # above the header
WIDEST = 30  # of a column of the row
SHOWN = 200  # characters of a cell of the row
RANGES = 500  # of cells that one list is offered in: Excel takes no longer ones
LEADING = 15  # points of a line of text


@dataclass(frozen=True)
class Workbook:
    """A fix list: its name, its bytes, how many cells of how many rows fail in it, and how many more are open."""

    name: str
    content: bytes
    whose: str  # Vietnamese
    is_part: bool  # there is one for each unit
    cells: int
    rows: int
    left: int


@dataclass(frozen=True)
class _Failing:
    """A failing cell and its row, as the warehouse has them."""

    sender: str
    record_key: str
    unit_code: str
    file_id: int
    line: int
    column_name: str
    cell_hash: str
    rule_ids: Sequence[str]
    value: str  # masked
    path: str
    raw: Mapping[str, str | None] | None  # the row as it was delivered, by header
    kept: Mapping[str, Any] | None  # … or as core.<thing> has it

    @property
    def row(self) -> tuple[int, int]:
        return self.file_id, self.line


@dataclass(frozen=True)
class _Told:
    """What is told of all cells of a column that break the same rules. Vietnamese."""

    column: catalogue.Column | None
    may: Admitted
    why: str
    expected: str
    severity: str
    kept: str  # what a reason means


@dataclass(frozen=True)
class _Line:
    """A line of the workbook."""

    cell: Cell
    told: _Told
    value: str  # masked
    place: str  # which of the failing cells of its row it is
    failing: _Failing


# --- what is open -----------------------------------------------------------------------------------------------------


def workbooks(
    settings: Settings,
    url: str,
    export_name: str,
    *,
    units: Collection[str] | None,
    sender: str | None = None,
    day: date | None = None,
) -> Iterator[Workbook]:
    """The fix lists of what is open in an export: one, or one for each unit if it is more than LINES cells.

    Input:  `units`: codes of the units whose rows are meant, '' for rows whose unit nobody knows; None: of all.
            `sender`: rows of this sender alone. `day`: on which they are written, today by default.
    Output: none if nothing is open. What a single unit has beyond LINES is left, and the workbook says so.
    Raises: UsageError if there is no such export.
    """
    export, day = catalogue.export(export_name), day or today()
    with database.transaction(url) as connection, connection.cursor() as cursor:
        meant = {"export": export.name, "units": None if units is None else sorted(units), "sender": sender}
        cursor.execute(statement("quality/open_cells_by_unit"), meant)
        by_unit: dict[str, int] = dict(cursor.fetchall())
        if len(by_unit) > 1 and sum(by_unit.values()) > LINES:
            for unit, cells in by_unit.items():
                one = {**meant, "units": [unit]}
                yield _workbook(connection, settings, export, one, [unit], cells, day, is_part=True)
        elif by_unit:
            yield _workbook(connection, settings, export, meant, list(by_unit), sum(by_unit.values()), day)


def _workbook(
    connection: Connection,
    settings: Settings,
    export: catalogue.Export,
    meant: Mapping[str, object],
    units: Sequence[str],
    open_cells: int,
    day: date,
    *,
    is_part: bool = False,
) -> Workbook:
    with connection.cursor() as cursor:
        whose = _whose(cursor, units)
        cursor.execute(statement("quality/fix_list", thing=export.thing), {**meant, "most": LINES})
        failing = [_Failing(*row) for row in cursor.fetchall()]
    names = _names(export, failing)
    lines = list(_lines(settings.pseudonym_key, export, failing, names, day))
    if len(lines) > LINES:  # of the last row that fits all cells
        last = lines[LINES].failing.row
        lines = [line for line in lines[:LINES] if line.failing.row != last]
    cells = sum(line.cell.is_blamed for line in lines)
    rows = len({line.failing.row for line in lines})
    left = max(open_cells - cells, 0)
    about = (
        f"Danh sách sửa: {export.short_title}, {whose}",
        f"Ngày lập {day:%d/%m/%Y}: {_number(cells)} ô sai của {_number(rows)} dòng."
        + (f" Còn {_number(left)} ô nữa: gửi lại danh sách này rồi lấy danh sách tiếp theo." if left else ""),
        f"Điền cột «{VALUE}» hoặc cột «{REASON}» (màu vàng), để trống dòng chưa xử lý, rồi gửi lại."
        f" Cách điền: trang «{GUIDE}».",
    )
    content = _written(settings.pseudonym_key, lines, *_rows_columns(export, lines, names), about, day)
    of_unit = (units[0] or "khong-ro") if len(units) == 1 else f"{len(units)}-don-vi"
    name = re.sub(r"[^A-Za-z0-9._-]", "-", f"sua-{export.name}-{of_unit}-{day}")
    return Workbook(f"{name}.xlsx", content, whose, is_part, cells, rows, left)


def _whose(cursor: Cursor, units: Sequence[str]) -> str:
    """Vietnamese: of whom the rows are."""
    if len(units) > 1:
        return f"{len(units)} đơn vị"
    if units == [""]:
        return "không rõ đơn vị"
    cursor.execute("select org_name from core.unit where org_code = %s limit 1", (units[0],))
    found = cursor.fetchone()
    return f"{found[0]} ({units[0]})" if found else f"đơn vị {units[0]}"


def _lines(
    key: bytes, export: catalogue.Export, failing: Sequence[_Failing], names: Names, day: date
) -> Iterator[_Line]:
    """A line for each failing cell, and behind those of a row one for each other cell that may be the wrong one."""
    rules, columns = catalogue.row_rules(export.name), {c.name: c for c in export.columns}
    counts = Counter(one.row for one in failing)
    known: dict[tuple[object, ...], _Told] = {}  # the same is told of thousands of cells
    beside: dict[tuple[object, ...], list[_Beside]] = {}

    def line(one: _Failing, name: str, cell_hash: str, rule_ids: Sequence[str], value: str, place: str) -> _Line:
        cell = Cell(
            day, export.name, one.sender, one.record_key, one.unit_code, one.file_id, one.line, one.column_name, name,
            cell_hash, tuple(rule_ids),
        )  # fmt: skip
        alike = (cell.rule_ids, name, cell.is_blamed)
        if alike not in known:
            broken = [rules[rule_id] for rule_id in rule_ids if rule_id in rules]
            known[alike] = _told(columns.get(name), broken, day, is_blamed=cell.is_blamed)
        return _Line(cell, known[alike], value, place, one)

    for row, of_row in itertools.groupby(failing, lambda one: one.row):
        cells = list(of_row)
        for number, one in enumerate(cells, 1):
            yield line(one, one.column_name, one.cell_hash, one.rule_ids, one.value, f"{number}/{counts[row]}")
        if (raw := cells[0].raw) is None:  # of a row that is loaded only the failing cell can be corrected
            continue
        alike = tuple((one.column_name, *one.rule_ids) for one in cells)
        if alike not in beside:
            beside[alike] = _beside(export, cells, rules)
        for at, name, rule_ids in beside[alike]:
            said = raw.get(columns[name].header)
            shown = masking.shown(said or "", columns[name], names)
            yield line(cells[at], name, cell_hashes(key, [said])[0], rule_ids, shown, BESIDE)


_Beside = tuple[int, str, list[str]]  # which failing cell of the row, a column that it is compared with, by which rules


def _beside(export: catalogue.Export, cells: Sequence[_Failing], rules: Mapping[str, catalogue.Rule]) -> list[_Beside]:
    """The other cells of a row that rules compare its failing ones with, and that can be corrected; errors first."""
    failing = {one.column_name for one in cells}
    broken = [(at, rules[rule_id]) for at, one in enumerate(cells) for rule_id in one.rule_ids if rule_id in rules]
    found: dict[str, _Beside] = {}
    for at, rule in sorted(broken, key=lambda pair: catalogue.SEVERITIES.index(pair[1].severity)):
        looked_at = conditions.looks_at(export).get((rule.rule_id, cells[at].column_name), ())
        for name in looked_at if rule.layer == "row" else ():
            if name not in failing and admitted([rule], export.column(name)).corrected:
                first, _, rule_ids = found.setdefault(name, (at, name, []))
                if first == at:
                    rule_ids.append(rule.rule_id)
    return list(found.values())


def _told(column: catalogue.Column | None, rules: Sequence[catalogue.Rule], day: date, *, is_blamed: bool) -> _Told:
    may = admitted(rules, column, is_blamed=is_blamed)
    kinds = {kind for _, kind in may.kept}
    if not is_blamed:
        kept = "Lý do ghi ở dòng của ô bị nêu lỗi."
    elif not kinds:
        kept = "Không giữ nguyên được: phải sửa." if may.corrected else "Sửa trên phần mềm nguồn rồi gửi lại tệp."
    elif kinds == {"confirm"}:
        kept = "Xác nhận giá trị đúng."
    else:
        kept = f"Đề nghị miễn đến hết {waived_until(day):%d/%m/%Y}, chờ người thứ hai duyệt."
    return _Told(
        column,
        may,
        why=" ".join(dict.fromkeys(rule.message for rule in rules)),
        expected=expected(column, rules),
        severity=", ".join(dict.fromkeys(SEVERITIES[rule.severity] for rule in rules)),
        kept=kept,
    )


# --- the columns of the row -------------------------------------------------------------------------------------------


def _rows_columns(
    export: catalogue.Export, lines: Sequence[_Line], names: Names
) -> tuple[list[catalogue.Column], list[list[str]]]:
    """The columns in which some row says something, those of the key first, and what each line's row says there."""
    said = {
        row: {c: one.raw.get(c.header) if one.raw is not None else _as_kept(one.kept, c) for c in export.columns}
        for row, one in {line.failing.row: line.failing for line in lines}.items()
    }
    personal = _personal({text for cells in said.values() for c, text in cells.items() if text and _is_code(c)})
    told = {
        row: {
            c.name: _cut(masking.mask(text, "id") or "" if text in personal else masking.shown(text, c, names))
            for c, text in cells.items()
            if text
        }
        for row, cells in said.items()
    }
    given = {name for found in told.values() for name in found}
    columns = sorted((c for c in export.columns if c.name in given), key=lambda c: not c.key)
    return columns, [[told[line.failing.row].get(c.name, "") for c in columns] for line in lines]


def _is_code(column: catalogue.Column) -> bool:
    return column.key or column.compact


def _personal(codes: Collection[str]) -> set[str]:
    """Those of these texts that are no codes: a name, an address or a number that stands where a code should."""
    import polars as pl

    texts = pl.Series(sorted(codes), dtype=pl.String)
    return set(texts.filter(texts.str.contains(masking.PERSONAL_KEY)))


def _names(export: catalogue.Export, failing: Sequence[_Failing]) -> Names:
    """The names that these rows hold, so that they are masked in their other columns, too."""
    import polars as pl

    names = Names()
    people = [c for c in export.columns if c.personal == "name"]
    said = {c.name: [one.raw.get(c.header) for one in failing if one.raw is not None] for c in people}
    names.learn(pl.DataFrame(said, schema=dict.fromkeys(said, pl.String)), export)
    return names


def _as_kept(kept: Mapping[str, Any] | None, column: catalogue.Column) -> str | None:
    """A cell of core.<thing> as an office writes it. Free text is left out: whom it may name, only its file tells."""
    value = kept.get(column.name) if kept else None
    if value is None or column.personal or (column.type == "text" and not column.is_shaped):
        return None
    match column.type:
        case "timestamp":
            moment = datetime.fromisoformat(value)
            return f"{moment:%d/%m/%Y}" if moment.time() == datetime.min.time() else f"{moment:%d/%m/%Y %H:%M}"
        case "date" | "partial_date":
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        case "flag":
            return "Có" if value else "Không"
    return str(value)


# --- the workbook -----------------------------------------------------------------------------------------------------


def _written(
    key: bytes,
    lines: Sequence[_Line],
    columns: Sequence[catalogue.Column],
    of_rows: Sequence[Sequence[str]],
    about: Sequence[str],
    day: date,
) -> bytes:
    """The workbook. The same content gives the same bytes."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"constant_memory": True})
    book.set_properties({"title": about[0], "created": datetime(2000, 1, 1)})
    sheet = book.add_worksheet(SHEET)
    _guide(book, about[0], waived_until(day))
    _fill(book, sheet, key, lines, columns, of_rows, about, _Lists(book))
    book.close()
    return content.getvalue()


def _fill(
    book: Any,
    sheet: Any,
    key: bytes,
    lines: Sequence[_Line],
    columns: Sequence[catalogue.Column],
    of_rows: Sequence[Sequence[str]],
    about: Sequence[str],
    lists: "_Lists",
) -> None:
    looks = {
        # a cell is a text, whatever it says: 064190001234 keeps its zero, and =1+1 is not worked out
        "told": {"num_format": "@", "text_wrap": True},
        "asked": {"num_format": "@", "text_wrap": True, "locked": False, "bg_color": "#FFF2CC", "border": 1},
        "closed": {"num_format": "@", "bg_color": "#D9D9D9", "border": 1},
        "head": {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"},
        "head asked": {"bold": True, "bg_color": "#FFD966", "border": 1, "text_wrap": True, "valign": "vcenter"},
    }
    # a line above the first cell of a row: what belongs together is seen
    look = {
        (name, first): book.add_format({"valign": "top", **said, **({"top": 2} if first else {})})
        for name, said in looks.items()
        for first in (False, True)
    }
    of_row = [(c.header, _width(c, of_rows, at)) for at, c in enumerate(columns)]
    keys = sum(c.key for c in columns)
    before = [(TOKEN, 8), ("Dòng trong tệp", 9), *of_row[:keys]]
    headings = [*before, *HEADINGS.items(), *of_row[keys:]]
    value, reason = (len(before) + list(HEADINGS).index(one) for one in (VALUE, REASON))
    for at, (_, width) in enumerate(headings):
        sheet.set_column(at, at, width, look["told", False], {"hidden": at == 0})
    for at, text in enumerate(about):
        sheet.write_string(at, 1, text, book.add_format({"bold": at == 0, "font_size": 14 if at == 0 else 11}))
    sheet.set_row(TITLE_ROWS, 2 * LEADING)
    for at, (heading, _) in enumerate(headings):
        sheet.write_string(TITLE_ROWS, at, heading, look["head asked" if at in (value, reason) else "head", False])

    last_row = (0, 0)
    for at, (line, row) in enumerate(zip(lines, of_rows, strict=True), start=TITLE_ROWS + 1):
        cell, said, one = line.cell, line.told, line.failing
        is_first, last_row = one.row != last_row, one.row
        texts = [
            token(key, cell),
            str(FailingRow(one.file_id, one.path, one.line, "", "", "", "", "", "").place),
            *row[:keys],
            said.column.header if said.column else cell.column_name.removeprefix("#"),
            _cut(line.value) or EMPTY,
            said.why,
            said.expected,
            "",
            "",
            said.kept,
            said.severity,
            line.place,
            cell.unit_code,
            "/".join(one.path.split("/")[-2:]),
            *row[keys:],
        ]
        is_open = {value: bool(said.may.corrected), reason: bool(said.may.kept)}
        seen = zip(headings[1:], texts[1:], strict=True)
        sheet.set_row(at, LEADING * max(_height(text, width) for (_, width), text in seen))
        for place, text in enumerate(texts):
            if place in is_open:
                sheet.write_blank(at, place, None, look["asked" if is_open[place] else "closed", is_first])
            else:
                sheet.write_string(at, place, text, look["told", is_first])
        if said.column and said.may.corrected:
            lists.offer(said.column, at)
    last = TITLE_ROWS + max(len(lines), 1)
    lists.close(sheet, value)
    sheet.freeze_panes(TITLE_ROWS + 1, len(before))
    sheet.autofilter(TITLE_ROWS, 0, last, len(headings) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(TITLE_ROWS)
    sheet.print_area(0, 0, last, len(before) + len(HEADINGS) - 1)
    # without a password: it keeps fingers away, the tokens keep everybody else
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})


@lru_cache(10_000)
def _height(text: str, width: int) -> int:
    """In how many lines a text stands in a column."""
    return len(textwrap.wrap(text, width - 1)) or 1


def _width(column: catalogue.Column, told: Sequence[Sequence[str]], at: int) -> int:
    longest = max((len(row[at]) for row in told), default=0)
    return min(max(longest, len(column.header) * 2 // 3, 10) + 2, WIDEST)


class _Lists:
    """The words that cells may be chosen from: on a sheet of their own, for a cell holds 255 characters of them."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet(LISTS)
        self._sheet.hide()
        self._sheet.protect()
        self._rows: dict[catalogue.Column, list[int]] = {}

    def offer(self, column: catalogue.Column, row: int) -> None:
        """Let the right value of a row be chosen, if the column has a list."""
        if column.type in words.CODED:
            self._rows.setdefault(column, []).append(row)

    def close(self, sheet: Any, at: int) -> None:
        from xlsxwriter.utility import xl_col_to_name

        listed = {c: [*words.vocabulary(c), *([] if c.required else [EMPTY])] for c in self._rows}
        for row in range(max((len(one) for one in listed.values()), default=0)):
            for place, said in enumerate(listed.values()):
                if row < len(said):
                    self._sheet.write_string(row, place, said[row])
        for place, (column, rows) in enumerate(self._rows.items()):
            letter = xl_col_to_name(place)
            ranges = list(_ranges(rows))
            for start in range(0, len(ranges), RANGES):
                (first, last), *others = ranges[start : start + RANGES]
                made = sheet.data_validation(
                    first, at, last, at,
                    {
                        "validate": "list",
                        "source": f"='{LISTS}'!${letter}$1:${letter}${len(listed[column])}",
                        "other_cells": [[first, at, last, at] for first, last in others],
                        "error_title": "Không có trong danh mục",
                        "error_message": f"Chọn một giá trị trong danh sách của cột «{column.header}»."[:255],
                    },
                )  # fmt: skip
                if made != 0:  # it only warns, and leaves the list out
                    raise AssertionError(f"the list of {column.name} was not taken ({made})")


def _ranges(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rows that follow one another, as the first and the last of them.

    >>> list(_ranges([4, 5, 6, 9]))
    [(4, 6), (9, 9)]
    """
    first = rows[0]
    for row, following in zip(rows, [*rows[1:], -1], strict=True):
        if following != row + 1:
            yield first, row
            first = following


def _guide(book: Any, title: str, until: date) -> None:
    sheet = book.add_worksheet(GUIDE)
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    steps = [
        f"Mỗi dòng của trang «{SHEET}» là một ô sai. Một dòng dữ liệu có nhiều ô sai thì các ô đứng liền nhau, ngăn"
        " bằng nét đậm; cột «Ô sai» ghi 1/2, 2/2. Một ô vi phạm nhiều quy tắc vẫn chỉ là một dòng: điền một lần.",
        f"Ô ghi sai: ghi giá trị đúng vào cột «{VALUE}». Cột có danh mục thì chọn trong danh sách của ô; ngày ghi"
        f" 15/03/2021. Nếu ô đúng ra phải để trống thì ghi {EMPTY}.",
        f"Ô không sai, hoặc chưa sửa được: ghi lý do vào cột «{REASON}», kèm số và ngày văn bản nếu có. Với cảnh báo,"
        " lý do là lời xác nhận giá trị đúng. Với lỗi, lý do là đề nghị miễn đến hết ngày"
        f" {until:%d/%m/%Y} (hết năm báo cáo); người thứ hai duyệt rồi mới có hiệu lực.",
        "Mỗi dòng chỉ điền một trong hai cột. Ô màu xám không điền được; cột «Nếu ghi lý do» nói vì sao. Dòng chưa xử"
        " lý thì để trống: lần sau gửi tiếp cũng được.",
        f"Dòng ghi «{BESIDE}» ở cột «Ô sai» là ô được so với ô sai, ví dụ ngày tiếp nhận khi ngày kết thúc xử lý trước"
        " ngày tiếp nhận: ô nào trong hai ô sai thì sửa ô đó. Ô nằm ở cột khác nữa thì sửa trên phần mềm nguồn.",
        "Được lọc, xoá bớt dòng, thêm cột, thêm trang. Muốn sắp xếp lại thì bỏ khoá trang trước (không có mật khẩu)."
        " Không sửa dòng tiêu đề và cột ẩn: kho nhận ra mỗi dòng bằng mã ở cột ẩn, không bằng số thứ tự.",
        "Lưu thành .xlsx rồi gửi lại: tải lên ở trang của kho, hoặc đặt vào thư mục fix_lists của thư mục nhận dữ liệu."
        " Kho trả lời ngay bao nhiêu ô đã nhận, dòng nào bị từ chối và vì sao; các dòng khác vẫn được nhận.",
        "Từ lúc lập danh sách, nếu đơn vị đã gửi giá trị khác hoặc có người đã quyết định về ô đó thì dòng ấy bị từ"
        " chối, nói rõ ai và khi nào. Họ tên, số giấy tờ, điện thoại đã được che.",
    ]
    for row, text in enumerate(steps, start=2):
        sheet.write_number(row, 0, row - 1, book.add_format({"valign": "top"}))
        sheet.write_string(row, 1, text)
        sheet.set_row(row, LEADING * len(textwrap.wrap(text, 112)) + 4)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.protect()


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")
