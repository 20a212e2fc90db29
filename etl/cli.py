"""The command line: `cchc`. Results go to standard output, progress and logs to standard error.

Nothing heavy is imported before a command needs it: `cchc --help` answers at once.
"""

import io
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from etl import memory
from etl.errors import CchcError, UsageError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from etl.figures.appendix import Row
    from etl.periods import Period
    from etl.reports.quality import Delivery
    from etl.reports.terminal import Cell
    from etl.settings import Settings
    from etl.stewardship.fix_list_taken import Receipt as TakenList

log = logging.getLogger("cchc")
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Kho số liệu cải cách hành chính. Exit status: 0 all went in; 1 a file was rejected, held or passed over,"
    " waits for its load, or has too many rows in quarantine; 2 wrong use or set-up.",
)


class Format(StrEnum):
    """How results are printed."""

    table = "table"
    csv = "csv"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How the result is printed.")]
PERIOD_CODES = "2021-Q3, 2021-6T, 2021-9T or 2021-N."
PeriodArgument = Annotated[str, typer.Argument(metavar="PERIOD", help=PERIOD_CODES)]
UnitArgument = Annotated[
    str,
    typer.Argument(
        metavar="UNIT", help="Code of a unit (Mã đơn vị); CODE@DAY is what the code meant on that day of the period."
    ),
]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day of a stated window.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day of it, inclusive.")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")]
ByOption = Annotated[str | None, typer.Option(metavar="NAME", help="Who says so; by default the login name.")]
AsOfOption = Annotated[str | None, typer.Option(metavar="DAY", help="The state of this day.")]


@app.command()
def load(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INBOX",
            help="Folder or URL that holds <source>/<export>/<day>/<sender>.csv; with --again the numbers of files.",
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Take up again files that were refused, held, or judged by old rules.")
    ] = False,
    since: Annotated[str | None, typer.Option(metavar="DAY", help="With --again: first delivery day.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="With --again: last delivery day, inclusive.")
    ] = None,
) -> int:
    """Land, check and load every file below INBOX that is new; or take up files again: --again FILE_ID…"""
    memory.keep()
    if again:
        return _load_again(what or [], _day(since, "--since"), _day(until, "--until"))
    if since or until:
        raise UsageError("--since and --until say what to take up again: use them with --again.")
    if len(what or []) != 1:
        raise UsageError("name one INBOX, or the files to be taken up again: cchc load --again FILE_ID…")
    (inbox,) = what or []
    settings, url = _warehouse()
    from etl import pipeline

    # before anything new is loaded: what they are about would have moved on
    lists = _take_fix_lists(settings, url, inbox)
    landed = pipeline.land(settings, url, inbox=inbox)
    file_ids = [*landed.file_ids, *_load_waiting(settings, url)]
    nothing = f"Không có {'tệp' if lists else 'gì'} mới trong {inbox}."
    status = _print_loaded(settings, url, file_ids, nothing, passed_over=len(landed.passed_over))
    return status or int(any(one.message or one.refused for one in lists))


def _take_fix_lists(settings: "Settings", url: str, inbox: str) -> list["TakenList"]:
    from etl.landing.inbox import Inbox

    if not any(Inbox(inbox).fix_lists()):
        return []
    from etl.stewardship import fix_list_taken  # half a second: who finds none does without

    lists = fix_list_taken.from_inbox(settings, url, inbox)
    _print_taken(lists)
    return lists


def _load_again(numbers: list[str], since: date | None, until: date | None) -> int:
    if bool(numbers) == bool(since or until):
        raise UsageError("--again takes the numbers of files, or delivery days: --since DAY --until DAY.")
    file_ids = [_file_number(number) for number in numbers] or None
    settings, url = _warehouse()
    from etl.stewardship import deliveries

    taken = deliveries.again(url, file_ids=file_ids, since=since, until=until, by=_login(), reason="cchc load --again")
    return _print_loaded(settings, url, [*taken, *_load_waiting(settings, url)], "Không có tệp nào để nạp lại.")


def _print_loaded(settings: "Settings", url: str, file_ids: list[int], nothing: str, *, passed_over: int = 0) -> int:
    """Print what became of files; the exit status."""
    from etl import pipeline
    from etl.reports import quality
    from etl.warehouse import database

    with database.transaction(url) as connection:
        files = quality.deliveries(connection, file_ids=sorted(set(file_ids)))
    if passed_over:
        print(f"{passed_over} tệp hoặc thư mục không đọc được, chưa nhận; lý do ở nhật ký phía trên.")
    if not files:
        print(nothing)
        return 1 if passed_over else 0
    _print_files(files)
    counts = [(word, sum(f.status == status for f in files)) for status, word in quality.STATUSES.items()]
    said = "; ".join(f"{count} {word}" for word, count in counts if count)
    rows = f"{sum(f.rows_loaded for f in files)} dòng đã nạp, {sum(f.rows_quarantined for f in files)} dòng lỗi giữ lại"
    print(f"\n{len(files)} tệp: {said}. {rows}.")
    ceiling = settings.quarantine_ceiling
    failed = any(
        f.status in ("rejected", "held", "landed") or quality.is_beyond(f.rows_quarantined, f.rows_read, ceiling)
        for f in files
    )
    # one that stands, but could not be judged again, is none of these
    return 1 if failed or passed_over or pipeline.waiting(url) else 0


def _file_number(given: str) -> int:
    if not given.isdecimal() or int(given) > 2**31 - 1:
        raise UsageError(f"{given!r} is no number of a file; `cchc files` lists them.")
    return int(given)


