"""`cchc load`: land, check and load what is new, or take files up again."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from etl import memory
from etl.cli.fix_list import print_taken
from etl.cli.options import app, day_of, file_number, login
from etl.cli.output import print_loaded
from etl.cli.session import load_waiting, warehouse
from etl.errors import UsageError

if TYPE_CHECKING:
    from etl.settings import Settings
    from etl.stewardship.fix_list_taken import Receipt as TakenList


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
        return _load_again(what or [], day_of(since, "--since"), day_of(until, "--until"))
    if since or until:
        raise UsageError("--since and --until say what to take up again: use them with --again.")
    if len(what or []) != 1:
        raise UsageError("name one INBOX, or the files to be taken up again: cchc load --again FILE_ID…")
    (inbox,) = what or []
    settings, url = warehouse()
    from etl import pipeline

    # before anything new is loaded: what they are about would have moved on
    lists = _take_fix_lists(settings, url, inbox)
    landed = pipeline.land(settings, url, inbox=inbox)
    file_ids = [*landed.file_ids, *load_waiting(settings, url)]
    nothing = f"Không có {'tệp' if lists else 'gì'} mới trong {inbox}."
    status = print_loaded(settings, url, file_ids, nothing, passed_over=len(landed.passed_over))
    return status or int(any(one.message or one.refused for one in lists))


def _take_fix_lists(settings: "Settings", url: str, inbox: str) -> list["TakenList"]:
    from etl.landing.inbox import Inbox

    if not any(Inbox(inbox).fix_lists()):
        return []
    from etl.stewardship import fix_list_taken  # imported here: it takes half a second, and most runs find no list

    lists = fix_list_taken.from_inbox(settings, url, inbox)
    print_taken(lists)
    return lists


def _load_again(numbers: list[str], since: date | None, until: date | None) -> int:
    if bool(numbers) == bool(since or until):
        raise UsageError("--again takes the numbers of files, or delivery days: --since DAY --until DAY.")
    file_ids = [file_number(number) for number in numbers] or None
    settings, url = warehouse()
    from etl.stewardship import deliveries

    taken = deliveries.again(url, file_ids=file_ids, since=since, until=until, by=login(), reason="cchc load --again")
    return print_loaded(settings, url, [*taken, *load_waiting(settings, url)], "Không có tệp nào để nạp lại.")
