"""What people are asked to approve: periods whose cut-off has passed, and releases whose figures have moved since."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures import period_figures
from etl.nightly import dag_runs
from etl.periods import LOCAL, Period, of_day
from etl.publication import blocks, completeness, register, releases, revisions, scope
from etl.warehouse import database

log = logging.getLogger("cchc")

PUBLISH, WAIT = "công bố", "để chờ"
OPTIONS = {
    PUBLISH: "ký, số liệu của kỳ này không thay đổi nữa trừ khi có bản công bố lại",
    WAIT: "chưa công bố; bản đã công bố (nếu có) giữ nguyên",
}
WAITS = timedelta(hours=20)  # less than a day: the next run asks again
FOR = timedelta(days=31)  # how long after its cut-off a period is asked about
SIGNED = "Đã kiểm tra số liệu, đồng ý công bố."
NOBODY = "Không ai trả lời: chưa công bố, lần chạy sau hỏi lại."


@dataclass(frozen=True)
class Asked:
    """A question as a person reads it, and how long it waits for them."""

    subject: str
    body: str  # Markdown
    waits: timedelta


def due(url: str, now: datetime) -> list[dict[str, Any]]:
    """What somebody is to be asked about: {"period": code}, or {"release": number} of one whose figures have moved.

    A period is asked about for a month after its cut-off, by its topmost unit, until it is published; what somebody has
    said waits is not asked again until it moves further.
    """
    today = now.astimezone(LOCAL).date()
    days = {today - timedelta(days=n) for n in range(1, FOR.days + 1)}
    closed = {p for day in days for p in of_day(day) if p.declared_name and p.last_day in days}
    asked: list[dict[str, Any]] = []
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for period in sorted(closed, key=lambda one: (one.end, one.code)):
            if not period_figures.windows_made(cursor, period):
                continue
            try:
                of = scope.open_scope(cursor, period)
            except UsageError as error:  # which unit is the topmost, a person has to say
                log.warning("%s: %s", period.code, error)
                continue
            if not register.newest(cursor, of):
                asked.append({"period": of.period.code})
        cursor.execute(statement("night/moved_since_published"))
        for (release_id,) in cursor.fetchall():
            try:
                planned = revisions.plan(connection, release_id)
            except UsageError:  # its unit is no more
                continue
            if not planned.is_empty and not revisions.waits(cursor, planned):
                asked.append({"release": release_id})
    return asked


def ask(url: str, asked: dict[str, Any]) -> Asked | str:
    """The question in words; or, Vietnamese, why nothing can be asked now: what stands in the way.

    Input: one of `due`, or {"period", "unit"} that somebody asked for by hand.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        if release_id := asked.get("release"):
            planned = revisions.plan(connection, release_id)
            release = planned.release
            what, lines, forbids = f"Công bố lại {_named(release)}", revisions.summary(planned), list(planned.forbids)
            if planned.is_empty:
                return f"Bản công bố số {release_id} vẫn đúng: không có gì để công bố lại."
        else:
            of = scope.open_scope(cursor, Period.parse(asked["period"]), asked.get("unit"))
            what = f"Công bố {of.period.title_vi} của {of.unit_name} ({of.unit_code})"
            forbids, lines = blocks.found(cursor, of), completeness.missing(cursor, of)
    if forbids:
        return " ".join([f"{what}: chưa được.", *forbids])
    body = [
        f"**{what}**.",
        "\n".join(f"- {line}" for line in lines) or "Không thiếu gì.",
        "\n".join(f"- **{option}**: {meaning}" for option, meaning in OPTIONS.items()),
        "Người trả lời là người ký, cần quyền người duyệt của đơn vị ấy hoặc cấp trên. Không có trả lời thì chưa công"
        " bố, lần chạy sau hỏi lại.",
    ]
    return Asked(f"{what}?", "\n\n".join(body), WAITS)


def _named(release: register.Release) -> str:
    return f"{release.period_code} của {release.unit_name} ({release.unit_code}), bản số {release.release_id}"


def carry_out(url: str, asked: dict[str, Any], option: str, *, by: str | None, text: str, kind: str) -> str:
    """Do what was answered, as the person who answered; a Vietnamese sentence that says what was done.

    Input:  `by`: None if nobody answered in time; `text`: what they sign, or, of a revision, what has changed;
            `kind`: a key of register.REASONS, of a revision.
    Raises: UsageError if they may not sign, or something has come in the way since they were asked.
    """
    if by is None:
        return NOBODY
    with database.transaction(url) as connection:
        if option != PUBLISH:
            return _let_wait(connection, asked, by=by, text=text)
        with connection.cursor() as cursor:
            period, unit, why = _of(cursor, asked, text=text, kind=kind)
        done = releases.publish(connection, period, unit, by=by, statement=text.strip() or SIGNED, **why)
    said = "Đã công bố" if done.is_new else "Số liệu không đổi, vẫn là"
    return f"{said} bản số {done.release.release_id}, mã {done.release.code}: {_named(done.release)}."


def _of(cursor: Cursor, asked: dict[str, Any], *, text: str, kind: str) -> tuple[Period, str | None, dict[str, Any]]:
    """The period and unit that are asked about, and why they are published again."""
    if not (release_id := asked.get("release")):
        return Period.parse(asked["period"]), asked.get("unit"), {}
    release = register.one(cursor, release_id)
    changelog = text.strip() or f"Công bố lại do {register.REASONS.get(kind, kind)}."
    cursor.execute("select unit_valid_from::text from mart.release where release_id = %s", (release_id,))
    unit = f"{release.unit_code}@{cursor.fetchone()[0]}"
    return Period.parse(release.period_code), unit, {"reason": kind, "changelog": changelog}


def _let_wait(connection: Connection, asked: dict[str, Any], *, by: str, text: str) -> str:
    if not (release_id := asked.get("release")):
        return f"{by} để chờ: chưa công bố {asked['period']}."
    planned = revisions.wait(connection, release_id, by=by, text=text.strip() or "Để chờ.")
    return f"{by} để chờ: {len(planned.changes)} số liệu của bản số {release_id} chưa công bố lại."


def note(said: list[str]) -> str:
    """What a run says at its end."""
    return " ".join(said) or dag_runs.NOTHING_NEW
