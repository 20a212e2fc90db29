"""What a steward reads: what was delivered, which rules failed, and every failing row, with personal data masked."""

import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from psycopg2.extensions import connection as Connection

from etl import catalogue, masking
from etl.errors import SetupError, UsageError

SEVERITIES = {"fatal": "từ chối tệp", "error": "lỗi", "warning": "cảnh báo"}
STATUSES = {
    "landed": "chưa nạp",
    "accepted": "đã nạp",
    "accepted_with_errors": "đã nạp, có dòng lỗi",
    "held": "chờ xác nhận",
    "rejected": "bị trả lại",
    "withdrawn": "đã rút lại",
    "duplicate": "trùng, không nạp lại",
}
SHEET_ROWS = 1_048_575  # rows of a worksheet below its header
CELL = 32_767  # characters that a cell of a workbook holds


@dataclass(frozen=True)
class Delivery:
    """One delivered file and what became of it."""

    file_id: int
    source: str
    export: str
    sender: str
    delivery: date | None  # None: it lay in a folder that is not a day
    status: str
    rows_read: int
    rows_loaded: int
    rows_unchanged: int
    rows_quarantined: int
    message: str

    def is_beyond(self, ceiling: Decimal) -> bool:
        """Whether more rows than `ceiling` percent are kept in quarantine."""
        return self.rows_quarantined * 100 > ceiling * self.rows_read


@dataclass(frozen=True)
class RuleCount:
    """How many rows of a file break a rule; a rejected file counts as one."""

    rule_id: str
    severity: str
    export: str
    file_id: int
    rows: int
    statement: str  # Vietnamese


@dataclass(frozen=True)
class FailingRow:
    """One value that breaks a rule, as it is shown to whoever has to correct it."""

    file_id: int
    file: str  # <source>/<export>/<day>/<sender>.csv
    line: int | None  # None: the whole file
    rule_id: str
    severity: str
    column: str  # Vietnamese header
    value: str  # as delivered, personal data masked
    expected: str
    remedy: str


def deliveries(connection: Connection, *, file_ids: list[int] | None = None) -> list[Delivery]:
    """Every delivered file by number, or those asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select file_id, source, export, sender, nullif(delivered_on, '0001-01-01'), status,
                rows_read, rows_loaded, rows_unchanged, rows_quarantined, message
            from landing.file
            where %(ids)s::int[] is null or file_id = any(%(ids)s)
            order by file_id
            """,
            {"ids": file_ids},
        )
        rows = cursor.fetchall()
    return [
        Delivery(file_id, source, export, masking.told(sender), *rest)
        for file_id, source, export, sender, *rest in rows
    ]


def delivery(connection: Connection, file_id: int) -> Delivery:
    """Raises: UsageError if no file has this number."""
    if file_id > 2**31 - 1 or not (found := deliveries(connection, file_ids=[file_id])):
        raise UsageError(f"no file has the number {file_id}; `cchc files` lists them.")
    return found[0]


def by_rule(connection: Connection, *, file_id: int | None = None) -> list[RuleCount]:
    """The rules that failed, by file: each row counts once for a rule, however many of its columns break it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select failed.rule_id, failed.severity, file.export, file_id, failed.rows
            from (
                select rule_id, severity, file_id, count(distinct line) as rows
                from quality.violation
                where %(file_id)s::int is null or file_id = %(file_id)s
                group by rule_id, severity, file_id
                union all
                select rule_id, severity, file_id, rows_failed
                from quality.result
                where severity = 'fatal' and rows_failed > 0
                    and (%(file_id)s::int is null or file_id = %(file_id)s)
            ) as failed
            join landing.file as file using (file_id)
            order by file_id, failed.rule_id
            """,
            {"file_id": file_id},
        )
        rules = catalogue.rules()
        return [RuleCount(*row, rules[row[0]].message if row[0] in rules else "") for row in cursor.fetchall()]


def failing_rows(connection: Connection, file_id: int) -> Iterator[FailingRow]:
    """Every failing value of a file by line, read as they are asked for: there may be a hundred thousand.

    Raises: UsageError if no file has this number.
    """
    with connection.cursor() as cursor:
        cursor.execute("select path, status, rule_id, message, export from landing.file where file_id = %s", (file_id,))
        if file_id > 2**31 - 1 or (receipt := cursor.fetchone()) is None:
            raise UsageError(f"no file has the number {file_id}; `cchc files` lists them.")
    path, status, rule_id, message, export_name = receipt
    file = "/".join(map(masking.told, path.split("/")[-4:]))
    rules = catalogue.rules()
    if status in ("rejected", "held"):
        remedy = rules[rule_id].remedy if rule_id in rules else ""
        yield FailingRow(file_id, file, None, rule_id or "", "fatal", "", "", message, remedy)
    export = catalogue.exports().get(export_name)
    columns = {c.name: c for c in export.columns} if export else {}
    with connection.cursor("failing_rows") as cursor:
        cursor.itersize = 5000
        cursor.execute(
            "select line, rule_id, severity, column_name, value from quality.violation where file_id = %s"
            " order by line, rule_id, column_name",
            (file_id,),
        )
        for line, rule_id, severity, column_name, value in cursor:
            rule, column = rules.get(rule_id), columns.get(column_name)
            yield FailingRow(
                file_id,
                file,
                line,
                rule_id,
                severity,
                column.header if column else column_name,
                masking.shown(value or "", column),  # masked before it was kept; also by older rules
                rule.message if rule else "",
                rule.remedy if rule else "",
            )


# --- workbook ---------------------------------------------------------------------------------------------------------

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


def write_workbook(connection: Connection, file_id: int, path: Path) -> int:
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
    totals: dict[str, list] = {}  # rule -> rows, line last counted
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
        if row.line is not None:
            rows.write_number(at, 2, row.line, top)
        rows.write_string(at, 3, row.rule_id, top)
        rows.write_string(at, 4, SEVERITIES[row.severity], top)
        rows.write_string(at, 5, row.column, top)
        rows.write_string(at, 6, row.value if len(row.value) <= CELL else row.value[: CELL - 1] + "…", top)
        rows.write_string(at, 7, row.expected, wrapped)
        rows.write_string(at, 8, row.remedy, wrapped)
        counted = totals.setdefault(row.rule_id, [0, object(), row])
        if counted[1] != row.line:  # one row may break a rule in two columns
            counted[0], counted[1] = counted[0] + 1, row.line
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
    for line, (rule_id, (count, _, row)) in enumerate(sorted(totals.items()), start=below + 1):
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
