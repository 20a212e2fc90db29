"""What is added to a release: the approval of the level above, notes, and that differences wait for now."""

from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl.errors import UsageError
from etl.publication import chain, register
from etl.publication.scope import must_be_above, must_sign_for
from etl.warehouse import locks


def approve_above(connection: Connection, release_id: int, *, by: str, text: str = "") -> None:
    """Add the approval of the level above to a release. The transaction is the caller's.

    Raises: UsageError if there is no such release, somebody is not of the level above, has signed it, or has approved.
    """
    with connection.cursor() as cursor:
        locks.publication(cursor)
        release = register.one(cursor, release_id)
        must_be_above(cursor, by, release.unit_code)
        if by == release.signer:
            raise UsageError(f"{by} đã ký bản công bố số {release_id}: người khác ở cấp trên duyệt.")
        cursor.execute(
            "select by_name, at from mart.release_event where release_id = %s and kind = 'approved_above'",
            (release_id,),
        )
        if done := cursor.fetchone():
            raise UsageError(f"Bản công bố số {release_id} đã được {done[0]} duyệt ngày {done[1]:%d/%m/%Y}.")
        add(cursor, release_id, "approved_above", by=by, text=text)


def note(
    connection: Connection, release_id: int, *, by: str, text: str, unit_code: str = "", indicator_code: str = ""
) -> None:
    """Add a note to a release, or to a unit, an indicator or a figure of it; a revision copies it.

    The transaction is the caller's.
    Raises: UsageError if there is no such release or figure, or somebody may not sign for its unit.
    """
    if not text.strip():
        raise UsageError("Còn thiếu nội dung ghi chú.")
    with connection.cursor() as cursor:
        locks.publication(cursor)
        must_sign_for(cursor, by, register.one(cursor, release_id).unit_code)
        if unit_code or indicator_code:
            cursor.execute(
                "select exists (select from mart.release_figure where release_id = %(id)s"
                " and %(unit)s in ('', unit_code) and %(code)s in ('', indicator_code))",
                {"id": release_id, "unit": unit_code, "code": indicator_code},
            )
            if not cursor.fetchone()[0]:
                raise UsageError(f"Bản công bố số {release_id} không có {unit_code} {indicator_code}.")
        add(cursor, release_id, "note", by=by, text=text, unit_code=unit_code, indicator_code=indicator_code)


def add(cursor: Cursor, release_id: int, kind: str, *, by: str, **said: Any) -> None:
    """Write something down about a release, chained to what was written before. locks.publication is held."""
    cursor.execute("select event_id, hash from mart.release_event order by event_id desc limit 1")
    last_id, previous_hash = cursor.fetchone() or (0, "")
    cursor.execute("select clock_timestamp()::text")
    empty = {"unit_code": "", "indicator_code": "", "text": "", "copied_from": None, "about": ""}
    chain.seal(
        cursor,
        "release_event",
        {"event_id": last_id + 1, "release_id": release_id, "kind": kind, "by_name": by, "at": cursor.fetchone()[0]}
        | {"previous_hash": previous_hash}
        | empty
        | said,
    )


def copy_notes(cursor: Cursor, before: int, release_id: int) -> None:
    """Copy the notes of the release before, so that those of both can go their own ways."""
    cursor.execute(
        "select event_id, by_name, unit_code, indicator_code, text from mart.release_event"
        " where release_id = %s and kind = 'note' order by event_id",
        (before,),
    )
    for event_id, by, unit_code, indicator_code, text in cursor.fetchall():
        copied = {"unit_code": unit_code, "indicator_code": indicator_code, "text": text, "copied_from": event_id}
        add(cursor, release_id, "note", by=by, **copied)
