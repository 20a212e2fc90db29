"""What a person decides about deliveries: load again, confirm, withdraw; and whether what is kept is still whole."""

from collections.abc import Iterator
from datetime import date

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import UsageError
from etl.landing import owners, receipts
from etl.landing.receipts import File
from etl.pipeline import Receipt, locks_of_load, receipt
from etl.settings import Settings
from etl.warehouse import database


def again(
    url: str,
    *,
    file_ids: list[int] | None = None,
    exports: set[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    by: str,
    reason: str,
) -> list[int]:
    """Let files be taken up again by the next load: after a contract, a rule or a word was mended; their numbers.

    What was refused or held waits again; what was loaded stands until it is judged again. What was taken back is taken
    up only if it is named by its number; what lay in the wrong place never is.
    Input:  files by their numbers, or by inclusive delivery days.
    Raises: UsageError if a number is no file's, or that file cannot be taken up.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        known = set(catalogue.exports() if exports is None else exports)
        for file_id in file_ids or []:
            file = receipts.file(connection, file_id)
            if file.export not in known or file.delivered_on == date.min:
                raise UsageError(f"file {file_id} lay in the wrong place: deliver it anew in the right one.")
            if file.status == "duplicate":
                raise UsageError(f"file {file_id} only repeats another one: `cchc files` says which; name that one.")
        meant = (
            "f.export = any(%(exports)s) and f.status <> 'duplicate' and f.delivered_on > '0001-01-01'"
            " and (f.file_id = any(%(ids)s) or %(ids)s::int[] is null and f.status <> 'withdrawn')"
            " and (%(since)s::date is null or f.delivered_on >= %(since)s)"
            " and (%(until)s::date is null or f.delivered_on <= %(until)s)"
        )
        values = {"exports": sorted(known), "ids": file_ids, "since": since, "until": until, "reason": reason}
        cursor.execute(
            "update landing.file as f set reload_reason = %(reason)s"
            f" where f.status in ('accepted', 'accepted_with_errors') and {meant} returning f.file_id",
            values,
        )
        stand = [file_id for (file_id,) in cursor.fetchall()]
        wait = receipts.wait_again(cursor, f"f.status not in ('accepted', 'accepted_with_errors') and {meant}", values)
        taken = sorted([*stand, *wait])
        for file_id in taken:
            _note(cursor, file_id, "again", by=by, reason=reason)
    return taken


def confirm(url: str, file_id: int, *, by: str, reason: str) -> None:
    """Say that a file that is held is meant so: the next load takes it up, with the other held parts of its delivery.

    Raises: UsageError if there is no such file, it is not held, or it waits for something else: whose it is.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        file = receipts.file(connection, file_id)
        if file.status != "held":
            raise UsageError(f"file {file_id} is not held ({file.status}): there is nothing to confirm.")
        cursor.execute("select rule_id, message from landing.file where file_id = %s", (file_id,))
        rule_id, message = cursor.fetchone()
        if rule_id == owners.RULE:
            raise UsageError(f"file {file_id} is not held for somebody to confirm it. {message}")
        _note(cursor, file_id, "confirm", by=by, reason=reason)
        receipts.wait_again(
            cursor,
            "f.export = %(export)s and f.sender = %(sender)s and f.delivered_on = %(day)s and f.status = 'held'",
            {"export": file.export, "sender": file.sender, "day": file.delivered_on},
        )


def withdraw(settings: Settings, url: str, file_id: int, *, by: str, reason: str) -> list[Receipt]:
    """Take a delivery back: its rows go, and what its sender delivered after it is loaded again, all at once.

    Its bytes stay. Delivered again, they are loaded again.
    Output: the receipts of the file and of those that were loaded again.
    Raises: UsageError if there is no such file, or it is taken back already.
    """
    with database.transaction(url) as connection:
        file = receipts.file(connection, file_id)
        if file.status == "withdrawn":
            raise UsageError(f"file {file_id} is taken back already.")
        if file.export not in catalogue.exports() or file.delivered_on == date.min:
            raise UsageError(f"file {file_id} was never loaded: it lay in the wrong place.")
    from etl.loading import replay

    with locks_of_load(url, file):
        loaded = replay.withdraw(settings, url, file, by=by, reason=reason)
    return [receipt(url, one) for one in [file_id, *loaded]]


def _note(cursor: Cursor, file_id: int, kind: str, *, by: str, reason: str) -> None:
    cursor.execute(
        "insert into landing.file_event (file_id, kind, by_name, reason) values (%s, %s, %s, %s)",
        (file_id, kind, by, reason),
    )


def check_archive(settings: Settings, url: str) -> Iterator[tuple[File, str]]:
    """Compare the kept bytes of every file with the hash of what was delivered; each with what is wrong, or ''."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"select sha256, {receipts.COLUMNS} from landing.file order by file_id")
        files = cursor.fetchall()
    seen: dict[tuple[str, str], str] = {}  # files that say the same share their bytes
    for sha256, *columns in files:
        file = File(*columns)
        place = file.archived_as, sha256
        if place not in seen:
            seen[place] = receipts.what_is_wrong_with(settings.archive / file.archived_as, sha256)
        yield file, seen[place]
