"""The register of releases: what was signed, looked up."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl.errors import UsageError
from etl.publication.scope import Scope

# Why a period is published again.
REASONS = {
    "late_data": "dữ liệu giao muộn",
    "corrected_data": "dữ liệu được sửa",
    "decision": "quyết định về dữ liệu",
    "definition": "định nghĩa chỉ tiêu thay đổi",
    "unit": "sắp xếp đơn vị",
    "mistake": "sai sót khi công bố",
}


@dataclass(frozen=True)
class Release:
    """One release, as it was signed."""

    release_id: int
    code: str
    period_code: str
    period_start: date
    period_end: date
    as_of: date
    unit_code: str
    unit_name: str
    revision: int
    follows: int | None
    statement: str
    incomplete: list[str]  # Vietnamese
    signer: str
    reason: str | None  # a key of REASONS
    changelog: str
    hash: str
    form_hash: str
    published_at: datetime


def newest(cursor: Cursor, scope: Scope) -> Release | None:
    """The newest release of this very period and unit."""
    return next(
        iter(
            _read(
                cursor,
                "where r.period_code = %s and r.unit_code = %s and r.unit_valid_from = %s and r.province_code = %s",
                (scope.period.code, scope.unit_code, scope.shown_from, scope.province_code),
            )
        ),
        None,
    )


def one(cursor: Cursor, release_id: int) -> Release:
    """A release by its number. Raises: UsageError if there is none."""
    if not (found := _read(cursor, "where r.release_id = %s", (release_id,))):
        raise UsageError(f"Không có bản công bố số {release_id}. Xem: cchc releases")
    return found[0]


def every(cursor: Cursor) -> list[Release]:
    """All releases, the newest first."""
    return _read(cursor, "", ())


def _read(cursor: Cursor, where: str, values: tuple[Any, ...]) -> list[Release]:
    columns = ", ".join(f"r.{f.name}" for f in fields(Release))
    cursor.execute(f"select {columns} from mart.release as r {where} order by r.release_id desc", values)
    return [Release(*row) for row in cursor.fetchall()]
