"""What commands share before they run: the program, the options that several take, and how these are read."""

import os
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from etl.errors import UsageError

if TYPE_CHECKING:
    from etl.periods import Period

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
FileArgument = Annotated[int, typer.Argument(metavar="FILE_ID", help="Number of a file; `cchc files` lists them.")]


def period_of(code: str, first: str | None, last: str | None, as_of: str | None) -> "Period":
    """The period that was asked for, over the window that was stated with it."""
    from etl.periods import Period

    if (first is None) != (last is None):
        raise UsageError("--from and --to state a window together: give both days, or neither.")
    return (
        Period
        .parse(code)
        .with_window(day_of(first, "--from"), day_of(last, "--to"))
        .with_state_on(day_of(as_of, "--as-of"))
    )


def unit_of(given: str) -> str:
    """A code, or code@day with the day as we write it."""
    code, at, day = given.partition("@")
    return f"{code}@{day_of(day, 'the day of UNIT')}" if at else code


def day_of(given: str | None, option: str) -> date | None:
    if given is None:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(given.strip(), pattern).date()
        except ValueError:
            continue
    raise UsageError(f"{option} {given!r} is not a day; write 2021-11-15 or 15/11/2021.")


def file_number(given: str) -> int:
    if not given.isdecimal() or int(given) > 2**31 - 1:
        raise UsageError(f"{given!r} is no number of a file; `cchc files` lists them.")
    return int(given)


def must_be_given(reason: str) -> None:
    if not reason.strip():
        raise UsageError("--reason is empty: say why, it is kept with the file.")


def login() -> str:
    """Who is working here, unless it is said."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
