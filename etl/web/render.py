"""How a page is written: templates, with the person, the navigation and what is said of numbers and days."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from etl.stewardship import people
from etl.warehouse.database import TIME_ZONE
from etl.web import access, wording

FOLDER = Path(__file__).resolve().parent
STATIC = FOLDER / "static"


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation."""

    path: str
    title: str
    role: str = "reader"  # who has less does not see it


# Shown as far as the pages are there.
NAVIGATION = (
    Entry("/", "Hôm nay"),
    Entry("/issues", "Lỗi"),
    Entry("/words", "Từ chưa biết"),
    Entry("/files", "Tệp"),
    Entry("/decisions", "Quyết định"),
    Entry("/fix-lists", "Danh sách sửa"),
    Entry("/figures", "Số liệu"),
    Entry("/releases", "Công bố"),
    Entry("/users", "Người dùng", "ops"),
)


def page(request: Request, template: str, *, status: int = 200, **given: Any) -> Response:
    """A page, or a part of one, from `templates/<template>` with what is given to it.

    A template further knows: `base` (put before every path of ours: the pages may lie below /cchc), `person` (None on
    the login), `csrf`, `csrf_field()`, `roles` (Vietnamese), `navigation`, `here` (the path), `static(name)`; and the
    filters `number`, `whole`, `day` and `moment`.
    """
    state = request.state
    person, session = getattr(state, "person", None), getattr(state, "session", None)
    path = request.url.path.removeprefix(base(request))
    known: Mapping[str, Any] = {
        "base": base(request),
        "person": person,
        "csrf": (csrf := session.csrf if session else ""),
        "csrf_field": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(access.CSRF_FIELD, csrf),
        "roles": people.ROLES,
        "here": path,
        "navigation": _navigation(request, person),
        "may_log_out": request.app.state.who is access.by_session,
        "static": lambda name: f"{base(request)}/static/{name}?v={_version(name)}",
    }
    return HTMLResponse(_templates().get_template(template).render({**known, **given}), status)


def see_other(request: Request, path: str) -> Response:
    """Send the browser on to a path of ours, after something was changed."""
    return RedirectResponse(base(request) + path, 303)


def base(request: Request) -> str:
    """What stands before our paths: '' alone, '/cchc' inside Airflow."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def is_part(request: Request) -> bool:
    """Whether a part of a page was asked for (by htmx), and not a whole one."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-request-type") != "full"


def _navigation(request: Request, person: access.Person | None) -> list[Entry]:
    there = {getattr(route, "path", "") for route in request.app.routes}
    return [entry for entry in NAVIGATION if person and person.may(entry.role) and entry.path in there]


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "whole": whole, "day": day, "moment": moment}
    environment.filters |= {name: getattr(wording, name) for name in ("office", "rule", "remedy", "export", "period")}
    return environment


@cache
def _version(name: str) -> str:
    """Changes with the file: a browser keeps what has not changed."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def number(value: int | Decimal | None) -> str:
    """As numbers are written in Việt Nam: 1.234.567,89; '' for none."""
    return "" if value is None else f"{value:,}".translate(str.maketrans(",.", ".,"))


def whole(value: Decimal | None) -> str:
    """A count as the database keeps it, without the zeros behind its point."""
    return number(value.quantize(Decimal(1)) if value is not None and value == value.to_integral_value() else value)


def day(value: date | None) -> str:
    """15/11/2021; '' for none."""
    return "" if value is None else f"{value:%d/%m/%Y}"


def moment(value: datetime | None) -> str:
    """15/11/2021 08:05, in Vietnamese time; '' for none."""
    return "" if value is None else f"{value.astimezone(ZoneInfo(TIME_ZONE)):%d/%m/%Y %H:%M}"