def _login() -> str:
    """Who is working here, unless it is said."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@app.command()
def materialise(
    periods: Annotated[list[str], typer.Argument(metavar="PERIOD…", help=PERIOD_CODES)],
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day of an explicit window.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day of it, inclusive.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DAY", help="What is pending and overdue on this day.")] = None,
) -> None:
    """Make the figures of one or more periods for every unit, and prove them."""
    memory.keep()
    if first and last and len(periods) > 1:
        raise UsageError("--from and --to state the window of one period: give one period.")
    every = [_period(code, first, last, as_of) for code in periods]
    _, url = _warehouse()
    from etl import pipeline

    for period, written in pipeline.materialise_each(url, every):
        named = f"{period.title_vi} ({period.start:%d/%m/%Y} - {period.last_day:%d/%m/%Y})"
        print(f"{named}: đã ghi {written} số liệu." if written else f"{named}: không có gì mới.")


@app.command()
def show(
    period: PeriodArgument,
    unit: UnitArgument,
    form: FormatOption = Format.table,
    first: FromOption = None,
    last: ToOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Print the appendix of a unit, in form order: of the window that was made last, or of one that is stated."""
    from etl.figures import appendix

    asked, unit = _period(period, first, last, as_of), _unit(unit)
    with _connection() as connection:
        asked = _made(connection, asked)
        made = appendix.read(connection, asked.code, unit)
    if form is not Format.table:
        header = ("code", "name", "unit_of_measure", "value", "numerator", "denominator", "status", "reason")
        rows = [(*_figure(row), row.status, row.reason) for row in made.rows if row.kind == "indicator"]
        if form is Format.csv:  # programs read it by its columns, and have no place for another one
            return _write(form, header[:-1], [row[:-1] for row in rows])
        return _write(form, header, rows)
    window = f"{made.first_day:%d/%m/%Y} - {made.last_day:%d/%m/%Y}, tính đến {made.as_of:%d/%m/%Y}"
    print(f"{made.unit_name} ({unit}). {asked.title_vi}: {window}\n")
    titles = ("Mã", "Chỉ tiêu", "Đơn vị tính", "Giá trị", "Tử số", "Mẫu số", "Trạng thái")
    _write(form, titles, [(*map(_vietnamese, _figure(row)), _said_of(row)) for row in made.rows])


def _said_of(row: "Row") -> str | None:
    return f"{row.status}: {row.reason}" if row.reason else row.status


def _figure(row: "Row") -> tuple["Cell", ...]:
    return row.code, row.name, row.unit_of_measure, row.value, row.numerator, row.denominator


