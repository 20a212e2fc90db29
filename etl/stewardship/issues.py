"""Issues: what stewards work through. One is all rows of a unit that break one rule, or say one word nobody knows.

Rows come and go with deliveries and decisions; an issue is derived from them whenever it is looked at, and nothing has
to be run for it. What people did about one are events, which are only added.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue import words
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.periods import LOCAL
from etl.reports import quality
from etl.warehouse import database

# Vietnamese: what an issue is at the moment.
STATES = {
    "new": "mới",
    "reopened": "mở lại",
    "acknowledged": "đã nhận",
    "assigned": "đã giao",
    "at_source": "chờ nguồn sửa",
    "snoozed": "tạm hoãn",
    "resolved": "đã xử lý",
}
OPEN = ("new", "reopened", "acknowledged", "assigned", "at_source")  # what is listed if nothing else is asked
# Vietnamese: what somebody did about it.
ACTS = {
    "acknowledged": "nhận việc",
    "assigned": "giao việc",
    "commented": "ghi chú",
    "snoozed": "tạm hoãn",
    "resolved": "báo đã xử lý",
    "reopened": "mở lại",
}
ORDERS = {"rows": "nhiều dòng nhất", "oldest": "cũ nhất", "rule": "quy tắc", "unit": "đơn vị"}
PAGE = 50


@dataclass(frozen=True)
class Key:
    """What tells issues apart."""

    export: str
    rule_id: str  # '': a file that lay in the wrong place
    word: str  # the word or the header that nobody knows; '' of all other rules
    unit_code: str  # '': nobody knows whose rows these are

    @property
    def issue_id(self) -> str:
        """What an address calls it, beside its rule: nothing that a row says stands in an address."""
        return hashlib.md5(f"{self.export}|{self.word}|{self.unit_code}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Issue:
    """One issue as it stands."""

    key: Key
    unit_name: str | None
    severity: str  # "fatal": of whole files
    rows: int  # that nobody has decided about; of a whole file or a header: files
    rows_at_source: int  # that wait for the next delivery of their source
    files: int
    oldest: date | None  # delivery day of the oldest of these rows; None: of a file in a folder that is no day
    newest: datetime  # when the last of them was loaded
    senders: tuple[str, ...]
    strange_codes: tuple[str, ...]  # what rows name that is no unit; the unit is then that of their sender
    strange_senders: tuple[str, ...]
    state: str  # a key of STATES
    assignee: str | None
    snoozed_until: date | None
    since: datetime  # when such a row was first delivered

    @property
    def title(self) -> str:
        """What is wrong, in one sentence."""
        if not self.key.rule_id:
            return "Tệp không nằm đúng chỗ."
        rule = catalogue.rules().get(self.key.rule_id)
        return rule.message if rule else f"Quy tắc {self.key.rule_id} (không còn dùng)."

    @property
    def is_of_files(self) -> bool:
        """Whether it is about whole files or their headers, and has no rows to decide about."""
        rule = catalogue.rules().get(self.key.rule_id)
        return rule.layer == "file" and self.key.rule_id != "FIL-21" if rule else self.severity == "fatal"


@dataclass(frozen=True)
class Listed:
    """A page of the list."""

    issues: list[Issue]
    total: int  # issues on all pages
    rows: int  # rows of all of them
    after: list[str] | None  # where the next page begins; None: there is none


@dataclass(frozen=True)
class Standing:
    """What was decided about a cell, and holds or waits for a second person."""

    batch_id: int
    kind: str
    state: str  # "holds" or "waiting"
    value: str | None
    until: date | None
    by_name: str
    at: datetime


@dataclass(frozen=True)
class Cell:
    """A cell that breaks the rule."""

    column_name: str
    header: str
    value: str  # as delivered, masked
    decision: Standing | None


@dataclass(frozen=True)
class Row:
    """One failing row."""

    file_id: int
    line: int
    file: str  # <source>/<export>/<day>/<sender>.csv
    place: int | str | None  # the line as a clerk sees it
    delivered_on: date
    sender: str
    record_key: str
    waits_for_source: bool
    cells: tuple[Cell, ...]
    whole: tuple[tuple[str, str], ...]  # header and masked value of a row in quarantine; () of one that was loaded


@dataclass(frozen=True)
class Event:
    """What somebody did about an issue."""

    kind: str
    text: str
    assignee: str | None
    until: date | None
    by_name: str
    at: datetime


def listed(
    cursor: Cursor,
    *,
    units: Collection[str] | None,
    export: str | None = None,
    rule_id: str | None = None,
    unit: str | None = None,
    states: Collection[str] = OPEN,
    record: str = "",
    order: str = "rows",
    after: Sequence[str] | None = None,
    limit: int = PAGE,
) -> Listed:
    """The issues that somebody may see, and that are meant, one page of them.

    Input: `units`: the codes that may be seen, None for all; `record`: a dossier's code, or another key of rows;
           `order`: a key of ORDERS; `after`: where the page before ended.
    """
    found = _found(
        cursor,
        units=units,
        export=export,
        rule_id=rule_id,
        unit=unit,
        records=_keys_like(record),
        states=list(states),
        sorted_by=order if order in ORDERS else "rows",
        after=list(after) if after else None,
        most=limit + 1,
    )
    issues = [_issue(row) for row in found[:limit]]
    *_, total, rows, _ = found[0] if found else (0, 0, None)
    return Listed(issues, total, rows or 0, found[limit - 1][-1] if len(found) > limit else None)


def one(cursor: Cursor, rule_id: str, issue_id: str, *, units: Collection[str] | None) -> Issue | None:
    """An issue as it stands; None if no such row is open any more, or it is not this person's to see."""
    found = _found(cursor, units=units, rule_id=rule_id, issue=issue_id, states=list(STATES), most=1)
    return _issue(found[0]) if found else None


