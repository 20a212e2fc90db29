"""What a steward reads: what was delivered, which rules failed, and every failing row, with personal data masked."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.reading.bounds import SHEET_LINES
from etl.warehouse import database

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
class RuleStates:
    """What became of the rows of a file that break a rule, or broke it until they were corrected."""

    rule_id: str
    severity: str
    export: str
    file_id: int
    rows: int
    open: int
    confirmed: int
    waived: int
    resolved: int
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

    @property
    def place(self) -> int | str | None:
        """The line as a clerk sees it."""
        return place(self.file, self.line)


def place(file: str, line: int | None) -> int | str | None:
    """The line as a clerk sees it: of a further sheet of a workbook, which sheet and which of its rows."""
    if line is None or line < SHEET_LINES or not file.lower().endswith((".xlsx", ".xls")):
        return line
    return f"trang {line // SHEET_LINES}, dòng {line % SHEET_LINES}"


def told_path(path: str) -> str:
    """Where a file lay in the inbox: <source>/<export>/<day>/<sender>.csv."""
    return "/".join(path.split("/")[-4:])


def is_beyond(rows_quarantined: int, rows_read: int, ceiling: Decimal) -> bool:
    """Whether more rows than `ceiling` percent are kept in quarantine."""
    return rows_quarantined * 100 > ceiling * rows_read


def deliveries(connection: Connection, *, file_ids: list[int] | None = None) -> list[Delivery]:
    """Every delivered file by number, or those asked for."""
    with connection.cursor() as cursor:
        cursor.execute(statement("quality/deliveries"), {"file_ids": file_ids})
        rows = cursor.fetchall()
    return [Delivery(*row) for row in rows]


def newest(
    cursor: Cursor,
    *,
    senders: Collection[str] | None = None,
    export: str | None = None,
    sender: str | None = None,
    statuses: Collection[str] | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Delivered files, the newest first, one page of them.

    Input: `senders`: those that may be seen, None for all; `since`: landed since then; `before`: the number of the last
           file of the page before.
    """
    cursor.execute(
        statement("quality/newest"),
        {
            "senders": None if senders is None else list(senders),
            "export": export,
            "sender": sender,
            "statuses": None if statuses is None else list(statuses),
            "since": since,
            "before": before or 2**31 - 1,
            "most": limit,
        },
    )
    return [Delivery(*row) for row in cursor.fetchall()]


def not_run(cursor: Cursor, file_id: int) -> list[tuple[str, str, str]]:
    """The rules that say nothing of a file: rule, column, and why."""
    cursor.execute(
        "select rule_id, column_name, not_run from quality.result"
        " where file_id = %s and not_run is not null order by rule_id, column_name",
        (file_id,),
    )
    return cursor.fetchall()


def delivery(connection: Connection, file_id: int) -> Delivery:
    """Raises: UsageError if no file has this number."""
    if file_id > 2**31 - 1 or not (found := deliveries(connection, file_ids=[file_id])):
        raise UsageError(f"no file has the number {file_id}; `cchc files` lists them.")
    return found[0]


def by_rule(connection: Connection, *, file_id: int | None = None) -> list[RuleCount]:
    """The rules that failed, by file: each row counts once for a rule, however many of its columns break it."""
    with connection.cursor() as cursor:
        cursor.execute(statement("quality/failures_by_rule"), {"file_id": file_id})
        rules = catalogue.rules()
        return [
            RuleCount(rule_id, severity, export, of_file, rows, rules[rule_id].message if rule_id in rules else "")
            for rule_id, severity, export, of_file, rows in cursor.fetchall()
        ]


def states_by_rule(connection: Connection, *, file_id: int | None = None) -> list[RuleStates]:
    """The rules that rows broke, by file, with what became of them."""
    with connection.cursor() as cursor:
        database.group_in_memory(cursor)
        cursor.execute(statement("quality/states_by_rule"), {"file_id": file_id})
        rows = cursor.fetchall()
    rules = catalogue.rules()

    def told(rule_id: str, severity: str | None) -> tuple[str, str]:
        rule = rules.get(rule_id)
        return severity or (rule.severity if rule else "error"), rule.message if rule else ""

    return [
        RuleStates(*(rule_id, severity, *counts, message))
        for rule_id, kept, *counts in rows
        for severity, message in [told(rule_id, kept)]
    ]


def failing_rows(connection: Connection, file_id: int) -> Iterator[FailingRow]:
    """Every failing value of a file by line, read as they are asked for: there may be a hundred thousand.

    Raises: UsageError if no file has this number.
    """
    with connection.cursor() as cursor:
        cursor.execute("select path, status, rule_id, message, export from landing.file where file_id = %s", (file_id,))
        if file_id > 2**31 - 1 or (receipt := cursor.fetchone()) is None:
            raise UsageError(f"no file has the number {file_id}; `cchc files` lists them.")
    path, status, rule_id, message, export_name = receipt
    file = told_path(path)
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
                column.header if column else column_name.removeprefix("#"),
                masking.shown(value or "", column),  # masked before it was kept; also by older rules
                rule.message if rule else "",
                rule.remedy if rule else "",
            )