@app.command()
def reconcile(
    period: PeriodArgument,
    unit: UnitArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A printed appendix: CSV or .xlsx with code, printed_value.")
    ],
    form: FormatOption = Format.table,
    first: FromOption = None,
    last: ToOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Compare what was computed with what was printed, and name every disagreement."""
    asked, unit = _period(period, first, last, as_of), _unit(unit)
    if not file.is_file():
        raise UsageError(f"{file}: no such file. Name a printed appendix with the columns code and printed_value.")
    with _connection() as connection:
        from etl import catalogue
        from etl.figures import appendix, prove

        asked = _made(connection, asked)
        compared, broken = prove.reconcile(connection, asked, unit, file)
    decimals = {code: indicator.decimals for code, indicator in catalogue.indicators(asked.last_day).items()}
    rows = [
        (c.code, c.name, c.printed, appendix.rounded(c.computed, decimals.get(c.code, 0)), c.agrees, c.finding)
        for c in compared
    ]
    if form is not Format.table:
        return _write(form, ("code", "name", "printed", "computed", "agrees", "finding"), rows)
    differing = [
        (code, name, printed, _vietnamese(computed), finding)
        for code, name, printed, computed, agrees, finding in rows
        if agrees == "no"
    ]
    print(f"{len(differing)} số liệu in ra khác số tính được; {sum(c.agrees == 'yes' for c in compared)} số liệu khớp.")
    if differing:
        print()
        _write(form, ("Mã", "Chỉ tiêu", "In ra", "Tính được", "Nhận xét"), differing)
    print(f"\n{len(broken)} quan hệ giữa các số liệu không đúng.")
    if broken:
        titles = {check.rule_id: check.title for check in prove.checks()}
        columns = {"printed": "số in ra", "computed": "số tính được"}
        print()
        _write(
            form,
            ("Quy tắc", "Ở", "Quan hệ", "Vế trái", "Vế phải", "Chênh lệch", "Nội dung"),
            [
                (f.rule_id, columns[f.origin], f.subject, *sides, titles.get(f.rule_id))
                for f in broken
                for sides in [map(_vietnamese, (f.left_side, f.right_side, f.difference))]
            ],
        )


@app.command("quality")
def show_quality(
    file: Annotated[int | None, typer.Option(metavar="ID", help="Only this file.")] = None,
    rows: Annotated[int | None, typer.Option(metavar="ID", help="Every failing row of this file.")] = None,
    to: Annotated[Path | None, typer.Option(metavar="FILE.xlsx", help="Write those rows to a workbook.")] = None,
    states: Annotated[
        bool, typer.Option("--states", help="How many rows of each rule are open, confirmed, waived or resolved.")
    ] = False,
    form: FormatOption = Format.table,
) -> None:
    """Print what failed, by rule, or every failing row of a file with personal data masked."""
    if states and (rows is not None or to is not None):
        raise UsageError("--states counts the rows of each rule: use it alone or with --file.")
    if rows is not None and file is not None and rows != file:
        raise UsageError(f"--rows {rows} and --file {file} name two files: give one of them.")
    if to is not None:
        if (wanted := rows if rows is not None else file) is None:
            raise UsageError("--to writes the failing rows of one file: name it by --rows ID; `cchc files` lists them.")
        if to.suffix.lower() != ".xlsx":
            raise UsageError(f"{to}: the workbook is written as .xlsx; name it so.")
        return _write_workbook(wanted, to)
    if states:
        return _print_states(file, form)
    return _print_failing_rows(rows, form) if rows is not None else _print_rules(file, form)


@app.command("fix-list")
def fix_list(
    export: Annotated[str | None, typer.Argument(metavar="EXPORT", help="Such as one_stop_shop/dossiers.")] = None,
    unit: Annotated[str | None, typer.Argument(metavar="UNIT", help="Code of the unit whose rows are meant.")] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE.xlsx", help="Write the list there.")] = None,
    sender: Annotated[str | None, typer.Option(metavar="NAME", help="Only rows of this sender, of any unit.")] = None,
    take: Annotated[Path | None, typer.Option("--take", metavar="FILE.xlsx", help="Take back a filled list.")] = None,
    by: ByOption = None,
) -> int:
    """Write the failing rows of a unit or a sender to a workbook that is filled in; or take it back: --take FILE."""
    if take is not None:
        if export or to or sender:
            raise UsageError("--take takes one workbook back, which says itself what it is about: leave out the rest.")
        return _take_fix_list(take, by or _login())
    if export is None or to is None or (unit is None) == (sender is None):
        raise UsageError("name EXPORT and UNIT, or EXPORT and --sender, and where the list is written: --to FILE.xlsx.")
    if to.suffix.lower() != ".xlsx":
        raise UsageError(f"{to}: the list is written as .xlsx; name it so.")
    settings, url = _warehouse()
    from etl.stewardship import fix_list

    written = 0
    for book in fix_list.workbooks(settings, url, export, units=None if unit is None else [unit], sender=sender):
        written += 1
        path = to.with_stem(f"{to.stem}.{written}") if book.is_part else to
        path.write_bytes(book.content)
        left = f"; còn {book.left} ô nữa, gửi lại danh sách này rồi lấy tiếp" if book.left else ""
        print(f"{path}: {book.whose}: {book.cells} ô sai của {book.rows} dòng{left}.")
    if not written:
        print("Không có ô sai nào đang chờ.")
    return 0


def _take_fix_list(path: Path, by: str) -> int:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name the workbook that came back.") from None
    settings, url = _warehouse()
    from etl.stewardship import fix_list_taken

    receipt = fix_list_taken.take(settings, url, content, path.name, by=by, units=None)
    _print_taken([receipt])
    return int(bool(receipt.message or receipt.refused))


def _print_taken(lists: Sequence["TakenList"]) -> None:
    for receipt in lists:
        print("\n".join((f"{receipt.name}: {receipt.text}", *(f"  {reason}" for reason in receipt.reasons))))


def _write_workbook(file_id: int, path: Path) -> None:
    from etl.reports import workbook

    with _connection() as connection:
        written = workbook.write(connection, file_id, path)
    log.info("%s: %d dòng lỗi của tệp số %d", path, written, file_id)


def _print_failing_rows(file_id: int, form: Format) -> None:
    from etl.reports import quality

    with _connection() as connection:
        delivery = quality.delivery(connection, file_id)
        rows = quality.failing_rows(connection, file_id)
        if form is not Format.table:
            header = [field.name for field in fields(quality.FailingRow)]
            return _write(form, header, ([getattr(row, name) for name in header] for row in rows))
        day = _vietnamese(delivery.delivery)
        print(f"Tệp số {file_id}: {delivery.export}, {delivery.sender}, giao ngày {day}\n{delivery.message}\n")
        first = next(rows, None)
        if first is None:
            return print("Không có dòng lỗi.")
        titles = ("Dòng", "Quy tắc", "Mức độ", "Cột", "Giá trị", "Vì sao bị nêu", "Cần làm gì")
        _write(
            form,
            titles,
            (
                (
                    row.place,
                    row.rule_id,
                    quality.SEVERITIES[row.severity],
                    row.column,
                    row.value,
                    row.expected,
                    row.remedy,
                )
                for row in chain((first,), rows)
            ),
        )


def _print_rules(file_id: int | None, form: Format) -> None:
    from etl.reports import quality

    with _connection() as connection:
        if file_id is not None:
            quality.delivery(connection, file_id)
        counts = quality.by_rule(connection, file_id=file_id)
    if form is not Format.table:
        header = [field.name for field in fields(quality.RuleCount)]
        return _write(form, header, [[getattr(count, name) for name in header] for count in counts])
    if not counts:
        return print("Không có quy tắc nào bị vi phạm.")
    _write(
        form,
        ("Quy tắc", "Mức độ", "Loại dữ liệu", "Tệp", "Số dòng", "Nội dung"),
        [(c.rule_id, quality.SEVERITIES[c.severity], c.export, c.file_id, c.rows, c.statement) for c in counts],
    )
    totals = [(word, [c for c in counts if c.severity == severity]) for severity, word in quality.SEVERITIES.items()]
    print("\nCộng, mỗi dòng tính một lần cho mỗi quy tắc:")
    for word, some in totals:
        if some:
            print(f"  {word}: {sum(c.rows for c in some)} trong {len({c.file_id for c in some})} tệp")
    print("Xem từng dòng: cchc quality --rows <số tệp>")


def _print_states(file_id: int | None, form: Format) -> None:
    from etl.reports import quality

    with _connection() as connection:
        if file_id is not None:
            quality.delivery(connection, file_id)
        counts = quality.states_by_rule(connection, file_id=file_id)
    header = [field.name for field in fields(quality.RuleStates)]
    if form is not Format.table:
        return _write(form, header, [[getattr(count, name) for name in header] for count in counts])
    if not counts:
        return print("Không có quy tắc nào bị vi phạm.")
    titles = (
        *("Quy tắc", "Mức độ", "Loại dữ liệu", "Tệp", "Số dòng"),
        *("Còn mở", "Xác nhận đúng", "Được miễn", "Đã xử lý", "Nội dung"),
    )
    _write(
        form,
        titles,
        [
            (c.rule_id, quality.SEVERITIES[c.severity], *(getattr(c, name) for name in header[2:-1]), c.statement)
            for c in counts
        ],
    )


files_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(files_app, name="files")
FileArgument = Annotated[int, typer.Argument(metavar="FILE_ID", help="Number of a file; `cchc files` lists them.")]


@files_app.callback()
def list_files(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print what was delivered and what became of it."""
    if context.invoked_subcommand:
        return
    from etl.reports import quality

    with _connection() as connection:
        files = quality.deliveries(connection)
    if form is not Format.table:
        header = [field.name for field in fields(quality.Delivery)]
        return _write(form, header, [[getattr(f, name) for name in header] for f in files])
    if not files:
        return print("Chưa có tệp nào được giao. Nạp: cchc load <thư mục>")
    _print_files(files)


