"""Tệp: what was delivered, one file with its rules and lines, and what a person says about it."""

import re
import unicodedata
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

import yaml
from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from psycopg2.extensions import connection as Connection

from etl import catalogue, pipeline
from etl.catalogue.layouts import NOT_NEEDED, PERSONAL, needed
from etl.errors import CchcError, FileRejected, LoadFailed, UsageError
from etl.landing import owners
from etl.reading.proposal import Proposal
from etl.reports import quality
from etl.reports.quality import Delivery
from etl.stewardship import deliveries, layouts, questions
from etl.warehouse import database
from etl.web import render
from etl.web.access import Approver, Denied, Here, Person, Reader, Steward, Warehouse

router = APIRouter()
Text = Annotated[str, Form()]
PAGE = 50
# What is asked for in the list: those that wait for a person, or one status.
WAITS = ("held", "rejected")
# Vietnamese: what became of the lines of a file (etl/reading/lines.py).
LINES = {
    "all": "tất cả",
    "title": "phía trên tiêu đề",
    "header": "tiêu đề",
    "data": "dòng dữ liệu",
    "continued": "phần tiếp của một dòng dữ liệu",
    "blank": "trống",
    "repeated": "lặp lại tiêu đề",
    "group": "tên nhóm",
    "total": "dòng cộng",
    "footer": "chân trang, chữ ký",
    "inner": "bảng nằm trong ô",
    "elsewhere": "bảng hoặc trang khác",
}
# Vietnamese: what a person said about a file.
EVENTS = {"confirm": "xác nhận", "withdraw": "rút lại", "again": "cho nạp lại"}
# The pages of Data Docs are read without us, too, and bring their styles with them; they may load and run nothing.
DOCS_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
ROLES = {NOT_NEEDED: "không cần đến", PERSONAL: "dữ liệu cá nhân, không dùng"}


@router.get("/files")
def listed(
    request: Request, here: Here, person: Reader, status: str = "", export: str = "", sender: str = "", before: int = 0
) -> Response:
    """Delivered files, the newest first."""
    asked = {"status": status, "export": export, "sender": sender}
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        senders = owners.senders_of(cursor, person.units)
        found = quality.newest(
            cursor,
            senders=senders,
            export=export or None,
            sender=sender or None,
            statuses=WAITS if status == "waits" else [status] if status in quality.STATUSES else None,
            before=before,
            limit=PAGE + 1,
        )
    page = found[:PAGE]
    given = {name: value for name, value in asked.items() if value}
    return render.page(
        request,
        "files.html",
        files=page,
        asked=asked,
        statuses=quality.STATUSES,
        exports=list(catalogue.exports()),
        is_first=not before,
        more=urlencode({**given, "before": page[-1].file_id}) if len(found) > PAGE else "",
    )


@router.get("/files/{file_id}")
def one(request: Request, here: Here, person: Reader, file_id: int) -> Response:
    """One file: its receipt, its rules, what did not run, and the account of its lines."""
    return _page(request, here, person, file_id)


def _page(request: Request, here: Here, person: Person, file_id: int, **more: Any) -> Response:
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        file = _file(connection, person, file_id)
        cursor.execute(
            "select path, rule_id, lines, layout, unknown_headers, loaded_at, reload_reason from landing.file"
            " where file_id = %s",
            (file_id,),
        )
        path, rule_id, lines, layout, unknown_headers, loaded_at, reload_reason = cursor.fetchone()
        cursor.execute(
            "select kind, by_name, reason, at from landing.file_event where file_id = %s order by event_id", (file_id,)
        )
        events = cursor.fetchall()
        rules = quality.states_by_rule(connection, file_id=file_id)
        not_run = quality.not_run(cursor, file_id)
        asked = questions.of_file(cursor, file_id)
    export = catalogue.exports().get(file.export)
    is_known = export is not None and file.delivery is not None
    return render.page(
        request,
        "file.html",
        file=file,
        path=quality.told_path(path),
        rule_id=rule_id,
        lines=[(title, lines[kind]) for kind, title in LINES.items() if kind in lines],
        layout=layout,
        unknown_headers=unknown_headers,
        loaded_at=loaded_at,
        reload_reason=reload_reason,
        events=events,
        said=EVENTS,
        questions=asked,
        verdicts=questions.VERDICTS,
        rules=rules,
        not_run=_by_rule(not_run, export),
        statuses=quality.STATUSES,
        severities=quality.SEVERITIES,
        has_docs=_docs(here, file_id).is_file(),
        can_confirm=is_known and file.status == "held" and rule_id != owners.RULE,
        can_withdraw=is_known and file.status not in ("withdrawn", "duplicate"),
        can_teach=is_known and (rule_id in ("FIL-02", "FIL-04") or bool(unknown_headers)),
        **{"done": ""} | more,
    )


