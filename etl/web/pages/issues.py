"""Lỗi: the list of issues, one issue with its rows, one row; and what is done and decided about them."""

import json
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import UsageError
from etl.stewardship import decisions, issues
from etl.stewardship.decisions import Asked, Conflict
from etl.stewardship.issues import Issue
from etl.warehouse import database
from etl.web import render
from etl.web.access import Here, Person, Reader, Steward

router = APIRouter()
NONE = "-"  # in an address: the empty code, of a rule or a unit
MOST = 10_000  # rows that are decided about at once
Text = Annotated[str, Form()]
Number = Annotated[int, Form()]


# --- the list ---------------------------------------------------------------------------------------------------------


@router.get("/issues")
def listed(
    request: Request,
    here: Here,
    person: Reader,
    state: str = "",
    export: str = "",
    rule: str = "",
    unit: str = "",
    order: str = "rows",
    after: str = "",
) -> Response:
    """The issues that are open, or those that are asked for."""
    asked = {"state": state, "export": export, "rule": rule, "unit": unit, "order": order}
    return _list(request, here, person, asked, after=after)


@router.post("/issues")
def search(request: Request, here: Here, person: Reader, record: Text = "") -> Response:
    """Those with a row of one dossier: its code stands in no address."""
    return _list(request, here, person, {"state": "all"}, record=record.strip())


def _list(
    request: Request, here: Here, person: Person, asked: dict[str, str], *, record: str = "", after: str = ""
) -> Response:
    given = {name: value for name, value in asked.items() if value}
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        page = issues.listed(
            cursor,
            units=person.units,
            export=given.get("export"),
            rule_id=_code(given.get("rule")),
            unit=_code(given.get("unit")),
            states=_states(given.get("state", "")),
            record=record,
            order=given.get("order", "rows"),
            after=_place(after),
        )
        places = issues.open_places(cursor, units=person.units)
        checked = issues.last_checked(cursor)
    more = urlencode({**given, "after": json.dumps(page.after)}) if page.after and not record else ""
    return render.page(
        request,
        "issues.html",
        page=page,
        asked={"state": "", "export": "", "rule": "", "unit": "", "order": "rows"} | asked,
        record=record,
        is_first=_place(after) is None,
        more=more,
        states=issues.STATES,
        orders=issues.ORDERS,
        exports=sorted({place[0] for place in places} | {asked.get("export", "")} - {""}),
        rules=sorted({place[1] for place in places} | {asked.get("rule", "")} - {"", NONE}),
        units=sorted({(place[3] or place[2], place[2]) for place in places if place[2]}),
        checked=checked.get(given.get("export", "")) or max(checked.values(), default=None),
    )


def _code(given: str | None) -> str | None:
    return "" if given == NONE else given


def _states(asked: str) -> tuple[str, ...]:
    if asked == "all":
        return tuple(issues.STATES)
    return (asked,) if asked in issues.STATES else issues.OPEN


def _place(after: str) -> list[str] | None:
    """Where a page ends, as its address says it; None if it says nothing that can be used."""
    try:
        said = json.loads(after)
    except ValueError:
        return None
    return said if isinstance(said, list) and len(said) == 5 and all(isinstance(part, str) for part in said) else None


# --- one issue --------------------------------------------------------------------------------------------------------


@router.get("/issues/{rule}/{issue}")
def one(request: Request, here: Here, person: Reader, rule: str, issue: str, file: int = 0, line: int = 0) -> Response:
    """An issue with its rows; `file` and `line` say behind which row the page begins."""
    return _issue(request, here, person, rule, issue, after=(file, line) if file else None)


def _issue(
    request: Request,
    here: Here,
    person: Person,
    rule: str,
    issue: str,
    *,
    after: tuple[int, int] | None = None,
    **more: Any,
) -> Response:
    rule_id = _code(rule) or ""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = issues.one(cursor, rule_id, issue, units=person.units)
        key = found.key if found else issues.of_before(cursor, rule_id, issue, units=person.units)
        if key is None:
            raise UsageError("Không có lỗi này: mọi dòng đã được sửa hoặc giao lại, hoặc lỗi của đơn vị khác.")
        rows, following = issues.rows(cursor, found, after=after) if found and not found.is_of_files else ([], None)
        events = issues.events(cursor, key)
        checked = issues.last_checked(cursor).get(key.export)
        files = _files(cursor, found) if found and found.is_of_files else []
    return render.page(
        request,
        "issue.html",
        issue=found,
        key=key,
        address=f"/issues/{rule}/{issue}",
        rows=rows,
        files=files,
        is_first=after is None,
        more=urlencode({"file": following[0], "line": following[1]}) if following else "",
        vocabulary=issues.vocabulary(key),
        kinds=_kinds(found) if found else (),
        titles=decisions.TITLES,
        events=events,
        acts=issues.ACTS,
        states=issues.STATES,
        checked=checked,
        **more,
    )


