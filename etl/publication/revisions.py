"""Revisions: data that comes late moves no published figure; it makes a plan, and a person says what becomes of it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import UsageError
from etl.periods import Period
from etl.publication import blocks, causes, events, register, releases
from etl.publication.causes import Source
from etl.publication.register import Release
from etl.publication.scope import Scope, must_sign_for, open_scope
from etl.warehouse import locks


@dataclass(frozen=True)
class Figure:
    """A figure as it was, or would be, published."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str


@dataclass(frozen=True)
class Change:
    """A published figure that would be another."""

    unit_code: str
    unit_valid_from: str
    unit_name: str
    indicator_code: str
    name: str
    kind: str  # first, revised, added, removed
    before: Figure | None
    after: Figure | None
    causes: tuple[str, ...]  # keys of causes.CAUSES, the first first
    files: tuple[Source, ...]


@dataclass(frozen=True)
class Count:
    """A count of the flow of dossiers that would be another."""

    unit_code: str
    unit_name: str
    field: str
    name: str  # a column of reporting.dossier_flow
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Plan:
    """What a revision of a release would change, and what forbids it now."""

    release: Release
    changes: tuple[Change, ...]
    flow: tuple[Count, ...]
    forms: tuple[tuple[str, str], ...]  # form and unit whose copy would be another
    rows: dict[str, int]  # view of reporting -> how many of its rows readers would see changed
    forbids: tuple[str, ...]  # Vietnamese; empty: it may be published
    digest: str  # of the differences: waiting is said of these

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.flow


def plan(connection: Connection, release_id: int) -> Plan:
    """Compare a release with the figures as they stand: what a revision would change, why, and what forbids it.

    Raises: UsageError if there is no such release, a newer one has taken its place, or its unit has no figures now.
    """
    with connection.cursor() as cursor:
        release = register.one(cursor, release_id)
        scope = _scope(cursor, release)
        releases.compare(cursor, scope, release)
        changes = _changes(cursor, scope, release)
        flow = _flow(cursor)
        units = dict.fromkeys(one.unit_code for one in changes)
        of_flow = dict.fromkeys(one.unit_code for one in flow)
        return Plan(
            release,
            changes,
            flow,
            (*(("appendix", unit) for unit in units), *(("flow", unit) for unit in of_flow)),
            {
                "reporting.indicator_latest": len(changes),
                "reporting.dossier_flow": len({(one.unit_code, one.field) for one in flow}),
            },
            tuple(blocks.found(cursor, scope)),
            _digest(cursor),
        )


def wait(connection: Connection, release_id: int, *, by: str, text: str) -> Plan:
    """Record that what has changed since a release waits for now, who says so, and why; the plan that waits.

    The transaction is the caller's. It is asked again only when the differences are others.
    Raises: UsageError if nothing has changed, or somebody may not sign for the unit.
    """
    if not text.strip():
        raise UsageError("Còn thiếu lý do chờ.")
    with connection.cursor() as cursor:
        locks.publication(cursor)
        planned = plan(connection, release_id)
        must_sign_for(cursor, by, planned.release.unit_code)
        if planned.is_empty:
            raise UsageError(f"Bản công bố số {release_id} vẫn đúng với số liệu hiện nay: không có gì phải chờ.")
        events.add(cursor, release_id, "waits", by=by, text=text.strip(), about=planned.digest)
    return planned


def waits(cursor: Cursor, planned: Plan) -> bool:
    """Whether somebody has said that just these differences wait."""
    cursor.execute(
        "select exists (select from mart.release_event where release_id = %s and kind = 'waits' and about = %s)",
        (planned.release.release_id, planned.digest),
    )
    return cursor.fetchone()[0]