def of_before(cursor: Cursor, rule_id: str, issue_id: str, *, units: Collection[str] | None) -> Key | None:
    """An issue that somebody did something about, whether rows of it are open or not; None if there is none."""
    cursor.execute(
        "select distinct export, rule_id, word, unit_code from quality.issue_event where rule_id = %s", (rule_id,)
    )
    keys = [Key(*row) for row in cursor.fetchall()]
    return next(
        (key for key in keys if key.issue_id == issue_id and (units is None or key.unit_code in units)),
        None,
    )


def _found(cursor: Cursor, *, units: Collection[str] | None, **asked: object) -> list[tuple[Any, ...]]:
    said = dict.fromkeys(("export", "rule_id", "unit", "issue", "records", "after"))
    said |= {"units": None if units is None else sorted(units), "exports": list(catalogue.exports())}
    database.group_in_memory(cursor)
    cursor.execute(statement("quality/issues"), said | {"sorted_by": "rows"} | asked)
    return cursor.fetchall()


def _issue(row: Sequence[Any]) -> Issue:
    export, rule_id, word, unit_code, *said = row[:-3]
    name, severity, rows, at_source, files, oldest, newest, senders, codes, strangers, *rest = said
    return Issue(
        Key(export, rule_id, word, unit_code),
        name,
        severity,
        rows,
        at_source,
        files,
        oldest,
        newest,
        tuple(senders),
        tuple(codes or ()),
        tuple(strangers or ()),
        *rest,
    )


def _keys_like(record: str) -> list[str] | None:
    """The keys that somebody may mean who types a code: as it is, and in capitals. None: no key is asked for."""
    text = "".join(record.split())
    return sorted({text, text.upper(), record.strip()}) if text else None


