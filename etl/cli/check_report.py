"""`cchc check-report`: the contradictions of a written report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.options import PERIOD_CODES, Format, FormatOption, app, period_of, unit_of
from etl.cli.output import vietnamese, write
from etl.cli.session import connected, window_to_show
from etl.errors import UsageError

if TYPE_CHECKING:
    from etl.publication.checker.contradiction import Contradiction

COLUMNS = ("place", "statement", "left", "right", "difference", "kind")
KINDS = {
    "share": "tỷ lệ",
    "total": "tổng và phần",
    "part": "phần lớn hơn tổng",
    "change": "tăng, giảm",
    "shares": "các tỷ lệ",
    "appendix": "trong phụ lục",
    "prose": "lời văn và phụ lục",
    "warehouse": "so với kho số liệu",
}


@app.command()
def check_report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A report as .txt, .docx or .pdf.")],
    period: Annotated[str | None, typer.Argument(metavar="[PERIOD]", help=PERIOD_CODES)] = None,
    unit: Annotated[str | None, typer.Argument(metavar="[UNIT]", help="Code of the unit; code@day too.")] = None,
    form: FormatOption = Format.table,
) -> int:
    """List the contradictions in a written report; with PERIOD and UNIT also against the warehouse."""
    if (period is None) != (unit is None):
        raise UsageError("a report is compared with the warehouse by PERIOD and UNIT: give both, or neither.")
    from etl.publication.checker import check

    if period and unit:
        asked, unit = period_of(period, None, None, None), unit_of(unit)
        with connected() as connection:
            asked = window_to_show(connection, asked)
            found = check.check(file, check.Against(connection, asked.code, unit))
    else:
        found = check.check(file)
    if form is Format.table:
        return _told(found)
    rows = [(f.place, f.statement, f.left, f.right, f.difference, f.kind) for f in found]
    if form is Format.json:
        write(form, (*COLUMNS, "quote"), [(*row, f.quote) for row, f in zip(rows, found, strict=True)])
    else:
        write(form, COLUMNS, rows)
    return 1 if found else 0


def _told(found: "list[Contradiction]") -> int:
    if not found:
        print("Không thấy mâu thuẫn nào giữa các số của báo cáo.")
        return 0
    for number, one in enumerate(found, start=1):
        print(f"{number}. [{KINDS[one.kind]}] {one.place}")
        print(f"   {one.statement}")
        print(f"   {vietnamese(one.left)} - {vietnamese(one.right)} = {vietnamese(one.difference)}")
        print(f"   “{one.quote}”\n")
    print(f"{len(found)} mâu thuẫn.")
    return 1
