"""`cchc quality` and `notice`: what failed, by rule and by row, and what the next nightly message says of it."""

import logging
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from etl.cli.options import Format, FormatOption, app
from etl.cli.output import vietnamese, write
from etl.cli.session import connected, warehouse
from etl.errors import UsageError

log = logging.getLogger("cchc")


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


def _write_workbook(file_id: int, path: Path) -> None:
    from etl.reports import workbook

    with connected() as connection:
        written = workbook.write(connection, file_id, path)
    log.info("%s: %d dòng lỗi của tệp số %d", path, written, file_id)


def _print_failing_rows(file_id: int, form: Format) -> None:
    from etl.reports import quality

    with connected() as connection:
        delivery = quality.delivery(connection, file_id)
        rows = quality.failing_rows(connection, file_id)
        if form is not Format.table:
            header = [field.name for field in fields(quality.FailingRow)]
            return write(form, header, ([getattr(row, name) for name in header] for row in rows))
        day = vietnamese(delivery.delivery)
        print(f"Tệp số {file_id}: {delivery.export}, {delivery.sender}, giao ngày {day}\n{delivery.message}\n")
        first = next(rows, None)
        if first is None:
            return print("Không có dòng lỗi.")
        titles = ("Dòng", "Quy tắc", "Mức độ", "Cột", "Giá trị", "Vì sao bị nêu", "Cần làm gì")
        write(
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

    with connected() as connection:
        if file_id is not None:
            quality.delivery(connection, file_id)
        counts = quality.by_rule(connection, file_id=file_id)
    if form is not Format.table:
        header = [field.name for field in fields(quality.RuleCount)]
        return write(form, header, [[getattr(count, name) for name in header] for count in counts])
    if not counts:
        return print("Không có quy tắc nào bị vi phạm.")
    write(
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

    with connected() as connection:
        if file_id is not None:
            quality.delivery(connection, file_id)
        counts = quality.states_by_rule(connection, file_id=file_id)
    header = [field.name for field in fields(quality.RuleStates)]
    if form is not Format.table:
        return write(form, header, [[getattr(count, name) for name in header] for count in counts])
    if not counts:
        return print("Không có quy tắc nào bị vi phạm.")
    titles = (
        *("Quy tắc", "Mức độ", "Loại dữ liệu", "Tệp", "Số dòng"),
        *("Còn mở", "Xác nhận đúng", "Được miễn", "Đã xử lý", "Nội dung"),
    )
    write(
        form,
        titles,
        [
            (c.rule_id, quality.SEVERITIES[c.severity], *(getattr(c, name) for name in header[2:-1]), c.statement)
            for c in counts
        ],
    )


@app.command("notice")
def print_notice() -> None:
    """Print what the next nightly message would say, without sending it."""
    configured, url = warehouse()
    from etl import settings
    from etl.nightly import notices

    message = notices.of_the_night(url, settings.notice(), ceiling=configured.quarantine_ceiling)
    print(f"{message.subject}\n\n{message.text}", end="")