@files_app.command()
def confirm(file_id: FileArgument, reason: ReasonOption, by: ByOption = None) -> int:
    """Say that a file that is held is meant so, and load it."""
    _given(reason)
    settings, url = _warehouse()
    from etl.stewardship import deliveries

    deliveries.confirm(url, file_id, by=by or _login(), reason=reason)
    return _print_loaded(settings, url, [file_id, *_load_waiting(settings, url)], "")


@files_app.command()
def withdraw(file_id: FileArgument, reason: ReasonOption, by: ByOption = None) -> int:
    """Take a delivery back: its rows go, and what its sender delivered after it is loaded again."""
    _given(reason)
    settings, url = _warehouse()
    from etl.stewardship import deliveries

    receipts = deliveries.withdraw(settings, url, file_id, by=by or _login(), reason=reason)
    return _print_loaded(settings, url, [*(r.file_id for r in receipts), *_load_waiting(settings, url)], "")


def _given(reason: str) -> None:
    if not reason.strip():
        raise UsageError("--reason is empty: say why, it is kept with the file.")


@app.command("check-archive")
def check_archive() -> int:
    """Compare the kept bytes of every file with the hash of what was delivered."""
    settings, url = _warehouse()
    from etl.stewardship import deliveries

    checked = list(deliveries.check_archive(settings, url))
    wrong = [(file, what) for file, what in checked if what]
    if wrong:
        titles = ("Tệp", "Loại dữ liệu", "Nơi gửi", "Ngày giao", "Bản lưu", "Tình trạng")
        _write(
            Format.table,
            titles,
            [
                (file.file_id, file.export, file.sender, _vietnamese(file.delivered_on), file.archived_as, what)
                for file, what in wrong
            ],
        )
        print()
    print(f"{len(checked)} tệp: {len(checked) - len(wrong)} còn nguyên, {len(wrong)} không còn nguyên.")
    return 1 if wrong else 0


def _print_files(files: list["Delivery"]) -> None:
    from etl.reports import quality

    shown: dict[str, Callable[[Delivery], Cell]] = {
        "Tệp": lambda f: f.file_id,
        "Loại dữ liệu": lambda f: f.export,
        "Nơi gửi": lambda f: f.sender,
        "Ngày giao": lambda f: _vietnamese(f.delivery),
        "Kết quả": lambda f: quality.STATUSES[f.status],
        "Đọc": lambda f: f.rows_read,
        "Nạp": lambda f: f.rows_loaded,
        "Không đổi": lambda f: f.rows_unchanged,
        "Giữ lại": lambda f: f.rows_quarantined,
        "Ghi chú": lambda f: f.message,
    }
    _write(Format.table, list(shown), [[cell(f) for cell in shown.values()] for f in files])


senders_app = typer.Typer(rich_markup_mode=None)
app.add_typer(senders_app, name="senders")


