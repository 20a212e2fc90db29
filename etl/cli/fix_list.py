"""`cchc fix-list`: the workbook that an office fills in, and what came back."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.options import ByOption, app, login
from etl.cli.session import warehouse
from etl.errors import UsageError

if TYPE_CHECKING:
    from etl.stewardship.fix_list_taken import Receipt as TakenList


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
        return _take_fix_list(take, by or login())
    if export is None or to is None or (unit is None) == (sender is None):
        raise UsageError("name EXPORT and UNIT, or EXPORT and --sender, and where the list is written: --to FILE.xlsx.")
    if to.suffix.lower() != ".xlsx":
        raise UsageError(f"{to}: the list is written as .xlsx; name it so.")
    settings, url = warehouse()
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
    settings, url = warehouse()
    from etl.stewardship import fix_list_taken

    receipt = fix_list_taken.take(settings, url, content, path.name, by=by, units=None)
    print_taken([receipt])
    return int(bool(receipt.message or receipt.refused))


def print_taken(lists: Sequence["TakenList"]) -> None:
    for receipt in lists:
        print("\n".join((f"{receipt.name}: {receipt.text}", *(f"  {reason}" for reason in receipt.reasons))))
