"""What a person teaches the warehouse of files that fit no layout: which column is what."""

from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import Layout
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.landing import layouts, receipts
from etl.landing.inbox import Inbox, today
from etl.reading import proposal
from etl.reading.proposal import Proposal
from etl.settings import Settings
from etl.warehouse import database

OWN = ""  # the layout of a file that is read as its contract says


@dataclass(frozen=True)
class KnownLayout:
    """A layout, and how many files that stand are read by it."""

    layout: str  # empty: the contract's own names
    export: str
    system: str
    files: int


def known(cursor: Cursor) -> list[KnownLayout]:
    """Every layout, by export; that of the contract first."""
    cursor.execute("select export, layout, count(*) from landing.file where status like 'accepted%%' group by 1, 2")
    files = {(export, name): count for export, name, count in cursor.fetchall()}
    return [
        KnownLayout(name, export.name, system, files.get((export.name, name), 0))
        for export in catalogue.exports().values()
        for name, system in (
            (OWN, "mẫu của kho"),
            *sorted((layout.name, layout.system) for layout in layouts.known(cursor, export.name)),
        )
    ]


def waiting(cursor: Cursor, export: str | None = None) -> list[int]:
    """The numbers of the files that fit no layout."""
    cursor.execute(statement("land/files_that_fit_no_layout"), {"export": export})
    return [file_id for (file_id,) in cursor.fetchall()]


def propose(settings: Settings, url: str, file: str, *, export: str | None) -> Proposal:
    """A layout for a file: one that was delivered, by its number, or any other by its path.

    Input:  `export`: of which export it is, if its place does not say.
    Raises: UsageError if there is no such file, or nobody can say of which export it is.
    """
    if file.isdecimal() and not Path(file).exists():
        with database.transaction(url) as connection:
            found = receipts.file(connection, int(file))
        return proposal.propose(settings.archive / found.archived_as, catalogue.export(export or found.export))
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"there is no file {file}: give its path, or the number of a delivered file (cchc files).")
    if export is None:
        place = path.resolve()
        delivery = Inbox(str(place.parents[3])).delivery(str(place), today=today()) if len(place.parents) > 3 else None
        if delivery is None or delivery.export not in catalogue.exports():
            raise UsageError(f"say of which export {path.name} is: --export {' | '.join(catalogue.exports())}")
        export = delivery.export
    return proposal.propose(path, catalogue.export(export))


def accept(url: str, path: Path, *, by: str, reason: str) -> tuple[Layout, list[int]]:
    """Keep a layout, with who taught it and why; the numbers of the files that waited for one and are tried again.

    Raises: UsageError if the file is not there, or is no layout: what is wrong with it.
    """
    try:
        said = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'this is no text in UTF-8'}.") from None
    return teach(url, path.stem, said, by=by, reason=reason)


def teach(url: str, name: str, said: str, *, by: str, reason: str) -> tuple[Layout, list[int]]:
    """The same of a layout that is no file; `said` is its YAML."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        layout = layouts.keep(cursor, name, said, by=by, reason=reason)
        file_ids = waiting(cursor, layout.export)
        receipts.wait_again(cursor, "f.file_id = any(%(ids)s)", {"ids": file_ids})
    return layout, file_ids