@senders_app.callback(invoke_without_command=True)
def list_senders(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print who sends what, which units own the lists of each sender, and why."""
    if context.invoked_subcommand:
        return
    from etl.landing import owners

    with _connection() as connection, connection.cursor() as cursor:
        found = owners.senders(cursor)
    if form is not Format.table:
        header = ("sender", "exports", "units", "reason")
        return _write(form, header, [(s.sender, " ".join(s.exports), " ".join(s.units), s.reason) for s in found])
    if not found:
        return print("Chưa có nơi gửi nào. Nạp: cchc load <thư mục>")
    titles = ("Nơi gửi", "Loại dữ liệu", "Đơn vị chủ quản", "Vì sao")
    rows = [(s.sender, ", ".join(s.exports), ", ".join(s.units), owners.REASONS[s.reason]) for s in found]
    _write(form, titles, rows)


@senders_app.command("set")
def set_sender(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="Who sends: the name of its files.")],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Code of the unit whose lists it delivers.")],
    by: ByOption = None,
) -> None:
    """Say whose the lists of a sender are; files that were held for it can be loaded."""
    from etl.landing import owners

    with _connection() as connection, connection.cursor() as cursor:
        released = owners.set_owner(cursor, sender, unit, by=by or _login())
    print(f"Danh mục của nơi gửi {sender} thuộc đơn vị {unit}.")
    if released:
        print(
            f"{len(released)} tệp được giữ lại nay chờ nạp: {', '.join(map(str, released))}. Nạp: cchc load <thư mục>"
        )
    print("Số liệu đã lập chưa thay đổi: lần chạy đêm tới lập lại mọi kỳ; muốn có ngay: cchc materialise <kỳ>.")


# --- layouts ----------------------------------------------------------------------------------------------------------

layouts_app = typer.Typer(rich_markup_mode=None)
app.add_typer(layouts_app, name="layouts")


@layouts_app.callback(invoke_without_command=True)
def list_layouts(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print the layouts that are known, and the files that fit none."""
    if context.invoked_subcommand:
        return
    from etl.reports import quality
    from etl.stewardship import layouts

    with _connection() as connection, connection.cursor() as cursor:
        known, waiting = layouts.known(cursor), layouts.waiting(cursor)
        files = quality.deliveries(connection, file_ids=waiting) if waiting else []
    rows = [(one.layout, one.export, one.system, one.files) for one in known]
    if form is not Format.table:
        return _write(form, ("layout", "export", "system", "files"), rows)
    _write(form, ("Mẫu", "Loại dữ liệu", "Phần mềm", "Số tệp"), rows)
    if files:
        print(f"\n{len(files)} tệp chưa hợp mẫu nào. Xem đề xuất cho một tệp: cchc layouts propose SỐ_TỆP")
        _print_files(files)


@layouts_app.command("propose")
def propose_layout(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Number of a delivered file, or a path.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="LAYOUT.yml", help="Write the layout there.")] = None,
    export: Annotated[str | None, typer.Option(metavar="EXPORT", help="If the place of the file does not say.")] = None,
) -> None:
    """Print a layout for a file that fits none: of each column its likely role, and why. No value is printed."""
    settings, url = _warehouse()
    from etl.stewardship import layouts

    proposal = layouts.propose(settings, url, file, export=export)
    roles = {c.name: c.header for c in proposal.export.columns}
    rows = [
        (c.number, c.header, c.role, roles.get(c.role, ""), ("? " if c.is_open else "") + c.why)
        for c in proposal.columns
    ]
    _write(Format.table, ("Cột", "Tiêu đề trong tệp", "Vai trò", "Cột của kho", "Vì sao"), rows)
    if proposal.missing:
        print(f"\nChưa có cột cho: {', '.join(proposal.missing)}. Không có các cột này thì không nạp được tệp.")
    if to is None:
        return print("\nGhi đề xuất ra tệp để sửa: thêm --to MAU.yml; rồi: cchc layouts accept MAU.yml")
    to.write_text(proposal.as_yaml(to.stem), encoding="utf-8")
    print(f"\nĐã ghi {to}. Sửa các dòng có dấu hỏi nếu cần, rồi: cchc layouts accept {to}")


@layouts_app.command("accept")
def accept_layout(
    layout: Annotated[Path, typer.Argument(metavar="LAYOUT.yml", help="As `propose --to` writes it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")] = "cchc layouts accept",
    by: ByOption = None,
) -> int:
    """Keep a layout, and load the files that waited for it."""
    settings, url = _warehouse()
    from etl.stewardship import layouts

    accepted, file_ids = layouts.accept(url, layout, by=by or _login(), reason=reason)
    print(f"Đã nhận mẫu «{accepted.name}» ({accepted.system}) cho {accepted.export}.")
    loaded = [*file_ids, *_load_waiting(settings, url)]
    return _print_loaded(settings, url, loaded, "Không có tệp nào chờ mẫu này.")


# --- words ------------------------------------------------------------------------------------------------------------

words_app = typer.Typer(rich_markup_mode=None)
app.add_typer(words_app, name="words")


@words_app.callback(invoke_without_command=True)
def list_words(
    context: typer.Context,
    known: Annotated[bool, typer.Option("--known", help="The words that are mapped, and by whom, instead.")] = False,
    form: FormatOption = Format.table,
) -> None:
    """Print the words that no vocabulary knows, and how many rows wait in quarantine for each."""
    if context.invoked_subcommand:
        return
    if known:
        return _print_known_words(form)
    from etl.stewardship import words

    with _connection() as connection:
        found = words.unknown(connection)
    if form is not Format.table:
        return _write(form, ("export", "column", "word", "rows"), [(w.export, w.column, w.word, w.rows) for w in found])
    if not found:
        return print("Không có từ nào chưa biết.")
    titles = ("Loại dữ liệu", "Cột", "Tiêu đề cột", "Từ chưa biết", "Số dòng chờ")
    _write(form, titles, [(w.export, w.column, w.header, w.word, w.rows) for w in found])
    print('\nNói nghĩa của một từ, một lần cho mọi tệp: cchc words map <loại dữ liệu> <cột> "<từ>" "<nghĩa>"')


def _print_known_words(form: Format) -> None:
    from etl.stewardship import words

    with _connection() as connection, connection.cursor() as cursor:
        found = words.known(cursor)
    if form is not Format.table:
        header = [field.name for field in fields(words.KnownWord)]
        return _write(form, header, [[getattr(word, name) for name in header] for word in found])
    titles = ("Loại dữ liệu", "Cột", "Mẫu", "Từ", "Nghĩa", "Ai nói", "Khi nào", "Vì sao")
    _write(
        form,
        titles,
        [
            (w.export, w.column, w.layout, w.word, w.meaning, words.SAID_BY.get(w.said_by, w.said_by), day, w.reason)
            for w in found
            for day in [_vietnamese(w.at.date() if w.at else None)]
        ],
    )