def _files(cursor: Cursor, issue: Issue) -> list[tuple[int, str, date, str]]:
    cursor.execute(
        "select file_id, sender, nullif(delivered_on, '0001-01-01'), message from landing.file"
        " where export = %s and sender = any(%s) and (status in ('held', 'rejected') and coalesce(rule_id, '') = %s"
        " or status like 'accepted%%' and %s = any(unknown_headers)) order by file_id desc limit %s",
        (issue.key.export, list(issue.senders), issue.key.rule_id, issue.key.word, issue.files),
    )
    return cursor.fetchall()


def _kinds(issue: Issue) -> tuple[str, ...]:
    """What may be decided about rows of an issue, in the order of decisions.KINDS."""
    rule, export = catalogue.rules().get(issue.key.rule_id), catalogue.exports().get(issue.key.export)
    if rule is None or export is None:
        return ()
    columns = {c.name: c for c in export.columns}
    admitted = {kind for name in {*rule.fails, *rule.holds} for kind in decisions.admitted(rule, columns.get(name))}
    return tuple(kind for kind in decisions.KINDS if kind in admitted)


def _known(cursor: Cursor, person: Person, rule: str, issue: str) -> Issue:
    """Raises: UsageError if no row of the issue is open any more, or it is not this person's to see."""
    found = issues.one(cursor, _code(rule) or "", issue, units=person.units)
    if found is None:
        raise UsageError("Các dòng của lỗi này không còn: đã được sửa hoặc giao lại. Mở lại danh sách lỗi.")
    return found


@router.post("/issues/{rule}/{issue}/act")
def act(
    request: Request,
    here: Here,
    person: Steward,
    rule: str,
    issue: str,
    kind: Text,
    text: Text = "",
    assignee: Text = "",
    until: Text = "",
) -> Response:
    """Note what somebody does about an issue."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        key = _known(cursor, person, rule, issue).key
        issues.act(cursor, key, kind, by=person.name, text=text, assignee=assignee, until=_day(until))
    return render.see_other(request, f"/issues/{rule}/{issue}")


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError(f"«{given}» không phải một ngày. Chọn ngày trong lịch.") from None


# --- one row ----------------------------------------------------------------------------------------------------------


@router.get("/issues/{rule}/{issue}/{file}/{line}")
def row(request: Request, here: Here, person: Reader, rule: str, issue: str, file: int, line: int) -> Response:
    """A row whole, masked, with what is wrong in it."""
    return _row(request, here, person, rule, issue, file, line)


@router.post("/issues/{rule}/{issue}/{file}/{line}/reveal")
def reveal(
    request: Request, here: Here, person: Steward, rule: str, issue: str, file: int, line: int, reason: Text = ""
) -> Response:
    """The row unmasked; why is kept."""
    return _row(request, here, person, rule, issue, file, line, reason=reason)


def _row(
    request: Request,
    here: Here,
    person: Person,
    rule: str,
    issue: str,
    file: int,
    line: int,
    *,
    reason: str | None = None,
) -> Response:
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = _known(cursor, person, rule, issue)
        rows, _ = issues.rows(cursor, found, only=[(file, line)])
        if not rows:
            raise UsageError("Dòng này không còn lỗi này: đã được sửa hoặc giao lại. Mở lại danh sách các dòng.")
        revealed = None if reason is None else issues.reveal(cursor, rows[0], by=person.name, reason=reason)
    export = catalogue.exports().get(found.key.export)
    wrong = {cell.header for cell in rows[0].cells}
    return render.page(
        request,
        "row.html",
        issue=found,
        address=f"/issues/{rule}/{issue}",
        row=rows[0],
        filled=[(header, value) for header, value in rows[0].whole if value or header in wrong],
        blank=[(header, value) for header, value in rows[0].whole if not value and header not in wrong],
        revealed=revealed,
        columns={c.header: c.name for c in export.columns} if export else {},
        vocabulary=issues.vocabulary(found.key),
        kinds=_kinds(found),
        titles=decisions.TITLES,
    )


# --- decisions --------------------------------------------------------------------------------------------------------


@router.post("/issues/{rule}/{issue}/preview")
async def preview(request: Request, here: Here, person: Steward, rule: str, issue: str) -> Response:
    """What a decision about the chosen rows would do."""
    said = {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}
    chosen = [value for name, value in (await request.form()).multi_items() if name == "row"]
    return await run_in_threadpool(_preview, request, here, person, rule, issue, said, chosen)


def _preview(
    request: Request, here: Here, person: Person, rule: str, issue: str, said: dict[str, str], chosen: list[Any]
) -> Response:
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = _known(cursor, person, rule, issue)
        asked = _asked(cursor, found, said, chosen)
    try:
        seen = decisions.preview(here.settings, here.url, asked, by=person.name)
    except Conflict as conflict:
        return _conflict(request, conflict, f"/issues/{rule}/{issue}")
    return render.page(
        request,
        "preview.html",
        issue=found,
        address=f"/issues/{rule}/{issue}",
        seen=seen,
        kind=asked[0].kind,
        titles=decisions.TITLES,
        asked=json.dumps([
            (a.kind, a.file_id, a.line, a.column_name, a.value, a.until and a.until.isoformat()) for a in asked
        ]),
        first=asked[0],
        name=f"{decisions.TITLES[asked[0].kind].capitalize()}: {found.title.rstrip('.')}"[:120],
    )


@router.post("/issues/{rule}/{issue}/decide")
def decide(
    request: Request,
    here: Here,
    person: Steward,
    rule: str,
    issue: str,
    asked: Text,
    name: Text = "",
    reason: Text = "",
    evidence: Text = "",
) -> Response:
    """Keep what was previewed as a batch, and judge its rows again."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = _known(cursor, person, rule, issue)
        wanted = _previewed(cursor, found, asked)
    try:
        done = decisions.decide(
            here.settings, here.url, wanted, name=name, by=person.name, reason=reason, evidence=evidence
        )
    except Conflict as conflict:
        return _conflict(request, conflict, f"/issues/{rule}/{issue}")
    said = {"rows": done.rows, "held": done.still_held, "waiting": done.waiting}
    return render.see_other(request, f"/decisions/{done.batch_id}?{urlencode(said)}")