def rows(
    cursor: Cursor,
    issue: Issue,
    *,
    after: tuple[int, int] | None = None,
    record: str = "",
    only: Collection[tuple[int, int]] | None = None,
    limit: int = PAGE,
) -> tuple[list[Row], tuple[int, int] | None]:
    """The rows of an issue in the order of files and lines, masked; and behind which row the next page begins.

    Input: `only`: of these rows, by file and line, those that are among them.
    """
    found = _failing(cursor, issue, after=after, record=record, only=only, most=limit + 1)
    page = found[:limit]
    standing = _standing(cursor, issue.key, [row[3] for row in page])
    export = catalogue.exports().get(issue.key.export)
    names = _names((row[-1] for row in page), export)
    return (
        [_row(row, export, names, standing) for row in page],
        (page[-1][0], page[-1][1]) if len(found) > len(page) else None,
    )


def cells(
    cursor: Cursor, issue: Issue, *, only: Collection[tuple[int, int]] | None = None, limit: int
) -> list[tuple[int, int, list[str]]]:
    """The rows of an issue that can be decided about: file, line, and the columns that break the rule."""
    return [(row[0], row[1], row[6]) for row in _failing(cursor, issue, only=only, most=limit)]


def _failing(
    cursor: Cursor,
    issue: Issue,
    *,
    after: tuple[int, int] | None = None,
    record: str = "",
    only: Collection[tuple[int, int]] | None = None,
    most: int,
) -> list[tuple[Any, ...]]:
    cursor.execute(
        statement("quality/issue_rows"),
        {
            "export": issue.key.export,
            "rule_id": issue.key.rule_id,
            "word": issue.key.word,
            "unit": issue.key.unit_code,
            "strange_codes": list(issue.strange_codes) or None,
            "strange_senders": list(issue.strange_senders) or None,
            "after_file": after[0] if after else 0,
            "after_line": after[1] if after else 0,
            "only_files": None if only is None else [file_id for file_id, _ in only],
            "only_lines": None if only is None else [line for _, line in only],
            "records": _keys_like(record),
            "most": most,
        },
    )
    return cursor.fetchall()


def _row(
    row: Sequence[Any],
    export: catalogue.Export | None,
    names: masking.Names,
    standing: Mapping[tuple[str, str, str, str], Standing],
) -> Row:
    file_id, line, sender, record_key, _, waits, columns, values, hashes, path, delivered_on, raw = row
    by_name = {c.name: c for c in export.columns} if export else {}
    cells = tuple(
        Cell(
            name,
            by_name[name].header if name in by_name else name.removeprefix("#"),
            masking.shown(value or "", by_name.get(name), names),
            standing.get((sender, record_key, name, cell_hash)),
        )
        for name, value, cell_hash in zip(columns, values, hashes, strict=True)
    )
    file = quality.told_path(path)
    place = quality.place(file, line)
    whole = tuple(shown_row(raw, export, names)) if raw else ()
    return Row(file_id, line, file, place, delivered_on, sender, record_key, waits, cells, whole)


def shown_row(
    raw: Mapping[str, str | None], export: catalogue.Export | None, names: masking.Names = masking.NOBODY
) -> Iterable[tuple[str, str]]:
    """Header and masked value of each cell of a row in quarantine, as its contract orders them."""
    by_header = {c.header: c for c in export.columns} if export else {}
    order = {header: i for i, header in enumerate(by_header)}
    for header, value in sorted(raw.items(), key=lambda cell: (order.get(cell[0], len(order)), cell[0])):
        yield header, masking.shown(value or "", by_header.get(header), names)


def _names(raws: Iterable[Mapping[str, str | None] | None], export: catalogue.Export | None) -> masking.Names:
    """The names in the personal columns of some rows: they are masked in their other columns, too."""
    names = masking.Names()
    personal = {c.header: c.name for c in export.columns if c.personal == "name"} if export else {}
    said = [{name: raw.get(header) for header, name in personal.items()} for raw in raws if raw]
    if export and personal and said:
        names.learn(pl.DataFrame(said, schema=dict.fromkeys(personal.values(), pl.String)), export)
    return names


def _standing(cursor: Cursor, key: Key, records: list[str]) -> Mapping[tuple[str, str, str, str], Standing]:
    if not records:
        return {}
    asked = {"export": key.export, "rule_id": key.rule_id, "records": records}
    cursor.execute(statement("quality/decisions_about_rows"), asked)
    return {tuple(row[:4]): Standing(*row[4:]) for row in cursor.fetchall()}


