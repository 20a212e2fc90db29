"""What was decided about rows: by whom, when, what stood before and after; and what is waived often."""

from collections.abc import Collection
from dataclasses import astuple, dataclass
from datetime import date, datetime

from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.reports import quality

# Vietnamese: what a decision is at the moment.
STATES = {
    "waiting": "chờ duyệt",
    "holds": "có hiệu lực",
    "refused": "không duyệt",
    "undone": "đã hoàn tác",
    "expired": "đã hết hạn",
}
PAGE = 50


@dataclass(frozen=True)
class Batch:
    """Decisions that were made together. Of a batch that undoes another, the numbers are those of the other."""

    batch_id: int
    name: str
    undoes: int | None
    by_name: str
    reason: str
    evidence: str
    at: datetime
    rows: int
    kinds: list[str]
    exports: list[str]
    rules: list[str]
    units: list[str]
    decisions: int
    waiting: int
    holding: int
    undone: int
    refused: int
    expired: int

    @property
    def states(self) -> list[tuple[str, int]]:
        """How many of its decisions are in which state, those that are in none left out."""
        counts = (self.waiting, self.holding, self.refused, self.undone, self.expired)
        return [(STATES[state], count) for state, count in zip(STATES, counts, strict=True) if count]


@dataclass(frozen=True)
class Decided:
    """One decision: what the cell said, what it is to say, and what became of it."""

    decision_id: int
    kind: str
    export: str
    record_key: str
    rule_id: str
    header: str
    before: str  # masked
    after: str | None  # of a correction; masked
    until: date | None
    unit_code: str
    file_id: int
    place: int | str | None
    state: str  # a key of STATES
    applied: bool  # a load has done it
    is_void: bool  # the record says something else now
    last_by: str | None  # who approved, refused or undid it
    last_reason: str | None
    last_at: datetime | None


@dataclass(frozen=True)
class Waived:
    """How often a rule was waived, or for a unit."""

    code: str  # rule_id or unit_code
    title: str
    waiting: int
    holding: int
    expired: int
    refused: int
    asked: int
    newest: datetime


def batches(
    cursor: Cursor,
    *,
    units: Collection[str] | None,
    by: str,
    state: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Batch]:
    """What was decided about rows of units that somebody may see, or by themselves; the newest first.

    Input: `state`: "waiting" for those of which decisions wait for a second person; `before`: the last of the page
           before.
    """
    return _batches(cursor, units=units, by=by, state=state, before=before, most=limit)


def batch(cursor: Cursor, batch_id: int, *, units: Collection[str] | None, by: str) -> Batch:
    """Raises: UsageError if there is no such batch, or it is not this person's to see."""
    found = _batches(cursor, units=units, by=by, batch_id=batch_id)
    if not found:
        raise UsageError("Không có đợt quyết định này, hoặc đợt này của đơn vị khác.")
    return found[0]


def _batches(cursor: Cursor, *, units: Collection[str] | None, **asked: object) -> list[Batch]:
    said = {"batch_id": None, "state": None, "before": None, "most": 1} | asked
    said |= {"units": None if units is None else sorted(units), "before": said["before"] or 2**62}
    cursor.execute(statement("quality/batches"), said)
    return [Batch(*row) for row in cursor.fetchall()]


def decisions(cursor: Cursor, batch_id: int, *, after: int = 0, limit: int = PAGE) -> list[Decided]:
    """The decisions of a batch in the order in which they were made, masked; one page of them."""
    cursor.execute(statement("quality/decisions"), {"batch_id": batch_id, "after": after, "most": limit})
    found = []
    for row in cursor.fetchall():
        decision_id, kind, export_name, _, record_key, rule_id, column_name, value, until, unit, file_id, line = row[
            :12
        ]
        state, path, before, applied, is_void, _, last_by, last_reason, last_at = row[12:]
        export = catalogue.exports().get(export_name)
        column = next((c for c in export.columns if c.name == column_name), None) if export else None
        found.append(
            Decided(
                decision_id,
                kind,
                export_name,
                record_key,
                rule_id,
                column.header if column else column_name.removeprefix("#"),
                masking.shown(before or "", column),
                masking.shown(value or "", column) if kind == "correct" else None,
                until,
                unit,
                file_id,
                quality.place(path or "", line),
                state,
                applied,
                is_void,
                last_by,
                last_reason,
                last_at,
            )
        )
    return found


def waived(cursor: Cursor, *, units: Collection[str] | None) -> tuple[list[Waived], list[Waived]]:
    """The rules that are waived, and the units that need it, those most often asked for first."""
    cursor.execute(statement("quality/waivers"), {"units": None if units is None else sorted(units)})
    rows = cursor.fetchall()
    rules = catalogue.rules()
    by_rule: dict[str, Waived] = {}
    by_unit: dict[str, Waived] = {}
    for rule_id, _, unit_code, *counts, newest in rows:
        title = rules[rule_id].message if rule_id in rules else rule_id
        for groups, code, said in ((by_rule, rule_id, title), (by_unit, unit_code, unit_code)):
            so_far = groups.get(code, Waived(code, said, 0, 0, 0, 0, 0, newest))
            added = [a + b for a, b in zip(astuple(so_far)[2:-1], counts, strict=True)]
            groups[code] = Waived(*(code, said, *added, max(so_far.newest, newest)))

    def in_order(groups: dict[str, Waived]) -> list[Waived]:
        return sorted(groups.values(), key=lambda one: (-one.asked, one.code))

    return in_order(by_rule), in_order(by_unit)