def _conflict(request: Request, conflict: Conflict, address: str) -> Response:
    """Somebody else was first: what they decided."""
    return render.page(
        request,
        "conflict.html",
        status=409,
        standing=conflict.standing,
        text=str(conflict),
        address=address,
        titles=decisions.TITLES,
    )


def _asked(cursor: Cursor, issue: Issue, said: dict[str, str], chosen: list[Any]) -> list[Asked]:
    """What the form of an issue asks for.

    A correction is of each cell beside which a value was typed, and of the column that was chosen in the rows that
    were, if one value was given for all of them. Every other kind is about the failing cells of the rows chosen.
    Raises: UsageError if nothing is chosen, or it is more than can be decided at once.
    """
    kind = said.get("kind", "")
    if kind not in decisions.KINDS:
        raise UsageError("Hãy chọn một quyết định: sửa, xác nhận đúng, miễn, bỏ dòng hoặc sửa tại nguồn.")
    until = _day(said.get("until", "")) if kind == "waive" else None
    rule_id = issue.key.rule_id
    typed = {
        (int(file_id), int(line), column): value.strip()
        for name, value in said.items()
        if name.startswith("value ") and value.strip()
        for _, file_id, line, column in [name.split(" ", 3)]
    }
    rows = None if said.get("all") else {_pair(one) for one in chosen}
    if kind == "correct" and typed and rows is not None:
        rows |= {(file_id, line) for file_id, line, _ in typed}
    cells = issues.cells(cursor, issue, only=rows, limit=MOST + 1)
    if len(cells) > MOST:
        raise UsageError(f"Lỗi này có hơn {MOST:,} dòng. Hãy dùng danh sách sửa, hoặc sửa tại nguồn.".replace(",", "."))
    found: list[Asked] = []
    for file_id, line, columns in cells:
        if kind == "correct":
            own = {column: value for (f, n, column), value in typed.items() if (f, n) == (file_id, line)}
            if not own and (common := said.get("common", "").strip()):
                own = {said.get("column") or columns[0]: common}
            found += [Asked(kind, file_id, line, rule_id, column, value) for column, value in own.items()]
        else:
            meant = columns[:1] if kind == "discard" else columns
            found += [Asked(kind, file_id, line, rule_id, column, until=until) for column in meant]
    if not found:
        raise UsageError(
            "Chưa có giá trị đúng nào được điền." if kind == "correct" and cells else "Chưa chọn dòng nào."
        )
    return found


def _previewed(cursor: Cursor, issue: Issue, said: str) -> list[Asked]:
    """What the preview asked for, as far as it is about rows of this issue.

    Raises: UsageError if it is about others: they are somebody else's, or are mended by now.
    """
    try:
        asked = [
            Asked(kind, file_id, line, issue.key.rule_id, column, value, date.fromisoformat(until) if until else None)
            for kind, file_id, line, column, value, until in json.loads(said)
        ]
        meant = {(int(a.file_id), int(a.line)) for a in asked}
    except (TypeError, ValueError):
        raise UsageError("Không đọc được điều đã xem trước. Quay lại danh sách các dòng và chọn lại.") from None
    there = {(file_id, line) for file_id, line, _ in issues.cells(cursor, issue, only=meant, limit=MOST)}
    if meant - there:
        raise UsageError(
            f"{len(meant - there)} dòng đã chọn không còn lỗi này: đã sửa hoặc giao lại. Tải lại trang rồi chọn lại."
        )
    return asked


def _pair(said: Any) -> tuple[int, int]:
    try:
        file_id, line = str(said).split(" ")
        return int(file_id), int(line)
    except ValueError:
        raise UsageError("Không đọc được dòng đã chọn. Tải lại trang rồi chọn lại.") from None
