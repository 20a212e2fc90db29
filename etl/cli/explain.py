"""`cchc explain`: one figure with its definition, its parts, and every row that adds to it."""

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.options import (
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
from etl.cli.session import connected, window_to_show

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from etl.publication.explaining import Explanation
    from etl.reports.terminal import Cell

HEADER = ("in_numerator", "in_denominator", "export", "record_key", "file_id", "line")
SHOWN = 100  # rows that a table has; the others stand in the CSV
MOST = 5  # units, fields, procedures and channels that are named, of those that changed most


@app.command()
def explain(
    period: PeriodArgument,
    unit: UnitArgument,
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of an indicator: 3.4.2.")],
    release: Annotated[
        int | None, typer.Option(metavar="N", help="As it was published in this release; by default as it is now.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="PERIOD", help="What made it change since then; by default the period of its kind before."
        ),
    ] = None,
    form: FormatOption = Format.table,
    first: FromOption = None,
    last: ToOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Print what a figure is: its definition and law, numerator and denominator, and every row that adds to them."""
    from etl.publication import explaining

    asked, unit = period_of(period, first, last, as_of), unit_of(unit)
    with connected() as connection:
        asked = asked if release is not None else window_to_show(connection, asked)
        told = explaining.explain(connection, asked, unit, code, release=release)
        if form is Format.table:
            _print(told)
            if against or release is None:
                _print_jump(connection, told, unit, against)
            return _print_rows(told)
    rows: list[tuple[Cell, ...]] = [
        (
            *map(_number, (row.in_numerator, row.in_denominator)),
            *(row.record.export, row.record.record_key, row.record.file_id, row.record.line),
        )
        for row in told.rows
    ]
    if form is Format.csv:
        return write(form, HEADER, rows)
    decided = ["; ".join(explaining.DECIDED.get(kind, kind) for kind in row.record.decided) for row in told.rows]
    write(form, (*HEADER, "decided"), [(*row, said or None) for row, said in zip(rows, decided, strict=True)])


def _number(count: Decimal) -> int | Decimal:
    """A whole number as one; only a share that a unit declared is none."""
    return int(count) if count == count.to_integral_value() else count


def _print(told: "Explanation") -> None:
    indicator = told.indicator
    window = f"{told.period.start:%d/%m/%Y} - {told.period.last_day:%d/%m/%Y}, tính đến {told.as_of:%d/%m/%Y}"
    print(f"{indicator.code} {indicator.title}")
    published = f", theo bản công bố số {told.release}" if told.release is not None else ""
    print(f"{told.unit_name} ({told.unit_code}). {told.period.title_vi}: {window}{published}\n")
    print(
        f"Giá trị: {vietnamese(told.value) or told.status} {indicator.unit if told.value is not None else ''}".rstrip()
    )
    print(f"Tử số: {vietnamese(told.numerator) or '-'}; mẫu số: {vietnamese(told.denominator) or '-'}")
    if told.reason:
        print(f"Vì sao không có số: {told.reason}")
    print(f"Căn cứ: {indicator.legal_basis}")
    print(f"Định nghĩa: bản {told.definition_version}, áp dụng từ {indicator.valid_from:%d/%m/%Y}")
    said = "; ".join(f"{count} {word}" for word, count in told.decided.items())
    print(f"Dựa trên {told.row_count} dòng" + (f"; trong đó {said}." if said else "."))
    if told.has_moved and told.release is None:
        print("Dữ liệu hoặc định nghĩa đã khác lúc tính số này: hãy chạy cchc materialise rồi xem lại.")
    elif told.has_moved:
        print(f"Các dòng đã giữ không cộng thành số đã công bố: hãy chạy cchc verify {told.release}.")


def _print_jump(connection: "Connection", told: "Explanation", unit: str, against: str | None) -> None:
    """What made the figure change since another period; without one that was asked for, only if there is one."""
    from etl.errors import UsageError
    from etl.figures import period_figures
    from etl.publication import explaining, jumps

    asked = period_of(against, None, None, None) if against else told.period.before
    with connection.cursor() as cursor:
        asked = period_figures.last_made(cursor, asked)
        try:
            before = explaining.explain(connection, asked, unit, told.indicator.code)
        except UsageError:
            if against:
                raise
            return
        names = jumps.unit_names(cursor, told)
    print(f"\nSo với {asked.title_vi}: {_parts(before)} → {_parts(told)}")
    rows = []
    for dimension, title in jumps.DIMENSIONS.items():
        found = [change for change in jumps.changes(before, told) if change.dimension == dimension]
        for change in found[:MOST]:
            name = names.get(change.value, "") if dimension == "unit" else ""
            over, under = ((vietnamese(_number(n)) if n <= 0 else f"+{vietnamese(_number(n))}") for n in change.step)
            rows.append((title, f"{change.value} {name}".strip() or "(không ghi)", over, under))
    if rows:
        write(Format.table, ("Theo", "Ở", "Tử số", "Mẫu số"), rows)


def _parts(told: "Explanation") -> str:
    parts = " / ".join(vietnamese(_number(n)) for n in (told.numerator, told.denominator) if n is not None)
    return f"{vietnamese(told.value) or told.status} ({parts})" if parts else told.status


def _print_rows(told: "Explanation") -> None:
    from etl.publication.explaining import DECIDED

    if not told.rows:
        return
    print()
    titles = ("Vào tử số", "Vào mẫu số", "Loại dữ liệu", "Mã", "Tệp", "Dòng", "Đã quyết định")
    write(
        Format.table,
        titles,
        [
            (
                *map(vietnamese, map(_number, (row.in_numerator, row.in_denominator))),
                *(row.record.export, row.record.record_key, row.record.file_id, row.record.line),
                "; ".join(DECIDED.get(kind, kind) for kind in row.record.decided),
            )
            for row in islice(told.rows, SHOWN)
        ],
    )
    if len(told.rows) > SHOWN:
        print(f"\nCòn {len(told.rows) - SHOWN} dòng; --format csv in đủ.")