def _by_rule(
    not_run: list[tuple[str, str, str]], export: catalogue.Export | None
) -> list[tuple[str, list[str], list[str]]]:
    """The rules that did not run, each with the columns of which it says nothing, and why."""
    rules = catalogue.rules()
    headers = {c.name: c.header for c in export.columns} if export else {}
    found: dict[str, tuple[str, list[str], list[str]]] = {}
    for rule_id, column, why in not_run:
        if rule_id in rules and rules[rule_id].holds.get(column) == "found":
            continue  # only asked of what a layout derives
        _, columns, reasons = found.setdefault(rule_id, (rule_id, [], []))
        columns.append(headers.get(column, column))
        if why not in reasons:
            reasons.append(why)
    return list(found.values())


def _file(connection: Connection, person: Person, file_id: int) -> Delivery:
    """Raises: UsageError if there is no such file; Denied if its sender's unit is not this person's to see."""
    try:
        file = quality.delivery(connection, file_id)
    except UsageError:
        raise UsageError(f"Không có tệp số {file_id}.") from None
    with connection.cursor() as cursor:
        senders = owners.senders_of(cursor, person.units)
    if senders is not None and file.sender not in senders:
        raise Denied("Tệp này của đơn vị khác.")
    return file


# --- Data Docs --------------------------------------------------------------------------------------------------------


def _docs(here: Warehouse, file_id: int) -> Any:
    """Where the page of the second count of a file lies; nothing of it but a number comes from the address."""
    return here.settings.home / "data_docs" / f"{file_id:d}" / "index.html"


@router.get("/files/{file_id}/checks")
def docs(here: Here, person: Reader, file_id: int) -> Response:
    """The page that Great Expectations' verdict on a file was written to."""
    with database.transaction(here.url) as connection:
        _file(connection, person, file_id)
    page = _docs(here, file_id)
    if not page.is_file():
        raise UsageError("Trang kiểm tra của tệp này không còn: chỉ giữ trang của các lần giao gần đây.")
    return FileResponse(page, media_type="text/html; charset=utf-8", headers=DOCS_HEADERS)


# --- what a person says about a file ----------------------------------------------------------------------------------


@router.post("/files/{file_id}/confirm")
def confirm(request: Request, here: Here, person: Steward, file_id: int, reason: Text = "") -> Response:
    """Say that a file that is held is meant so, and load it."""
    with database.transaction(here.url) as connection:
        file = _file(connection, person, file_id)
    if file.status != "held":
        raise UsageError("Tệp này không chờ xác nhận. Tải lại trang.")
    _given(reason)
    deliveries.confirm(here.url, file_id, by=person.name, reason=reason)
    _load(here, [file_id])
    return render.see_other(request, f"/files/{file_id}")


@router.post("/files/{file_id}/withdraw")
def withdraw(request: Request, here: Here, person: Approver, file_id: int, reason: Text = "") -> Response:
    """Take a delivery back."""
    with database.transaction(here.url) as connection:
        file = _file(connection, person, file_id)
    if file.status == "withdrawn":
        raise UsageError("Tệp này đã được rút lại.")
    _given(reason)
    deliveries.withdraw(here.settings, here.url, file_id, by=person.name, reason=reason)
    return render.see_other(request, f"/files/{file_id}")