@words_app.command("map")
def map_word(
    export: Annotated[str, typer.Argument(metavar="EXPORT", help="Such as one_stop_shop/dossiers.")],
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="Its name or its header.")],
    word: Annotated[str, typer.Argument(metavar="WORD", help="As the files have it.")],
    meaning: Annotated[
        str,
        typer.Argument(metavar="MEANING", help="A word of the column's vocabulary; of a name, the code of its unit."),
    ],
    layout: Annotated[str, typer.Option(metavar="NAME", help="It means that in files of this layout alone.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")] = "",
    by: ByOption = None,
) -> int:
    """Keep what an office means by a word, and load the rows that waited for it."""
    settings, url = _warehouse()
    from etl.stewardship import words

    mapped = words.map_word(url, export, column, word, meaning, layout=layout, by=by or _login(), reason=reason)
    where = f"{mapped.export.name}, cột {mapped.column.name} ({mapped.column.header})"
    anew = f", không còn là «{mapped.before}»" if mapped.before not in (None, mapped.meaning) else ""
    print(f"{where}: «{mapped.word}» nghĩa là «{mapped.meaning}»{anew}.")
    for name, told in mapped.otherwise.items():
        print(f"Tệp theo mẫu «{name}» vẫn hiểu là «{told}»; đổi riêng cho mẫu này: thêm --layout {name}")
    status = _print_loaded(settings, url, _load_waiting(settings, url), "Không có tệp nào phải xét lại.")
    if mapped.waiting:
        left = words.still_waiting(url, mapped)
        more = f"; {left} dòng còn giữ lại vì lỗi khác" if left else ""
        print(f"{mapped.waiting - left} trong {mapped.waiting} dòng chờ từ này đã nạp{more}.")
    return status


# --- why dossiers were late -------------------------------------------------------------------------------------------

lateness_app = typer.Typer(rich_markup_mode=None)
app.add_typer(lateness_app, name="lateness")
BatchArgument = Annotated[int, typer.Argument(metavar="BATCH", help="Its number; `cchc lateness` lists them.")]


@lateness_app.callback(invoke_without_command=True)
def list_lateness(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print why dossiers were late, as it was recorded, and what became of it."""
    if context.invoked_subcommand:
        return
    from etl.stewardship import lateness

    with _connection() as connection, connection.cursor() as cursor:
        found = lateness.batches(cursor, units=None, limit=2**31)
    if form is not Format.table:
        header = ("batch_id", "side", "kind", "document", "document_on", "dossiers", "void", "state", "by", "last_by")
        return _write(form, header, [[getattr(batch, name) for name in header] for batch in found])
    if not found:
        return print("Chưa ghi nguyên nhân quá hạn nào. Ghi: cchc lateness record MÃ_HỒ_SƠ…")
    titles = ("Đợt", "Nguyên nhân", "Loại", "Văn bản", "Số hồ sơ", "Đã đổi", "Tình trạng", "Người ghi", "Người thứ hai")
    _write(
        form,
        titles,
        [
            (
                b.batch_id,
                lateness.SIDES[b.side],
                lateness.KINDS[b.kind] if b.kind else None,
                f"{b.document} ngày {_vietnamese(b.document_on)}",
                b.dossiers,
                b.void,
                lateness.STATES[b.state],
                b.by,
                b.last_by,
            )
            for b in found
        ],
    )


@lateness_app.command("record")
def record_lateness(
    dossiers: Annotated[list[str], typer.Argument(metavar="DOSSIER…", help="Codes of dossiers (Mã hồ sơ).")],
    side: Annotated[str, typer.Option(metavar="SIDE", help="unit (do đơn vị) or outside (ngoài đơn vị).")],
    document: Annotated[str, typer.Option(metavar="NUMBER", help="Of a document in the document book.")],
    dated: Annotated[str, typer.Option(metavar="DAY", help="The day of that document.")],
    reason: ReasonOption,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="pause, late_click_off or outage; without one the unit itself was slow."),
    ] = None,
    done: Annotated[
        str | None, typer.Option(metavar="DAY", help="Of late_click_off: when they were really done.")
    ] = None,
    by: ByOption = None,
) -> None:
    """Record why dossiers were late; it counts once a second person has confirmed it."""
    settings, url = _warehouse()
    from etl.stewardship import lateness

    done_on = _day(done, "--done")
    recorded = lateness.record(
        settings,
        url,
        [lateness.Asked(code, done_on) for code in dossiers],
        side=side,
        kind=kind,
        document=document,
        document_on=_day(dated, "--dated"),
        by=by or _login(),
        reason=reason,
    )
    print(
        f"Đợt {recorded.batch_id}: {recorded.dossiers} hồ sơ, {lateness.SIDES[side]}. Người thứ hai xác nhận:"
        f" cchc lateness confirm {recorded.batch_id} --reason …"
    )


@lateness_app.command("confirm")
def confirm_lateness(
    batch: BatchArgument,
    reason: ReasonOption,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no.")] = False,
    by: ByOption = None,
) -> None:
    """Confirm as a second person why dossiers were late, or refuse it."""
    _, url = _warehouse()
    from etl.stewardship import lateness

    done = lateness.confirm(url, batch, by=by or _login(), reason=reason, agreed=not refuse)
    if refuse:
        return print(f"Đợt {batch}: không xác nhận {done.dossiers} hồ sơ.")
    print(f"Đợt {batch}: đã xác nhận {done.dossiers} hồ sơ.{_made_again(done.periods)}")


@lateness_app.command("undo")
def undo_lateness(batch: BatchArgument, reason: ReasonOption, by: ByOption = None) -> None:
    """Take back what was recorded, confirmed or not."""
    _, url = _warehouse()
    from etl.stewardship import lateness

    done = lateness.undo(url, batch, by=by or _login(), reason=reason)
    print(f"Đợt {batch}: đã hoàn tác, {done.dossiers} hồ sơ.{_made_again(done.periods)}")


def _made_again(periods: Sequence[str]) -> str:
    if not periods:
        return ""
    named = ", ".join(periods)
    return f" Tỷ lệ theo căn cứ của {named} được lập lại trong lần chạy đêm tới; muốn có ngay: cchc materialise <kỳ>."


@app.command("notice")
def print_notice() -> None:
    """Print what the next nightly message would say, without sending it."""
    configured, url = _warehouse()
    from etl import settings
    from etl.nightly import notices

    message = notices.of_the_night(url, settings.notice(), ceiling=configured.quarantine_ceiling)
    print(f"{message.subject}\n\n{message.text}", end="")


# --- the pages --------------------------------------------------------------------------------------------------------

users_app = typer.Typer(rich_markup_mode=None)
app.add_typer(users_app, name="users")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As they log in, or as Airflow knows them.")]
ROLES = "reader, steward, approver or ops; each may all that those before it may."
THEIR_UNIT = "Code of their unit: they see it and all below it; '*': all units."
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; else it is asked for.")
]


@users_app.callback(invoke_without_command=True)
def list_users(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print who may come in to the pages, as what, and whose figures they see."""
    if context.invoked_subcommand:
        return
    from etl.stewardship import people

    with _connection() as connection, connection.cursor() as cursor:
        accounts = people.accounts(cursor)
    if form is not Format.table:
        header = ("name", "role", "unit", "password", "removed", "last_came")
        rows = [(a.name, a.role, a.unit_code, "yes" if a.has_password else "no") for a in accounts]
        times = [tuple(t.isoformat() if t else "" for t in (a.removed_at, a.last_came)) for a in accounts]
        return _write(form, header, [(*row, *of_row) for row, of_row in zip(rows, times, strict=True)])
    if not accounts:
        return print("Chưa có ai. Thêm: cchc users add TÊN QUYỀN MÃ_ĐƠN_VỊ")
    _write(
        form,
        ("Tên", "Quyền", "Đơn vị", "Đăng nhập", "Đã bỏ", "Lần gần nhất"),
        [
            (
                a.name,
                people.ROLES[a.role],
                "tất cả" if a.unit_code == people.EVERY_UNIT else f"{a.unit_name} ({a.unit_code})",
                None if a.removed_at else "mật khẩu" if a.has_password else "qua Airflow",
                _vietnamese(a.removed_at.date() if a.removed_at else None),
                _vietnamese(a.last_came.date() if a.last_came else None),
            )
            for a in accounts
        ],
    )


@users_app.command("add")
def add_user(
    name: NameArgument,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=ROLES)],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help=THEIR_UNIT)],
    password_stdin: PasswordOption = False,
    airflow: Annotated[bool, typer.Option("--airflow", help="Without a password: through Airflow only.")] = False,
    by: ByOption = None,
) -> None:
    """Let somebody come in to the pages; who was removed comes back."""
    from etl.stewardship import people

    if airflow and password_stdin:
        raise UsageError("--airflow is for who needs no password here: give one of --airflow and --password-stdin.")
    with _connection() as connection, connection.cursor() as cursor:
        people.check(cursor, role, unit)
        password = None if airflow else _password(password_stdin)
        people.add(cursor, name, role, unit, password=password, by=by or _login())
    print(f"Đã thêm {name}, quyền {people.ROLES[role]}.")


