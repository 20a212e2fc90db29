"""What commands work with: the settings, the warehouse, and the files that wait to be loaded."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from etl.periods import Period
    from etl.settings import Settings

log = logging.getLogger("cchc")


def warehouse() -> tuple["Settings", str]:
    """The settings, and the URL of a warehouse whose schema is up to date."""
    from etl import settings
    from etl.migration import schema
    from etl.warehouse import database

    configured = settings.read()
    url = database.url(configured)
    schema.migrate(url)
    return configured, url


@contextmanager
def connected() -> Iterator["Connection"]:
    from etl.warehouse import database

    _, url = warehouse()
    with database.transaction(url) as connection:
        yield connection


def window_to_show(connection: "Connection", asked: "Period") -> "Period":
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


def load_waiting(settings: "Settings", url: str) -> list[int]:
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