def _given(reason: str) -> None:
    if not reason.strip():
        raise UsageError("Hãy ghi lý do; lý do được lưu cùng tệp.")


def _load(here: Warehouse, file_ids: list[int]) -> None:
    """Load files that wait; of one that cannot be loaded now its receipt says why, and the next run tries again."""
    for file_id in file_ids:
        try:
            pipeline.load_file(here.settings, here.url, file_id)
        except LoadFailed:
            continue


# --- a layout ---------------------------------------------------------------------------------------------------------


@router.get("/files/{file_id}/layout")
def layout(request: Request, here: Here, person: Steward, file_id: int) -> Response:
    """What the columns of a file may be."""
    proposed = _proposed(here, person, file_id)
    return render.page(
        request,
        "layout.html",
        file_id=file_id,
        proposed=proposed,
        choices=ROLES | {c.name: c.header for c in proposed.export.columns},
        needed=[proposed.export.column(role).header for role in needed(proposed.export)],
    )


@router.post("/files/{file_id}/layout")
async def accept(request: Request, here: Here, person: Steward, file_id: int) -> Response:
    """Keep the layout as the form says it, and load what waited for one."""
    said = {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}
    return await run_in_threadpool(_accept, request, here, person, file_id, said)


def _accept(request: Request, here: Here, person: Person, file_id: int, said: dict[str, str]) -> Response:
    proposed = _proposed(here, person, file_id)
    system = " ".join(said.get("system", "").split())
    if not system:
        raise UsageError("Hãy ghi tên phần mềm đã xuất tệp này.")
    roles = ROLES | {c.name: c.header for c in proposed.export.columns}
    columns = [
        replace(column, role=chosen if chosen in roles else column.role, is_open=False)
        for column in proposed.columns
        for chosen in [said.get(f"role {column.number}", column.role)]
    ]
    given = [column.role for column in columns if column.role not in ROLES]
    if twice := sorted({roles[role] for role in given if given.count(role) > 1}):
        raise UsageError(f"Hai cột cùng là «{'», «'.join(twice)}». Chọn lại một trong hai.")
    taught = replace(proposed, columns=tuple(columns), missing=())
    can_be_found = {*given, *proposed.export.derivations, "org_code"}
    if missing := [proposed.export.column(role).header for role in needed(proposed.export) if role not in can_be_found]:
        raise UsageError(f"Chưa có cột nào là «{'», «'.join(missing)}»; không có các cột này thì không nạp được tệp.")
    name = re.sub(r"[^a-z0-9]+", "_", _ascii(system)).strip("_")[:40] or f"tep_{file_id}"
    try:
        yaml.safe_load(taught.as_yaml(system))
        kept, waiting = layouts.teach(
            here.url, name, taught.as_yaml(system), by=person.name, reason=said.get("reason", "").strip()
        )
    except (CchcError, yaml.YAMLError):
        raise UsageError("Mẫu này chưa dùng được: có cột bị khai báo hai lần, hoặc thiếu cột bắt buộc.") from None
    again = deliveries.again(here.url, file_ids=[file_id], by=person.name, reason=f"Mẫu {kept.name}")
    _load(here, sorted({*waiting, *again}))
    return render.see_other(request, f"/files/{file_id}")


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFD", text.lower().replace("đ", "d")).encode("ascii", "ignore").decode()


def _proposed(here: Warehouse, person: Person, file_id: int) -> Proposal:
    with database.transaction(here.url) as connection:
        file = _file(connection, person, file_id)
    if file.export not in catalogue.exports():
        raise UsageError("Tệp này đặt sai chỗ: chưa rõ là loại dữ liệu nào.")
    try:
        return layouts.propose(here.settings, here.url, str(file_id), export=file.export)
    except FileRejected as refused:
        raise UsageError(refused.message) from None
    except UsageError:
        raise UsageError("Không tìm thấy dòng tiêu đề trong tệp này; đề nghị nơi gửi xuất lại tệp.") from None