@users_app.command("change")
def change_user(
    name: NameArgument,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=ROLES)] = None,
    unit: Annotated[str | None, typer.Option(metavar="UNIT", help=THEIR_UNIT)] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    password_stdin: PasswordOption = False,
    by: ByOption = None,
) -> None:
    """Give somebody another role, unit or password; they have to log in again."""
    from etl.stewardship import people

    if not (role or unit or password or password_stdin):
        raise UsageError("say what changes: --role, --unit, --password or --password-stdin.")
    with _connection() as connection, connection.cursor() as cursor:
        new = _password(password_stdin) if password or password_stdin else None
        people.change(cursor, name, role=role, unit=unit, password=new, by=by or _login())
    print(f"Đã đổi {name}. Người này phải đăng nhập lại.")


@users_app.command("remove")
def remove_user(name: NameArgument, by: ByOption = None) -> None:
    """Let somebody come in no more, from now on; what they decided stays, with their name."""
    from etl.stewardship import people

    with _connection() as connection, connection.cursor() as cursor:
        people.remove(cursor, name, by=by or _login())
    print(f"Đã bỏ {name}. Những gì người này đã quyết định vẫn còn, kèm tên.")


def _password(from_input: bool) -> str:
    """A password that somebody types twice, or the first line of standard input."""
    import getpass

    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password on: give it with --password-stdin.")
    password = getpass.getpass("Mật khẩu: ")
    if password != getpass.getpass("Nhập lại mật khẩu: "):
        raise UsageError("the two passwords differ; nothing was changed. Run the command again.")
    return password


@app.command()
def serve(
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0: any that is free.")] = 8090,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where others reach it.")] = "127.0.0.1",
    https: Annotated[
        bool, typer.Option("--https", help="People reach it by https: a proxy in front of it ends TLS.")
    ] = False,
) -> None:
    """Show the stewards' pages to whoever has an account (cchc users), until it is stopped."""
    settings, url = _warehouse()
    from etl.web import serve

    serve.run(settings, url, host=host, port=port, https=https)


# --- what commands need -----------------------------------------------------------------------------------------------


def _warehouse() -> tuple["Settings", str]:
    """The settings, and the URL of a warehouse whose schema is up to date."""
    from etl import settings
    from etl.migration import schema
    from etl.warehouse import database

    configured = settings.read()
    url = database.url(configured)
    schema.migrate(url)
    return configured, url


