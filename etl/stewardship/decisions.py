"""What people decide about rows that failed: correct a cell, confirm it, waive the failure, leave the row out.

A decision is an event, and only ever added. It holds for what the sender says of the record, wherever it says the same
again; a new value voids it by itself. What a batch decided is taken back by another batch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, pipeline
from etl.catalogue.project_files import statement
from etl.errors import LoadFailed, UsageError
from etl.figures import period_figures, touches
from etl.landing import receipts
from etl.loading import decided, effects
from etl.periods import LOCAL, Period
from etl.pipeline import Receipt
from etl.settings import Settings
from etl.warehouse import database, locks

KINDS = ("correct", "confirm", "waive", "discard", "mend_at_source")
TITLES = {
    "correct": "sửa",
    "confirm": "xác nhận đúng",
    "waive": "miễn",
    "discard": "bỏ dòng",
    "mend_at_source": "sửa tại nguồn",
}


@dataclass(frozen=True)
class Asked:
    """What is to be decided about one failing cell; `column_name` of a correction may be another cell of its row."""

    kind: str
    file_id: int
    line: int
    rule_id: str
    column_name: str
    value: str | None = None  # of correct: what the cell should say; None: nothing
    until: date | None = None  # of waive: its last day


@dataclass(frozen=True)
class Standing:
    """What somebody has decided about the same cell."""

    decision_id: int
    batch_id: int
    kind: str
    by: str
    reason: str
    at: datetime


class Conflict(UsageError):
    """Somebody has decided about the same cell in the meantime."""

    def __init__(self, standing: Standing, where: str) -> None:
        super().__init__(
            f"{where}: {standing.by} đã quyết định «{TITLES[standing.kind]}» lúc {standing.at:%H:%M %d/%m/%Y}"
            f" ({standing.reason}). Hoàn tác đợt {standing.batch_id} trước, nếu cần quyết định khác."
        )
        self.standing = standing


@dataclass(frozen=True)
class Moved:
    """One figure that a batch changes."""

    period_code: str
    unit_code: str
    unit_name: str
    indicator_code: str
    indicator_name: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True)
class Preview:
    """What a batch would do; computed by doing it, and taken back."""

    rows: int
    units: tuple[str, ...]
    moved: tuple[Moved, ...]
    still_held: int  # rows that stay in quarantine all the same


@dataclass(frozen=True)
class Decided:
    """What a batch did."""

    batch_id: int
    rows: int
    waiting: int  # decisions that a second person has to approve
    receipts: tuple[Receipt, ...]  # of the files that were judged again
    still_held: int


@dataclass(frozen=True)
class _Cell:
    """A failing cell, as decisions know it."""

    asked: Asked
    severity: str
    export: str
    sender: str
    record_key: str
    unit_code: str
    cell_hash: str


def admitted(rule: catalogue.Rule, column: catalogue.Column | None) -> tuple[str, ...]:
    """The kinds of decision that a rule admits about a cell of a column; `admits:` of the rule goes first.

    A row can be loaded in spite of an error if what is wrong is one cell that nothing hangs on: not its key or day, not
    a word of which a figure is made, not a row that another one contradicts.
    """
    if rule.admits:
        return rule.admits
    if rule.severity == "fatal" or rule.export == "*":
        return ()
    if rule.severity == "warning":
        return ("correct", "confirm", "waive", "mend_at_source")
    asks = rule.holds.get(column.name) if column else None
    is_bearable = rule.layer in ("row", "reference") or (
        asks in ("readable", "listed") and column is not None and not column.required
    )
    needed = catalogue.needed(catalogue.export(rule.export))
    if is_bearable and not (column and column.name in needed):
        return ("correct", "waive", "discard", "mend_at_source")
    return ("correct", "discard", "mend_at_source")


# --- deciding ---------------------------------------------------------------------------------------------------------


def decide(
    settings: Settings, url: str, asked: Sequence[Asked], *, name: str, by: str, reason: str, evidence: str = ""
) -> Decided:
    """Keep a batch of decisions, and judge what it changes again at once.

    Raises: UsageError if there is no such failing cell, its rule does not admit that, or something is not said;
            Conflict if somebody has decided about one of the cells. Nothing has happened then.
    """
    _check_said(asked, name=name, by=by, reason=reason, evidence=evidence)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        batch_id, ids, cells = _keep(settings, cursor, asked, name=name, by=by, reason=reason, evidence=evidence)
        files = effects.judge_again(cursor, ids, f"Đợt {batch_id}: {name}")
    waiting = sum(a.kind == "waive" for a in asked)
    return _judged_again(settings, url, batch_id, files, ids, rows=_rows(cells), waiting=waiting)


def preview(settings: Settings, url: str, asked: Sequence[Asked], *, by: str) -> Preview:
    """What a batch would do to rows and to the figures of the periods that were made; waivers as if approved.

    Raises: as decide.
    """
    _check_said(asked, name="-", by=by, reason="-", evidence="-")
    with _given_up(url) as cursor:
        cursor.execute("select code, title from mart.form where kind = 'indicator'")
        names: dict[str, str] = dict(cursor.fetchall())
        _make_stale(cursor)  # whatever else has changed since is not this batch's doing
        _, ids, cells = _keep(settings, cursor, asked, name="-", by=by, reason="-", evidence="-")
        _note(cursor, [i for i, cell in zip(ids, cells, strict=True) if cell.asked.kind == "waive"], "approved", by=by)
        _reload_within(settings, url, cursor, effects.judge_again(cursor, ids, "-"))
        before, after = _make_stale(cursor)
        moved = [
            Moved(period, unit, unit_name, indicator, names.get(indicator, indicator), before.get(key), after.get(key))
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
            for period, unit, unit_name, indicator in [key]
        ]
        units = sorted({cell.unit_code for cell in cells})
        return Preview(_rows(cells), tuple(units), tuple(moved), _still_held(cursor, ids))


def undo(settings: Settings, url: str, batch_id: int, *, by: str, reason: str) -> Decided:
    """Take a batch back, by a new one.

    Raises: UsageError if there is no such batch, it is taken back already, or a later decision rests on it: which.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        name = _batch_name(cursor, batch_id)
        found = _of_batch(cursor, batch_id, "holds", "waiting", "expired")
        if not found:
            raise UsageError(f"Đợt {batch_id} không còn quyết định nào có hiệu lực: không có gì để hoàn tác.")
        cursor.execute(statement("quality/decisions_resting"), {"batch_id": batch_id})
        if resting := cursor.fetchall():
            said = "; ".join(f"đợt {number} «{later}» của {whose}" for number, later, whose in resting)
            raise UsageError(f"Chưa hoàn tác được đợt {batch_id}: có quyết định sau dựa vào đợt này ({said}).")
        undoing = _batch(cursor, f"Hoàn tác: {name}", by=by, reason=reason, evidence="", undoes=batch_id)
        ids = [decision_id for decision_id, *_ in found]
        _note(cursor, ids, "undone", by=by, reason=reason, batch_id=undoing)
        files = effects.judge_again(cursor, ids, f"Hoàn tác đợt {batch_id}")
    rows = len({(file_id, line) for _, _, file_id, line in found})
    return _judged_again(settings, url, undoing, files, ids, rows=rows, waiting=0)


