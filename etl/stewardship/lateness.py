"""Why dossiers were late: recorded with a document that proves it, and confirmed by a second person.

The system's own days and rates stay as they are; what was confirmed is counted beside them
(reporting.on_time_by_evidence). A cause holds while the dossier is late as it was: the same sender says the same due
day and end. A new value voids it by itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, masking
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures import touches
from etl.periods import LOCAL
from etl.settings import Settings
from etl.spelling import canonical, clean, fold
from etl.warehouse import database, locks

# Whose the lateness is, officially; and below it, how it came.
SIDES = {"unit": "do đơn vị", "outside": "ngoài đơn vị"}
KINDS = {
    "pause": "dừng tính thời gian",
    "late_click_off": "xong đúng hạn, kết thúc muộn trên phần mềm",
    "outage": "phần mềm, đường truyền hỏng",
}
STATES = {
    "waiting": "chờ xác nhận",
    "holds": "có hiệu lực",
    "refused": "không xác nhận",
    "undone": "đã hoàn tác",
    "void": "hồ sơ đã đổi",
}
DOSSIERS = "one_stop_shop/dossiers"
PAGE = 50


@dataclass(frozen=True)
class Asked:
    """A dossier that was late; `done_on` of late_click_off: the day on which it was really done."""

    dossier_code: str
    done_on: date | None = None


@dataclass(frozen=True)
class Done:
    """What was recorded, confirmed, refused or undone."""

    batch_id: int
    dossiers: int
    periods: tuple[str, ...]  # whose rate by evidence has to be made again


@dataclass(frozen=True)
class Batch:
    """Causes that were recorded together."""

    batch_id: int
    side: str  # a key of SIDES
    kind: str | None  # a key of KINDS; None: the unit was slow
    document: str
    document_on: date
    by: str
    reason: str
    at: datetime
    state: str  # a key of STATES; void: all of its dossiers have changed
    dossiers: int
    void: int  # how many of them have changed
    units: list[str]
    last_by: str | None  # who confirmed, refused or undid it
    last_reason: str | None
    last_at: datetime | None


@dataclass(frozen=True)
class Cause:
    """One dossier of a batch."""

    cause_id: int
    dossier_code: str
    unit_code: str
    due_on: date
    finished_on: date
    done_on: date | None
    state: str  # a key of STATES


@dataclass(frozen=True)
class Late:
    """A dossier that was resolved late, and the cause that stands for it, if any."""

    dossier_code: str
    unit_code: str  # who resolved it
    field: str
    received_on: date
    due_on: date
    finished_on: date
    batch_id: int | None
    side: str | None
    kind: str | None
    state: str | None  # waiting or holds


# --- saying why -------------------------------------------------------------------------------------------------------


def record(
    settings: Settings,
    url: str,
    asked: Sequence[Asked],
    *,
    side: str,
    kind: str | None,
    document: str,
    document_on: date | None,
    by: str,
    reason: str,
) -> Done:
    """Keep why dossiers were late, by one document; it counts once a second person has confirmed it.

    Input:  `side`: a key of SIDES; `kind`: a key of KINDS, or None if the unit itself was slow; `document`,
            `document_on`: number and day of a document of the document book.
    Raises: UsageError if something is not said, there is no such document, or one of the dossiers was not late or has a
            cause that stands. Nothing has happened then.
    """
    _check_said(asked, side=side, kind=kind, document=document, by=by, reason=reason)
    if document_on is None:
        raise UsageError("Còn thiếu ngày của văn bản.")
    with database.transaction(url) as connection, connection.cursor() as cursor:
        locks.decisions(cursor, DOSSIERS)
        number = _in_book(cursor, document, document_on)
        causes = _causes(settings, cursor, asked, is_click_off=kind == "late_click_off")
        cursor.execute(
            "insert into quality.lateness_batch (side, kind, document_number, document_on, by_name, reason)"
            " values (%s, %s, %s, %s, %s, %s) returning batch_id",
            (side, kind, number, document_on, by, reason),
        )
        batch_id = cursor.fetchone()[0]
        execute_values(
            cursor,
            "insert into quality.lateness_cause (batch_id, province_code, dossier_code, sender, unit_code, due_on,"
            " finished_on, done_on) values %s",
            [(batch_id, settings.province, *cause) for cause in causes],
        )
    return Done(batch_id, len(causes), ())


def confirm(url: str, batch_id: int, *, by: str, reason: str, agreed: bool) -> Done:
    """Say yes or no to what somebody recorded, as a second person.

    Raises: UsageError if it does not wait for that, or `by` is who recorded it.
    """
    _check_given(("người xác nhận", by), ("lý do", reason))
    with database.transaction(url) as connection, connection.cursor() as cursor:
        locks.decisions(cursor, DOSSIERS)
        batch = _batch(cursor, batch_id)
        if batch.state != "waiting":
            raise UsageError(f"Đợt {batch_id}: {STATES[batch.state]}, không có gì chờ xác nhận.")
        if by == batch.by:
            raise UsageError(f"Đợt {batch_id} do {by} ghi: phải có người thứ hai xác nhận.")
        _note(cursor, batch_id, "confirmed" if agreed else "refused", by=by, reason=reason)
        moved = _touch(cursor, batch) if agreed else ()
    return Done(batch_id, batch.dossiers - batch.void, moved)


def undo(url: str, batch_id: int, *, by: str, reason: str) -> Done:
    """Take back what was recorded, confirmed or not.

    Raises: UsageError if there is no such batch, or it was refused or taken back already.
    """
    _check_given(("người hoàn tác", by), ("lý do", reason))
    with database.transaction(url) as connection, connection.cursor() as cursor:
        locks.decisions(cursor, DOSSIERS)
        batch = _batch(cursor, batch_id)
        if batch.state in ("refused", "undone"):
            raise UsageError(f"Đợt {batch_id}: {STATES[batch.state]}, không có gì để hoàn tác.")
        _note(cursor, batch_id, "undone", by=by, reason=reason)
        moved = _touch(cursor, batch) if batch.state == "holds" else ()
    return Done(batch_id, batch.dossiers, moved)


def _check_said(asked: Sequence[Asked], *, side: str, kind: str | None, document: str, by: str, reason: str) -> None:
    if side not in SIDES:
        raise UsageError(f"a side is one of {', '.join(SIDES)}, not {side!r}.")
    if kind is not None and kind not in KINDS:
        raise UsageError(f"a kind is one of {', '.join(KINDS)}, not {kind!r}.")
    if not asked:
        raise UsageError("Chưa chọn hồ sơ nào.")
    _check_given(("số văn bản", document), ("người ghi", by), ("lý do", reason))
    if kind is None and side == "outside":
        raise UsageError(f"Nguyên nhân ngoài đơn vị phải là một trong: {'; '.join(KINDS.values())}.")


def _check_given(*said: tuple[str, str]) -> None:
    for what, text in said:
        if not text.strip():
            raise UsageError(f"Còn thiếu {what}.")


def _in_book(cursor: Cursor, document: str, document_on: date) -> str:
    """The number of a document as the document book has it. Raises: UsageError if it has none of that day."""
    cursor.execute(
        statement("quality/document_in_book"),
        {"number": fold(canonical(clean(document))), "issued_on": document_on},
    )
    if not (row := cursor.fetchone()):
        raise UsageError(
            f"Sổ văn bản không có văn bản số {masking.shown(document.strip())} ngày {document_on:%d/%m/%Y}. Kiểm tra"
            " số, ký hiệu và ngày; nếu đúng, giao sổ văn bản có văn bản này rồi ghi lại."
        )
    return row[0]


def _causes(
    settings: Settings, cursor: Cursor, asked: Sequence[Asked], *, is_click_off: bool
) -> list[tuple[str, str, str, date, date, date | None]]:
    """Of each dossier: its code, sender and unit, due day and end, and the day on which it was really done.

    Raises: UsageError if one was not late, or has a cause that stands.
    """
    days = {canonical(clean(a.dossier_code)): a.done_on for a in asked}
    if len(days) < len(asked):
        raise UsageError("Có hồ sơ nêu hai lần: mỗi hồ sơ chỉ nêu một lần.")
    cursor.execute(statement("quality/dossiers_named"), {"province": settings.province, "codes": sorted(days)})
    found = {code: told for code, *told in cursor.fetchall()}
    causes = []
    for code, done_on in days.items():
        where = f"Hồ sơ {_shown(code)}"
        if code not in found:
            raise UsageError(f"{where}: kho không có hồ sơ mã này. Kiểm tra mã hồ sơ.")
        sender, unit, received_on, due_on, finished_on, is_late, standing, by, at = found[code]
        if not is_late:
            raise UsageError(
                f"{where}: hệ thống không ghi là đã giải quyết quá hạn, nên không có gì phải nêu nguyên nhân."
            )
        if standing is not None:
            raise UsageError(
                f"{where}: {by} đã ghi nguyên nhân lúc {at.astimezone(LOCAL):%H:%M %d/%m/%Y}."
                f" Hoàn tác đợt {standing} trước, nếu cần ghi khác."
            )
        _check_done(where, done_on, received_on, due_on, is_click_off=is_click_off)
        causes.append((code, sender, unit, due_on, finished_on, done_on))
    return causes


def _check_done(where: str, done_on: date | None, received_on: date, due_on: date, *, is_click_off: bool) -> None:
    if not is_click_off:
        if done_on is not None:
            raise UsageError(f"{where}: chỉ nêu ngày thực sự xong khi nguyên nhân là «{KINDS['late_click_off']}».")
    elif done_on is None:
        raise UsageError(f"{where}: còn thiếu ngày thực sự xong.")
    elif not received_on <= done_on <= due_on:
        raise UsageError(
            f"{where}: ngày thực sự xong {done_on:%d/%m/%Y} phải từ ngày tiếp nhận {received_on:%d/%m/%Y}"
            f" đến ngày hẹn trả {due_on:%d/%m/%Y}."
        )


def _batch(cursor: Cursor, batch_id: int) -> Batch:
    if not (found := batches(cursor, units=None, before=batch_id + 1, limit=1)) or found[0].batch_id != batch_id:
        raise UsageError(f"Không có đợt ghi nguyên nhân số {batch_id}.")
    return found[0]


def _note(cursor: Cursor, batch_id: int, kind: str, *, by: str, reason: str) -> None:
    cursor.execute(
        "insert into quality.lateness_event (batch_id, kind, by_name, reason) values (%s, %s, %s, %s)",
        (batch_id, kind, by, reason),
    )


def _touch(cursor: Cursor, batch: Batch) -> tuple[str, ...]:
    """Leave a touch on the periods whose rate by evidence a batch moves; which."""
    if batch.side != "outside":
        return ()
    cursor.execute("select distinct finished_on from quality.lateness_cause where batch_id = %s", (batch.batch_id,))
    return tuple(touches.of_days(cursor, [day for (day,) in cursor.fetchall()]))


# --- looking it up ----------------------------------------------------------------------------------------------------


def batches(
    cursor: Cursor,
    *,
    units: Collection[str] | None,
    state: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Batch]:
    """What was recorded about dossiers of some units (None: of all), the newest first; one page of it.

    Input: `state`: a key of STATES; `before`: the last of the page before.
    """
    cursor.execute(
        statement("quality/lateness_batches"),
        {"units": _sorted(units), "state": state, "before": 2**62 if before is None else before, "most": limit},
    )
    return [Batch(*row) for row in cursor.fetchall()]


def causes(cursor: Cursor, batch_id: int, *, after: int = 0, limit: int = PAGE) -> list[Cause]:
    """The dossiers of a batch; one page of them. Input: `after`: the last of the page before."""
    cursor.execute(
        "select cause_id, dossier_code, unit_code, due_on, finished_on, done_on, state from quality.lateness_now"
        " where batch_id = %s and cause_id > %s order by cause_id limit %s",
        (batch_id, after, limit),
    )
    return [Cause(*row) for row in cursor.fetchall()]


def late(
    cursor: Cursor,
    *,
    units: Collection[str] | None,
    since: date,
    until: date,
    before: tuple[date, str] | None = None,
    limit: int = PAGE,
) -> list[Late]:
    """The dossiers of some units (None: of all) that were resolved late, those that ended last first; one page of them.

    Input: `since`, `until`: the days of their end, inclusive; `before`: end and code of the last of the page before.
    """
    before_on, before_code = before or (date.max, "")
    cursor.execute(
        statement("quality/late_dossiers"),
        {"units": _sorted(units), "since": since, "until": until}
        | {"before_on": before_on, "before_code": before_code, "most": limit},
    )
    return [Late(*row) for row in cursor.fetchall()]


def units_of(settings: Settings, cursor: Cursor, dossier_codes: Collection[str]) -> Mapping[str, str]:
    """Who resolved each of these dossiers: whoever says why it was late has to be of that unit, or above."""
    codes = sorted(canonical(clean(code)) for code in dossier_codes)
    cursor.execute(statement("quality/dossiers_named"), {"province": settings.province, "codes": codes})
    return {code: unit for code, _, unit, *_ in cursor.fetchall()}


def _sorted(units: Collection[str] | None) -> list[str] | None:
    return None if units is None else sorted(units)


def _shown(code: str) -> str:
    """What may be shown of what was given as a dossier code: somebody's name may stand in its place."""
    return masking.shown(code, next(c for c in catalogue.export(DOSSIERS).columns if c.name == "dossier_code"))
