"""Releases: the figures of a period and of a unit with all below it, frozen, signed, numbered and never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import CatalogueError, UsageError
from etl.figures import window
from etl.migration import schema
from etl.periods import Period
from etl.publication import blocks, chain, completeness, events, keeping, register, signed_form
from etl.publication.register import REASONS, Release
from etl.publication.scope import Scope, must_sign_for, open_scope
from etl.warehouse import locks


@dataclass(frozen=True)
class Published:
    """The release that has the figures, and whether it was made just now: the same figures make no second one."""

    release: Release
    is_new: bool


def publish(
    connection: Connection,
    period: Period,
    unit: str | None = None,
    *,
    by: str,
    statement: str,
    reason: str | None = None,
    changelog: str = "",
) -> Published:
    """Freeze the figures of a period and of a unit with all below it. The transaction is the caller's.

    Input:  `unit`: a code, or code@day; None: the topmost. `by`: who signs; `statement`: what they sign.
            `reason` (a key of REASONS) and `changelog`: why, where something else is published already.
    Output: the release; if the figures are those of the newest one, that one, and nothing is written.
    Raises: blocks.Blocked if a load, a file, a question or old figures stand in the way; UsageError if somebody may
            not sign, or figures that are published would change without a reason.
    """
    if not statement.strip() or not by.strip():
        raise UsageError("Còn thiếu người ký hoặc lời ký (--by, --statement).")
    if reason is not None and reason not in REASONS:
        raise UsageError(f"no reason {reason!r}; {', '.join(f'{key} ({said})' for key, said in REASONS.items())}.")
    if reason is not None and not changelog.strip():
        raise UsageError("Công bố lại cần một dòng nói rõ đã thay đổi gì (--changelog).")
    with connection.cursor() as cursor:
        locks.publication(cursor)
        scope = open_scope(cursor, period, unit)
        must_sign_for(cursor, by, scope.unit_code)
        if lines := blocks.found(cursor, scope):
            raise blocks.Blocked(scope, lines)
        before = register.newest(cursor, scope)
        compare(cursor, scope, before)
        moved = _moved(cursor, before)
        if before and not moved:
            return Published(before, is_new=False)
        if moved and reason is None:
            raise UsageError(
                f"{moved} số liệu của {scope.period.code} khác số đã công bố. Xem: cchc releases plan"
                f" {before.release_id if before else 'SỐ'}; công bố lại: cchc publish … --revise --reason LÝ_DO"
                " --changelog NỘI_DUNG; hoặc để chờ: cchc releases wait."
            )
        if reason is not None and not moved:
            raise UsageError(
                f"{scope.unit_name} chưa công bố gì của {scope.period.code}: công bố lần đầu không có lý do."
            )
        signed = {"statement": statement.strip(), "signer": by, "reason": reason, "changelog": changelog.strip()}
        release_id = _freeze(cursor, scope, before, signed)
        if before:
            events.copy_notes(cursor, before.release_id, release_id)
        return Published(register.one(cursor, release_id), is_new=True)


def compare(cursor: Cursor, scope: Scope, before: Release | None) -> None:
    """Fill the temporary tables figure_difference and flow_difference: what is not as it is published."""
    cursor.execute(
        statement("publication/differences"),
        {"period_code": scope.period.code, "province_code": scope.province_code}
        | {"follows": before.release_id if before else None},
    )


def _moved(cursor: Cursor, before: Release | None) -> int:
    """How many figures and counts of the flow are not as they are published; of a first release, those that are."""
    is_revision = before is not None
    cursor.execute(
        "select (select count(*) from figure_difference where %(is_revision)s or kind <> 'first')"
        " + (select count(*) from flow_difference where %(is_revision)s or is_published)",
        {"is_revision": is_revision},
    )
    return cursor.fetchone()[0]


def _freeze(cursor: Cursor, scope: Scope, before: Release | None, signed: Mapping[str, Any]) -> int:
    """Write all rows of a release, the release itself last; its number."""
    cursor.execute("select release_id, hash from mart.release order by release_id desc limit 1")
    last_id, previous_hash = cursor.fetchone() or (0, "")
    release_id, revision = last_id + 1, before.revision + 1 if before else 0
    period, bound = scope.period, window.bindings(scope.period)
    definitions = catalogue.reported(period.last_day)
    exports = sorted({export for one in definitions.values() for export in one.source} | {"hr/units"})
    cursor.execute(
        statement("publication/keep"),
        bound | {"release_id": release_id, "revision": revision, "exports": exports},
    )
    keeping.keep(cursor, release_id, period, definitions.values(), top=(scope.unit_code, scope.valid_from))
    figures = chain.figure_digests(cursor, release_id)
    _keep_units(cursor, release_id, figures)
    _keep_definitions(cursor, release_id, definitions, figures)
    cursor.execute("select greatest(clock_timestamp(), max(published_at) + '1 microsecond')::text from mart.release")
    published_at = cursor.fetchone()[0]
    chain.seal(
        cursor,
        "release",
        {
            "release_id": release_id,
            "province_code": scope.province_code,
            "cadence": period.cadence,
            "period_code": period.code,
            "period_start": period.start.isoformat(),
            "period_end": period.last_day.isoformat(),
            "as_of": bound["as_of"].isoformat(),
            "unit_code": scope.unit_code,
            "unit_valid_from": scope.shown_from,
            "unit_name": scope.unit_name,
            "revision": revision,
            "follows": before.release_id if before else None,
            **signed,
            "incomplete": completeness.missing(cursor, scope),
            "figures_hash": chain.digests(cursor, release_id, ["figure"])["figure"],
            "parts": chain.digests(cursor, release_id, list(chain.PARTS)),
            "form": signed_form.FORM,
            "form_version": signed_form.VERSION,
            "form_hash": signed_form.digest(cursor, release_id, scope.unit_code, scope.shown_from),
            "code_version": schema.release(),
            "previous_hash": previous_hash,
            "published_at": published_at,
        },
    )
    return release_id


def _keep_units(cursor: Cursor, release_id: int, figures: chain.FigureDigests) -> None:
    cursor.execute(
        "select unit_code, unit_valid_from::text, unit_name, unit_level, attributes::text from release_scope"
    )
    execute_values(
        cursor,
        "insert into mart.release_unit (release_id, unit_code, unit_valid_from, unit_name, unit_level, attributes,"
        " figures_hash) values %s",
        [
            (release_id, code, day, name, level, attributes, figures.units[code, day])
            for code, day, name, level, attributes in cursor.fetchall()
            if (code, day) in figures.units
        ],
    )


def _keep_definitions(
    cursor: Cursor,
    release_id: int,
    definitions: Mapping[str, catalogue.Indicator],
    figures: chain.FigureDigests,
) -> None:
    if strange := figures.indicators.keys() - definitions.keys():
        raise CatalogueError(f"figures of {', '.join(sorted(strange))} have no definition: make the period anew.")
    execute_values(
        cursor,
        "insert into mart.release_definition (release_id, indicator_code, definition_version, header, query,"
        " figures_hash) values %s",
        [
            (release_id, code, definitions[code].version, _header(definitions[code]), definitions[code].query, digest)
            for code, digest in figures.indicators.items()
        ],
    )


def _header(indicator: catalogue.Indicator) -> str:
    """What the header of a definition says, as JSON."""
    said = {f.name: getattr(indicator, f.name) for f in fields(indicator) if f.name != "query"}
    return json.dumps(said, ensure_ascii=False, default=str)