def summary(planned: Plan) -> list[str]:
    """The plan in a few Vietnamese lines: how much moves, and why."""
    if planned.is_empty:
        return ["Số liệu hiện nay đúng như đã công bố."]
    why = Counter(one.causes[0] for one in planned.changes)
    units = len({unit for _, unit in planned.forms})
    lines = [f"{len(planned.changes)} số liệu và {len(planned.flow)} số về hồ sơ thay đổi, ở {units} đơn vị."]
    lines += [f"Do {said}: {why[cause]} số liệu." for cause, said in causes.CAUSES.items() if why[cause]]
    files = {one.file_id: one for change in planned.changes for one in change.files}
    for _, one in sorted(files.items())[: blocks.NAMED]:
        from_whom = f"{one.export} của {one.sender}, giao {one.delivered_on:%d/%m/%Y}"
        lines.append(f"Tệp số {one.file_id} ({from_whom}): {causes.KINDS[one.kind]}.")
    return [*lines, *(f"Chưa công bố lại được: {line}" for line in planned.forbids)]


def _scope(cursor: Cursor, release: Release) -> Scope:
    """What the release is of, as it stands now."""
    cursor.execute(
        "select unit_valid_from::text, (select max(other.release_id) from mart.release as other"
        " where other.follows = release.release_id) from mart.release where release_id = %s",
        (release.release_id,),
    )
    valid_from, later = cursor.fetchone()
    if later:
        raise UsageError(f"Bản công bố số {release.release_id} đã được thay bằng bản số {later}.")
    return open_scope(cursor, Period.parse(release.period_code), f"{release.unit_code}@{valid_from}")


def _changes(cursor: Cursor, scope: Scope, release: Release) -> tuple[Change, ...]:
    cursor.execute(
        "select unit_code, unit_valid_from::text, unit_name, indicator_code, indicator_name, kind,"
        " previous_version is distinct from definition_version,"
        " previous_value, previous_numerator, previous_denominator, previous_status,"
        " value, numerator, denominator, status"
        " from figure_difference order by unit_code <> %s, unit_code, unit_valid_from, form_order",
        (release.unit_code,),
    )
    found = cursor.fetchall()
    if not found:
        return ()
    happened = causes.since(cursor, scope.period, release.release_id, release.published_at)
    definitions = catalogue.reported(scope.period.last_day)
    changes = []
    for unit_code, valid_from, unit_name, code, name, kind, is_other, *numbers in found:
        exports = definitions[code].source if code in definitions else ()
        why, files = causes.of_figure(
            happened, (unit_code, valid_from), code, exports, is_other_definition=kind == "revised" and is_other
        )
        changes.append(
            Change(
                *(unit_code, valid_from, unit_name, code, name, kind),
                None if kind in ("first", "added") else Figure(*numbers[:4]),
                None if kind == "removed" else Figure(*numbers[4:]),
                ("unit",) if kind != "revised" and unit_code in happened.units else why,
                files,
            )
        )
    return tuple(changes)


def _flow(cursor: Cursor) -> tuple[Count, ...]:
    cursor.execute(
        "select unit_code, unit_name, field, name, before, after from flow_difference"
        " order by unit_code, unit_valid_from, field, name"
    )
    return tuple(Count(*row) for row in cursor.fetchall())


def _digest(cursor: Cursor) -> str:
    """The hash of the differences."""
    lines: list[str] = []
    for query in (
        "select unit_code, unit_valid_from::text, indicator_code, value::text, numerator::text, denominator::text,"
        " status from figure_difference order by 1, 2, 3",
        "select unit_code, unit_valid_from::text, field, name, after::text from flow_difference order by 1, 2, 3, 4",
    ):
        cursor.execute(query)
        lines += [repr(row) for row in cursor.fetchall()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def standing(cursor: Cursor, period: Period | None = None, unit_code: str | None = None) -> Sequence[Release]:
    """The releases that no revision has taken the place of, the newest first; of one period or unit, if it is said."""
    every = register.every(cursor)
    replaced = {one.follows for one in every}
    return [
        one
        for one in every
        if one.release_id not in replaced
        and (period is None or one.period_code == period.code)
        and (unit_code is None or one.unit_code == unit_code)
    ]
