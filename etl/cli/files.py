"""`cchc files`, `check-archive` and `senders`: what was delivered, whether it is whole, and whose it is."""

from dataclasses import fields
from typing import Annotated

import typer

from etl.cli.options import ByOption, FileArgument, Format, FormatOption, ReasonOption, app, login, must_be_given
from etl.cli.output import print_files, print_loaded, vietnamese, write
from etl.cli.session import connected, load_waiting, warehouse

files_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(files_app, name="files")


@files_app.callback()
def list_files(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print what was delivered and what became of it."""
    if context.invoked_subcommand:
        return
    from etl.reports import quality

    with connected() as connection:
        files = quality.deliveries(connection)
    if form is not Format.table:
        header = [field.name for field in fields(quality.Delivery)]
        return write(form, header, [[getattr(f, name) for name in header] for f in files])
    if not files:
        return print("Chưa có tệp nào được giao. Nạp: cchc load <thư mục>")
    print_files(files)


@files_app.command()
def confirm(file_id: FileArgument, reason: ReasonOption, by: ByOption = None) -> int:
    """Say that a file that is held is meant so, and load it."""
    must_be_given(reason)
    settings, url = warehouse()
    from etl.stewardship import deliveries

    deliveries.confirm(url, file_id, by=by or login(), reason=reason)
    return print_loaded(settings, url, [file_id, *load_waiting(settings, url)], "")


@files_app.command()
def withdraw(file_id: FileArgument, reason: ReasonOption, by: ByOption = None) -> int:
    """Take a delivery back: its rows go, and what its sender delivered after it is loaded again."""
    must_be_given(reason)
    settings, url = warehouse()
    from etl.stewardship import deliveries

    receipts = deliveries.withdraw(settings, url, file_id, by=by or login(), reason=reason)
    return print_loaded(settings, url, [*(r.file_id for r in receipts), *load_waiting(settings, url)], "")


@app.command("check-archive")
def check_archive() -> int:
    """Compare the kept bytes of every file with the hash of what was delivered."""
    settings, url = warehouse()
    from etl.stewardship import deliveries

    checked = list(deliveries.check_archive(settings, url))
    wrong = [(file, what) for file, what in checked if what]
    if wrong:
        titles = ("Tệp", "Loại dữ liệu", "Nơi gửi", "Ngày giao", "Bản lưu", "Tình trạng")
        write(
            Format.table,
            titles,
            [
                (file.file_id, file.export, file.sender, vietnamese(file.delivered_on), file.archived_as, what)
                for file, what in wrong
            ],
        )
        print()
    print(f"{len(checked)} tệp: {len(checked) - len(wrong)} còn nguyên, {len(wrong)} không còn nguyên.")
    return 1 if wrong else 0


senders_app = typer.Typer(rich_markup_mode=None)
app.add_typer(senders_app, name="senders")


@senders_app.callback(invoke_without_command=True)
def list_senders(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Print who sends what, which units own the lists of each sender, and why."""
    if context.invoked_subcommand:
        return
    from etl.landing import owners

    with connected() as connection, connection.cursor() as cursor:
        found = owners.senders(cursor)
    if form is not Format.table:
        header = ("sender", "exports", "units", "reason")
        return write(form, header, [(s.sender, " ".join(s.exports), " ".join(s.units), s.reason) for s in found])
    if not found:
        return print("Chưa có nơi gửi nào. Nạp: cchc load <thư mục>")
    titles = ("Nơi gửi", "Loại dữ liệu", "Đơn vị chủ quản", "Vì sao")
    rows = [(s.sender, ", ".join(s.exports), ", ".join(s.units), owners.REASONS[s.reason]) for s in found]
    write(form, titles, rows)


@senders_app.command("set")
def set_sender(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="Who sends: the name of its files.")],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Code of the unit whose lists it delivers.")],
    by: ByOption = None,
) -> None:
    """Say whose the lists of a sender are; files that were held for it can be loaded."""
    from etl.landing import owners

    with connected() as connection, connection.cursor() as cursor:
        released = owners.set_owner(cursor, sender, unit, by=by or login())
    print(f"Danh mục của nơi gửi {sender} thuộc đơn vị {unit}.")
    if released:
        print(
            f"{len(released)} tệp được giữ lại nay chờ nạp: {', '.join(map(str, released))}. Nạp: cchc load <thư mục>"
        )
    print("Số liệu đã lập chưa thay đổi: lần chạy đêm tới lập lại mọi kỳ; muốn có ngay: cchc materialise <kỳ>.")