def approve(settings: Settings, url: str, batch_id: int, *, by: str, reason: str, agreed: bool) -> Decided:
    """Say yes or no to the waivers of a batch, as a second person.

    Raises: UsageError if none of them waits, or `by` is who asked for them.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        found = _of_batch(cursor, batch_id, "waiting")
        if not found:
            raise UsageError(f"Đợt {batch_id} không có đề nghị miễn nào đang chờ duyệt.")
        if by in {asked_by for _, asked_by, _, _ in found}:
            raise UsageError(f"Đợt {batch_id} do {by} đề nghị: phải có người thứ hai duyệt.")
        ids = [decision_id for decision_id, *_ in found]
        _note(cursor, ids, "approved" if agreed else "refused", by=by, reason=reason)
        files = effects.judge_again(cursor, ids, f"Duyệt miễn, đợt {batch_id}") if agreed else []
    rows = len({(file_id, line) for _, _, file_id, line in found})
    return _judged_again(settings, url, batch_id, files, ids, rows=rows, waiting=0)


def _check_said(asked: Sequence[Asked], *, name: str, by: str, reason: str, evidence: str) -> None:
    if not asked:
        raise UsageError("Chưa chọn dòng nào.")
    for what, said in (("tên đợt", name), ("người quyết định", by), ("lý do", reason)):
        if not said.strip():
            raise UsageError(f"Còn thiếu {what}.")
    kinds = {a.kind for a in asked}
    if unknown := kinds - {*KINDS}:
        raise UsageError(f"a decision is one of {', '.join(KINDS)}, not {', '.join(sorted(unknown))}.")
    if kinds & {"confirm", "waive"} and not evidence.strip():
        raise UsageError("Xác nhận đúng và miễn phải có căn cứ: số, ngày của văn bản.")
    today = datetime.now(LOCAL).date()
    if any(a.kind == "waive" and (a.until is None or a.until < today) for a in asked):
        raise UsageError("Miễn phải có ngày hết hạn, từ hôm nay trở đi.")


def _keep(
    settings: Settings,
    cursor: Cursor,
    asked: Sequence[Asked],
    *,
    name: str,
    by: str,
    reason: str,
    evidence: str,
) -> tuple[int, list[int], list[_Cell]]:
    """Write a batch: its number, and of each that was asked for its decision and its cell, in order."""
    cells = _cells(settings, cursor, asked)
    for export in sorted({cell.export for cell in cells}):
        locks.decisions(cursor, export)
    _check_standing(cursor, cells)
    batch_id = _batch(cursor, name, by=by, reason=reason, evidence=evidence)
    ids = execute_values(
        cursor,
        "insert into quality.decision (batch_id, kind, export, sender, record_key, rule_id, column_name, cell_hash,"
        " value, until, unit_code, file_id, line) values %s returning decision_id",
        [
            (
                *(batch_id, c.asked.kind, c.export, c.sender, c.record_key, c.asked.rule_id, c.asked.column_name),
                *(c.cell_hash, c.asked.value, c.asked.until, c.unit_code, c.asked.file_id, c.asked.line),
            )
            for c in cells
        ],
        fetch=True,
    )
    return batch_id, sorted(decision_id for (decision_id,) in ids), cells


def _cells(settings: Settings, cursor: Cursor, asked: Sequence[Asked]) -> list[_Cell]:
    """What decisions know the cells by. Raises: UsageError if one does not fail any more, or may not be decided so."""
    places = sorted({(a.file_id, a.line, a.rule_id) for a in asked})
    files, lines, rules = (list(part) for part in zip(*places, strict=True))
    cursor.execute(statement("quality/failing_cells"), {"files": files, "lines": lines, "rules": rules})
    found: dict[tuple[int, int, str], dict[str, tuple[Any, ...]]] = {}
    for file_id, line, rule_id, column, *rest in cursor.fetchall():
        found.setdefault((file_id, line, rule_id), {})[column] = tuple(rest)
    return [_cell(settings, a, found.get((a.file_id, a.line, a.rule_id), {})) for a in asked]


def _cell(settings: Settings, asked: Asked, failing: Mapping[str, tuple[Any, ...]]) -> _Cell:
    where = f"Tệp {asked.file_id}, dòng {asked.line}"
    # a correction may be of another cell of the row than the one that the rule blames
    blamed = failing.get(asked.column_name) or (
        asked.kind in ("correct", "discard") and next(iter(failing.values()), None)
    )
    if not blamed:
        raise UsageError(f"{where}: dòng này không còn lỗi {asked.rule_id} ở cột đó. Tải lại trang.")
    severity, export_name, sender, record_key, unit_code, cell_hash, closed_by, raw = blamed
    if closed_by is not None:
        raise UsageError(f"{where}: dòng này đã được giao lại ở tệp {closed_by}. Tải lại trang.")
    if not cell_hash:  # nothing tells it from other cells that were loaded then
        raise UsageError(
            f"{where}: tệp này nạp bằng phiên bản trước. Nạp lại rồi quyết định: cchc load --again {asked.file_id}"
        )
    export, rule, key = catalogue.export(export_name), catalogue.rules()[asked.rule_id], settings.pseudonym_key
    column = next((c for c in export.columns if c.name == asked.column_name), None)
    if asked.kind not in (kinds := admitted(rule, column)):
        said = ", ".join(TITLES[kind] for kind in kinds) or "không quyết định được trên trang này"
        raise UsageError(f"{where}: với lỗi «{rule.message}» chỉ có thể: {said}.")
    if asked.kind in ("correct", "discard") and raw is not None:
        cells = {c.name: raw.get(c.header) for c in export.columns}
        if asked.kind == "discard":
            cell_hash = decided.row_hash(key, cells, export)
        elif column is None or column.header not in raw:
            raise UsageError(f"{where}: tệp không có cột này, nên không sửa được ô.")
        else:
            cell_hash = decided.cell_hashes(key, [cells[column.name]])[0]
            if (cells[column.name] or "") == (asked.value or ""):
                raise UsageError(f"{where}: giá trị mới giống giá trị đã giao. Nếu giá trị đúng, hãy xác nhận.")
    elif asked.kind == "discard":
        raise UsageError(f"{where}: dòng này đã được nạp; chỉ bỏ được dòng đang bị giữ lại.")
    elif asked.column_name not in failing:
        raise UsageError(f"{where}: dòng này đã được nạp; chỉ sửa được ô bị nêu lỗi.")
    return _Cell(asked, severity, export_name, sender, record_key, unit_code, cell_hash)


def _check_standing(cursor: Cursor, cells: Sequence[_Cell]) -> None:
    """Raises: Conflict if somebody has decided about one of these cells, and that holds or waits."""
    whose = lambda cell: (cell.export, cell.sender)  # noqa: E731
    for (export, sender), of_sender in groupby(sorted(cells, key=whose), whose):
        by_place = {_place(c.asked.kind, c.record_key, c.asked.column_name, c.cell_hash): c for c in of_sender}
        records = sorted({c.record_key for c in by_place.values()})
        cursor.execute(
            statement("quality/standing_decisions"), {"export": export, "sender": sender, "records": records}
        )
        for decision_id, batch_id, kind, record, column, cell_hash, by, reason, at in cursor.fetchall():
            if cell := by_place.get(_place(kind, record, column, cell_hash)):
                raise Conflict(
                    Standing(decision_id, batch_id, kind, by, reason, at.astimezone(LOCAL)),
                    f"Tệp {cell.asked.file_id}, dòng {cell.asked.line}",
                )


def _place(kind: str, record: str, column: str, cell_hash: str) -> tuple[str, ...]:
    """What two decisions must not both be about: a row that is left out, or a cell, whatever is decided about it."""
    return (record, "", cell_hash) if kind == "discard" else (record, column, cell_hash)


def _batch(cursor: Cursor, name: str, *, by: str, reason: str, evidence: str, undoes: int | None = None) -> int:
    cursor.execute(
        "insert into quality.batch (name, undoes, by_name, reason, evidence) values (%s, %s, %s, %s, %s)"
        " returning batch_id",
        (name, undoes, by, reason, evidence),
    )
    return cursor.fetchone()[0]


def _batch_name(cursor: Cursor, batch_id: int) -> str:
    cursor.execute("select name from quality.batch where batch_id = %s", (batch_id,))
    if not (row := cursor.fetchone()):
        raise UsageError(f"Không có đợt quyết định số {batch_id}.")
    return row[0]


def _of_batch(cursor: Cursor, batch_id: int, *states: str) -> list[tuple[int, str, int, int]]:
    """The decisions of a batch in these states: number, who made it, file and line. Nobody else decides meanwhile."""
    cursor.execute("select distinct export from quality.decision where batch_id = %s order by 1", (batch_id,))
    for (export,) in cursor.fetchall():
        locks.decisions(cursor, export)
    cursor.execute(
        "select decision_id, by_name, file_id, line from quality.decision_now where batch_id = %s and state = any(%s)",
        (batch_id, list(states)),
    )
    return cursor.fetchall()


def _note(
    cursor: Cursor, decision_ids: Sequence[int], kind: str, *, by: str, reason: str = "", batch_id: int | None = None
) -> None:
    execute_values(
        cursor,
        "insert into quality.decision_event (decision_id, kind, batch_id, by_name, reason) values %s",
        [(decision_id, kind, batch_id, by, reason) for decision_id in decision_ids],
    )


# --- what is judged again ---------------------------------------------------------------------------------------------


def _judged_again(
    settings: Settings, url: str, batch_id: int, files: list[int], decision_ids: list[int], *, rows: int, waiting: int
) -> Decided:
    """Load what waits for a batch, and what that makes stale, as every load does.

    What cannot be loaded now waits, its receipt says why, and the next run tries again: what was decided stands.
    """
    before = {file.file_id for file in pipeline.waiting(url)} - {*files}
    loaded: dict[int, Receipt] = {}
    failed: set[int] = set()
    while waits := [f.file_id for f in pipeline.waiting(url) if f.file_id not in before | failed | loaded.keys()]:
        try:
            loaded[waits[0]] = pipeline.load_file(settings, url, waits[0])
        except LoadFailed:
            failed.add(waits[0])
    receipts_of = [pipeline.receipt(url, file_id) for file_id in sorted({*loaded, *failed})]
    with database.transaction(url) as connection, connection.cursor() as cursor:
        return Decided(batch_id, rows, waiting, tuple(receipts_of), _still_held(cursor, decision_ids))


def _reload_within(settings: Settings, url: str, cursor: Cursor, files: Iterable[int]) -> None:
    """The same in a transaction that is given up; without what else becomes stale."""
    from etl.loading import replay  # half a second, and most pages need nothing of it

    waiting = [file for file in receipts.waiting(cursor.connection) if file.file_id in {*files}]
    for file in waiting:
        with pipeline.locks_of_load(url, file):
            replay.within(settings, url, cursor, file, docs=None, direct=False)


def _still_held(cursor: Cursor, decision_ids: list[int]) -> int:
    """How many of the records that were decided about have a row in quarantine that nothing has settled."""
    cursor.execute(statement("quality/still_held"), {"decisions": decision_ids})
    return cursor.fetchone()[0]


def _rows(cells: Sequence[_Cell]) -> int:
    return len({(cell.asked.file_id, cell.asked.line) for cell in cells})


@contextmanager
def _given_up(url: str) -> Iterator[Cursor]:
    """A cursor whose work is undone."""
    connection = database.connect(url)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.rollback()
        connection.close()


def _make_stale(cursor: Cursor) -> tuple[dict[tuple[str, ...], Decimal | None], dict[tuple[str, ...], Decimal | None]]:
    """Make the windows again that were made and are older than their loads: their figures before and after."""
    before: dict[tuple[str, ...], Decimal | None] = {}
    after: dict[tuple[str, ...], Decimal | None] = {}
    touches.record(cursor.connection)
    for code in touches.stale_periods(cursor.connection):
        for window in period_figures.windows_made(cursor, Period.parse(code)):
            before |= _figures(cursor, window)
            period_figures.materialise(cursor.connection, Period.parse(window))
            after |= _figures(cursor, window)
    return before, after


def _figures(cursor: Cursor, period_code: str) -> dict[tuple[str, ...], Decimal | None]:
    cursor.execute(
        "select period_code, unit_code, unit_name, indicator_code, value from mart.indicator where period_code = %s",
        (period_code,),
    )
    return {tuple(key): value for *key, value in cursor.fetchall()}