def vocabulary(key: Key) -> dict[str, tuple[str, ...]]:
    """The words that the columns of an issue's rule may say, by header."""
    rule, export = catalogue.rules().get(key.rule_id), catalogue.exports().get(key.export)
    if rule is None or export is None:
        return {}
    columns = [export.column(name) for name in rule.holds]
    return {column.header: words.vocabulary(column) for column in columns if column.type in words.CODED}


def open_places(cursor: Cursor, *, units: Collection[str] | None) -> list[tuple[str, str, str, str | None]]:
    """What can be chosen in a list of issues: export, rule, unit and its name, of failing rows that are open."""
    cursor.execute(statement("quality/open_places"), {"units": None if units is None else sorted(units)})
    return cursor.fetchall()


def last_checked(cursor: Cursor) -> dict[str, datetime]:
    """When a file of each export was last loaded; of an export without one nothing."""
    cursor.execute(statement("quality/last_checked"), {"exports": list(catalogue.exports())})
    return dict(cursor.fetchall())


# --- what people do about an issue ------------------------------------------------------------------------------------


def events(cursor: Cursor, key: Key) -> list[Event]:
    """What people did about an issue, the newest first."""
    cursor.execute(
        "select kind, text, assignee, until, by_name, at from quality.issue_event"
        " where export = %s and rule_id = %s and word = %s and unit_code = %s order by event_id desc",
        (key.export, key.rule_id, key.word, key.unit_code),
    )
    return [Event(*row) for row in cursor.fetchall()]


def act(
    cursor: Cursor,
    key: Key,
    kind: str,
    *,
    by: str,
    text: str = "",
    assignee: str = "",
    until: date | None = None,
    today: date | None = None,
) -> None:
    """Add what somebody does about an issue: a key of ACTS.

    Raises: UsageError if something is missing: to whom it is assigned, until when it may rest, what the comment is.
    """
    text, assignee = text.strip(), assignee.strip()
    if kind not in ACTS:
        raise UsageError("Không có việc này. Hãy tải lại trang rồi chọn lại.")
    if kind == "assigned" and not assignee:
        raise UsageError("Hãy cho biết giao cho ai.")
    if kind == "commented" and not text:
        raise UsageError("Ghi chú còn trống. Hãy viết nội dung.")
    if kind == "snoozed" and (until is None or until <= (today or datetime.now(LOCAL).date())):
        raise UsageError("Tạm hoãn cần một ngày ở phía trước. Hãy chọn ngày muộn hơn hôm nay.")
    cursor.execute(
        "insert into quality.issue_event (export, rule_id, word, unit_code, kind, text, assignee, until, by_name)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(key.export, key.rule_id, key.word, key.unit_code, kind, text),
            assignee if kind == "assigned" else None,
            until if kind == "snoozed" else None,
            by,
        ),
    )


def reveal(cursor: Cursor, row: Row, *, by: str, reason: str) -> dict[str, str]:
    """The whole row as it was delivered, unmasked, by header; who asked for it, and why, is kept.

    Raises: UsageError if no reason is given, or the row was loaded: then nobody's name is kept.
    """
    if not (reason := reason.strip()):
        raise UsageError("Hãy ghi lý do cần xem dữ liệu cá nhân của dòng này; lý do được lưu lại.")
    cursor.execute("select raw from quality.quarantined_row where file_id = %s and line = %s", (row.file_id, row.line))
    kept = cursor.fetchone()
    if kept is None:
        raise UsageError("Dòng này đã nạp; kho không giữ họ tên, số giấy tờ của dòng đã nạp. Hãy xem trong tệp gốc.")
    cursor.execute(
        "insert into quality.reveal (file_id, line, by_name, reason) values (%s, %s, %s, %s)",
        (row.file_id, row.line, by, reason),
    )
    return {header: value or "" for header, value in kept[0].items()}
