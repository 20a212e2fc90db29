"""`cchc report`: an official form as a workbook, a PDF or a document."""

from pathlib import Path
from typing import Annotated

import typer

from etl.cli.options import PeriodArgument, UnitArgument, app, period_of, unit_of
from etl.cli.session import connected


@app.command()
def report(
    period: PeriodArgument,
    unit: UnitArgument,
    form: Annotated[str, typer.Option(metavar="FORM", help="appendix, flow (Biểu 06) or one-stop (section 2.4).")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="Where to: .xlsx, .pdf or .docx.")],
    release: Annotated[
        int | None, typer.Option(metavar="N", help="The figures that this release has frozen; by default a draft.")
    ] = None,
) -> None:
    """Write an official form of a unit and a period to a file: of the window that was made last."""
    from etl.publication.forms import filled, writing

    asked = period_of(period, None, None, None)
    with connected() as connection, connection.cursor() as cursor:
        made = filled.fill(cursor, form, asked, unit_of(unit), release)
    writing.write(made, to)
    print(f"{to}: {made.unit}, {made.period}. {made.status}.")
