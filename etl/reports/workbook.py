"""The workbook that an office mends its rows by: what failed, where, and what to do."""

import tempfile
import textwrap
from collections import Counter
from datetime import date, datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection

from etl.errors import SetupError
from etl.reports.quality import SEVERITIES, STATUSES, Delivery, FailingRow, delivery, failing_rows

SHEET_ROWS = 1_048_575  # rows of a worksheet below its header
CELL = 32_767  # characters that a cell of a workbook holds


# heading -> width
ROW_HEADINGS = {
    "Tệp số": 8,
    "Tên tệp": 44,
    "Dòng": 8,
    "Mã quy tắc": 11,
    "Mức độ": 12,
    "Cột": 24,
    "Giá trị trong tệp": 30,
    "Vì sao bị nêu": 46,
    "Cần làm gì": 50,
}
TOTAL_HEADINGS = {"Mã quy tắc": 14, "Mức độ": 14, "Vì sao bị nêu": 70, "Cần làm gì": 80, "Số dòng": 10}
RECEIPT = (
    ("Tệp số", "file_id"),
    ("Loại dữ liệu", "export"),
    ("Nơi gửi", "sender"),
    ("Ngày giao", "delivery"),
    ("Trạng thái", "status"),
    ("Số dòng đọc được", "rows_read"),
    ("Số dòng đã nạp", "rows_loaded"),
    ("Số dòng không đổi", "rows_unchanged"),
    ("Số dòng giữ lại", "rows_quarantined"),
    ("Ghi chú", "message"),
)


def write(connection: Connection, file_id: int, path: Path) -> int:
    """Write every failing row of a file to a workbook for whoever has to correct them; the rows written.

    The same content gives the same bytes. Memory does not grow with the rows.
    Raises: UsageError if no file has this number; SetupError if the workbook cannot be written.
    """
    from xlsxwriter.exceptions import XlsxFileError

    receipt = delivery(connection, file_id)
    if not path.parent.is_dir():
        raise SetupError(f"{path.parent}: there is no such folder. Name an existing one, or make it first.")
    try:
        with tempfile.TemporaryDirectory(prefix=".cchc-", dir=path.parent) as folder:
            arriving = Path(folder) / "rows.xlsx"
            written = _write(connection, receipt, arriving)
            arriving.replace(path)
    except (OSError, XlsxFileError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SetupError(f"{path} cannot be written ({reason}). Close it, or name another file.") from None
    return written


def _write(connection: Connection, receipt: Delivery, path: Path) -> int:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    book.set_properties({"title": f"Dòng lỗi của tệp số {receipt.file_id}", "created": datetime(2000, 1, 1)})
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"})
    bold = book.add_format({"bold": True})
    left = book.add_format({"align": "left"})
    top = book.add_format({"valign": "top"})
    wrapped = book.add_format({"valign": "top", "text_wrap": True})

    def sheet(name: str, headings: dict[str, int], at: int = 0) -> "xlsxwriter.worksheet.Worksheet":
        made = book.add_worksheet(name)
        made.set_landscape()
        made.set_paper(9)  # A4
        made.fit_to_pages(1, 0)
        made.repeat_rows(at)
        made.freeze_panes(at + 1, 0)
        for column, width in enumerate(headings.values()):
            made.set_column(column, column, width, top)
        return made

    def heading(made: "xlsxwriter.worksheet.Worksheet", headings: dict[str, int], at: int = 0) -> None:
        for column, title in enumerate(headings):
            made.write_string(at, column, title, head)

    def close(made: "xlsxwriter.worksheet.Worksheet", last: int) -> None:
        made.autofilter(0, 0, max(last, 1), len(ROW_HEADINGS) - 1)
        # codes and phones are text: without this every such cell carries a green corner
        made.ignore_errors({"number_stored_as_text": f"G2:G{max(last, 1) + 1}"})

    rows = sheet("Dòng lỗi", ROW_HEADINGS)
    heading(rows, ROW_HEADINGS)
    totals: Counter[str] = Counter()  # rows by rule
    examples: dict[str, FailingRow] = {}
    counted: dict[str, int | None] = {}  # rule -> line last counted: one row may break a rule in two columns
    at, sheets, written = 0, 1, 0
    for row in failing_rows(connection, receipt.file_id):
        if at == SHEET_ROWS:
            close(rows, at)
            at, sheets = 0, sheets + 1
            rows = sheet(f"Dòng lỗi ({sheets})", ROW_HEADINGS)
            heading(rows, ROW_HEADINGS)
        at, written = at + 1, written + 1
        rows.set_row(at, _height(ROW_HEADINGS, row))
        rows.write_number(at, 0, row.file_id, top)
        rows.write_string(at, 1, row.file, top)
        if row.place is not None:
            rows.write(at, 2, row.place, top)
        rows.write_string(at, 3, row.rule_id, top)
        rows.write_string(at, 4, SEVERITIES[row.severity], top)
        rows.write_string(at, 5, row.column, top)
        rows.write_string(at, 6, row.value if len(row.value) <= CELL else row.value[: CELL - 1] + "…", top)
        rows.write_string(at, 7, row.expected, wrapped)
        rows.write_string(at, 8, row.remedy, wrapped)
        if row.rule_id not in counted or counted[row.rule_id] != row.line:
            totals[row.rule_id] += 1
        counted[row.rule_id] = row.line
        examples.setdefault(row.rule_id, row)
    close(rows, at)

    below = len(RECEIPT) + 1
    summary = sheet("Tổng hợp", TOTAL_HEADINGS, below)
    for line, (title, attribute) in enumerate(RECEIPT):
        value = getattr(receipt, attribute)
        summary.write_string(line, 0, title, bold)
        if isinstance(value, int):
            summary.write_number(line, 2, value, left)
        else:
            summary.write_string(line, 2, _shown(attribute, value))
    heading(summary, TOTAL_HEADINGS, below)
    for line, (rule_id, count) in enumerate(sorted(totals.items()), start=below + 1):
        row = examples[rule_id]
        summary.set_row(line, _height(TOTAL_HEADINGS, row))
        for column, value in enumerate((rule_id, SEVERITIES[row.severity], row.expected, row.remedy)):
            summary.write_string(line, column, value, wrapped)
        summary.write_number(line, 4, count, top)
    summary.autofilter(below, 0, below + max(len(totals), 1), len(TOTAL_HEADINGS) - 1)
    book.close()
    return written


def _height(headings: dict[str, int], row: FailingRow) -> int:
    """Points for the longer of the two texts that wrap: a workbook that is streamed is not fitted by who opens it."""
    texts = {"Vì sao bị nêu": row.expected, "Cần làm gì": row.remedy}
    return 15 * max(len(textwrap.wrap(text, headings[heading])) or 1 for heading, text in texts.items())


def _shown(attribute: str, value: object) -> str:
    if attribute == "status":
        return STATUSES[str(value)]
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value or "")
