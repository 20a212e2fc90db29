"""`cchc materialise`, `show` and `reconcile`: make figures, print them, compare them with a printed appendix."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl import memory
from etl.cli.options import (
    PERIOD_CODES,
    AsOfOption,
    Format,
    FormatOption,
    FromOption,
    PeriodArgument,
    ToOption,
    UnitArgument,
    app,
    period_of,
    unit_of,
)
from etl.cli.output import vietnamese, write
from etl.cli.session import connected, warehouse, window_to_show
from etl.errors import UsageError

if TYPE_CHECKING:
    from etl.figures.appendix import Row
    from etl.reports.terminal import Cell


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
    every = [period_of(code, first, last, as_of) for code in periods]
    _, url = warehouse()
    from etl import pipeline
    from etl.figures import touches
    from etl.warehouse import database

    with database.transaction(url) as connection:
        touches.record(connection)  # so that these figures are not older than loads that they have in them
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
    beside: Annotated[
        bool, typer.Option("--beside", help="Only the figures beside the appendix, for sentences of the report.")
    ] = False,
) -> None:
    """Print the appendix of a unit, in form order: of the window that was made last, or of one that is stated.

    Below it stand the figures beside the appendix; as csv and json they are printed only if asked for (--beside).
    """
    from etl.figures import appendix

    asked, unit = period_of(period, first, last, as_of), unit_of(unit)
    with connected() as connection:
        asked = window_to_show(connection, asked)
        made = appendix.read(connection, asked.code, unit)
    if form is not Format.table:
        header = ("code", "name", "unit_of_measure", "value", "numerator", "denominator", "status", "reason")
        asked_for = made.beside if beside else made.rows
        rows = [(*_figure(row), row.status, row.reason) for row in asked_for if row.kind == "indicator"]
        if form is Format.csv:  # programs read it by its columns, and have no place for another one
            return write(form, header[:-1], [row[:-1] for row in rows])
        return write(form, header, rows)
    window = f"{made.first_day:%d/%m/%Y} - {made.last_day:%d/%m/%Y}, tính đến {made.as_of:%d/%m/%Y}"
    print(f"{made.unit_name} ({unit}). {asked.title_vi}: {window}\n")
    titles = ("Mã", "Chỉ tiêu", "Đơn vị tính", "Giá trị", "Tử số", "Mẫu số", "Trạng thái")
    shown = made.beside if beside else (*made.rows, *made.beside)
    write(form, titles, [(*map(vietnamese, _figure(row)), _said_of(row)) for row in shown])
    notes: dict[str, list[str]] = {}
    for row in shown:
        if row.note:
            notes.setdefault(row.note, []).append(row.code)
    if notes:
        print()
    for note, codes in notes.items():
        print(f"{', '.join(codes)}: {note}")


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
    asked, unit = period_of(period, first, last, as_of), unit_of(unit)
    if not file.is_file():
        raise UsageError(f"{file}: no such file. Name a printed appendix with the columns code and printed_value.")
    with connected() as connection:
        from etl import catalogue
        from etl.figures import appendix, prove

        asked = window_to_show(connection, asked)
        compared, broken = prove.reconcile(connection, asked, unit, file)
    decimals = {code: indicator.decimals for code, indicator in catalogue.indicators(asked.last_day).items()}
    rows = [
        (c.code, c.name, c.printed, appendix.rounded(c.computed, decimals.get(c.code, 0)), c.agrees, c.finding)
        for c in compared
    ]
    if form is not Format.table:
        return write(form, ("code", "name", "printed", "computed", "agrees", "finding"), rows)
    differing = [
        (code, name, printed, vietnamese(computed), finding)
        for code, name, printed, computed, agrees, finding in rows
        if agrees == "no"
    ]
    print(f"{len(differing)} số liệu in ra khác số tính được; {sum(c.agrees == 'yes' for c in compared)} số liệu khớp.")
    if differing:
        print()
        write(form, ("Mã", "Chỉ tiêu", "In ra", "Tính được", "Nhận xét"), differing)
    print(f"\n{len(broken)} quan hệ giữa các số liệu không đúng.")
    if broken:
        titles = {check.rule_id: check.title for check in prove.checks()}
        columns = {"printed": "số in ra", "computed": "số tính được"}
        print()
        write(
            form,
            ("Quy tắc", "Ở", "Quan hệ", "Vế trái", "Vế phải", "Chênh lệch", "Nội dung"),
            [
                (f.rule_id, columns[f.origin], f.subject, *sides, titles.get(f.rule_id))
                for f in broken
                for sides in [map(vietnamese, (f.left_side, f.right_side, f.difference))]
            ],
        )