@contextmanager
def _connection() -> Iterator["Connection"]:
    from etl.warehouse import database

    _, url = _warehouse()
    with database.transaction(url) as connection:
        yield connection


def _load_waiting(settings: "Settings", url: str) -> list[int]:
    """Load all that waits, with a progress bar on a terminal and a line of log elsewhere; the numbers of the files."""
    from etl import pipeline

    done: list[int] = []
    if not sys.stderr.isatty():
        for receipt in pipeline.load_waiting(settings, url):
            done.append(receipt.file_id)
            log.info("file %d: %s, %s: %s", receipt.file_id, receipt.export, receipt.sender, receipt.status)
        return done
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Nạp tệp", total=len(pipeline.waiting(url)))
        for receipt in pipeline.load_waiting(settings, url):
            done.append(receipt.file_id)
            # a load may send others back to waiting: the total is not known before the end
            ahead = sum(f.file_id not in done for f in pipeline.waiting(url))
            described = f"{receipt.export}, {receipt.sender}"
            progress.update(bar, description=described, completed=len(done), total=len(done) + ahead)
    return done


def _period(code: str, first: str | None, last: str | None, as_of: str | None) -> "Period":
    """The period that was asked for, over the window that was stated with it."""
    from etl.periods import Period

    if (first is None) != (last is None):
        raise UsageError("--from and --to state a window together: give both days, or neither.")
    return (
        Period.parse(code).with_window(_day(first, "--from"), _day(last, "--to")).with_state_on(_day(as_of, "--as-of"))
    )


def _made(connection: "Connection", asked: "Period") -> "Period":
    """The window to show of a period: the one that was stated, else the one that was made last, which is then said."""
    from etl.figures import period_figures

    with connection.cursor() as cursor:
        shown = period_figures.last_made(cursor, asked)
        others = [code for code in period_figures.windows_made(cursor, asked) if code != shown.code]
    if asked.code == asked.calendar_code and others:
        log.info(
            "%s: shown is %s, which was made last; there is also %s (--from, --to, --as-of choose)",
            asked.code,
            shown.code,
            ", ".join(others),
        )
    return shown


def _unit(given: str) -> str:
    """A code, or code@day with the day as we write it."""
    code, at, day = given.partition("@")
    return f"{code}@{_day(day, 'the day of UNIT')}" if at else code


def _day(given: str | None, option: str) -> date | None:
    if given is None:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(given.strip(), pattern).date()
        except ValueError:
            continue
    raise UsageError(f"{option} {given!r} is not a day; write 2021-11-15 or 15/11/2021.")


def _write(form: Format, header: Sequence[str], rows: Iterable[Sequence["Cell"]]) -> None:
    from etl.reports import terminal

    {Format.table: terminal.write_table, Format.csv: terminal.write_csv, Format.json: terminal.write_json}[form](
        header, rows
    )


def _vietnamese(value: Any) -> str:
    """A day or a number as it is written in Việt Nam."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)


# --- the process ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Run the command that the process was called with, and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit status. What a user did wrong is one sentence on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", newline="\n")  # also where the locale says otherwise
    _log_to(sys.stderr)
    try:
        command = get_command(app)
        with command.make_context("cchc", arguments) as context:  # its main() would swallow Ctrl-C and closed pipes
            status = command.invoke(context)
        sys.stdout.flush()
        return status or 0
    except typer.Exit as answered:  # --help
        return answered.exit_code
    except TyperException as error:
        return _stop(f"{error.format_message().removesuffix('.')}. `cchc --help` says how to use it.")
    except CchcError as error:
        return _stop(str(error))
    except KeyboardInterrupt:
        _stop("stopped. What was loaded stays; the same command finishes the rest.")
        return 130
    except BrokenPipeError:
        # whoever read the result has seen enough; the interpreter must not complain when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = error.filename or "the system"
        return _stop(f"{where}: {error.strerror or error}. Mend that and run the same command again.")
    except Exception as error:
        if sentence := _database_refused(error):
            return _stop(sentence)
        raise


def _log_to(stream: TextIO) -> None:
    """Our own progress, and what others only warn of: libraries say much that helps nobody here."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(lambda said: said.levelno >= logging.WARNING or said.name.split(".")[0] in ("cchc", "etl"))
    logging.basicConfig(handlers=[handler])
    for ours in ("cchc", "etl"):
        logging.getLogger(ours).setLevel(logging.INFO)


def _stop(sentence: str) -> int:
    print(f"cchc: {' '.join(sentence.split())}", file=sys.stderr)
    return 2


def _database_refused(error: Exception) -> str | None:
    """What to say of an error of the database; None if it is none. Rows that it quotes are not repeated."""
    import psycopg2

    cause = getattr(error, "orig", error)  # SQLAlchemy keeps the driver's error there
    if not isinstance(cause, psycopg2.Error):
        return None
    said = (str(cause).strip().splitlines() or ["connection lost"])[0].removesuffix(".")
    if isinstance(cause, psycopg2.errors.InsufficientPrivilege):
        return f"the database user may not do this: {said}. Use a user with more rights in CCHC_WAREHOUSE_URL."
    if isinstance(cause, psycopg2.errors.DiskFull):
        return f"the disk of the database is full: {said}. Make room there and run the same command again: it goes on."
    if isinstance(cause, psycopg2.errors.LockNotAvailable | psycopg2.errors.DeadlockDetected):
        return f"somebody else holds what this needs: {said}. Nothing was half done; run the same command again."
    if isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError):
        return f"the database stopped answering: {said}. Start it and run the same command again: it goes on."
    return (
        f"the database refused a statement ({type(cause).__name__}, {cause.pgcode}). Nothing was half done."
        " This is a fault of the warehouse: report it with this line."
    )
