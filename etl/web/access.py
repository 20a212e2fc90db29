"""Who may see and do what on the pages. Every route of a page asks here; what cannot be asked is denied.

What a page writes:

    @router.get("/issues")
    def issues(request: Request, here: Here, person: Reader) -> Response: ...

    @router.post("/issues/{issue}/waive")
    def waive(request: Request, here: Here, person: Steward) -> Response: ...

`Reader`, `Steward`, `Approver` and `Ops` are the person who asks, and the least role that the route asks of them.
Which rows they may see is for the page to ask: `person.may_see(unit_code)`, or `person.units` in a statement.
That a POST was sent by our own page (CSRF) is asked of every route, by a hidden field `csrf` or a header.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.settings import Settings
from etl.stewardship import people
from etl.warehouse import database
from etl.web import sessions

log = logging.getLogger(__name__)
RIGHTS = tuple(people.ROLES)
SAFE = {"GET", "HEAD"}
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"


class NotLoggedIn(Exception):
    """Nobody is logged in, or not any more: they are shown the login."""


class Denied(Exception):
    """Somebody may not do this. The message says why, and whom to ask, in Vietnamese."""


@dataclass(frozen=True)
class Warehouse:
    """What a page works with."""

    settings: Settings
    url: str


def warehouse(request: Request) -> Warehouse:
    """The warehouse of the app that was asked."""
    return request.app.state.warehouse()


@dataclass(frozen=True)
class Person:
    """Somebody who is here, what they may do, and which units they see."""

    name: str
    role: str  # a key of people.ROLES
    units: frozenset[str] | None  # their unit and all below it; None: all

    def may(self, role: str) -> bool:
        """Whether they may do what this role may do."""
        return RIGHTS.index(self.role) >= RIGHTS.index(role)

    def may_see(self, unit_code: str) -> bool:
        """Whether a row of this unit is theirs to see; of '', a unit that nobody knows, only who sees all."""
        return self.units is None or unit_code in self.units


def find(cursor: Cursor, name: str) -> Person | None:
    """Who somebody is by now; None if they were never added, or were removed."""
    cursor.execute(statement("access/person"), {"name": name})
    if (found := cursor.fetchone()) is None:
        return None
    known, role, unit = found
    if unit == people.EVERY_UNIT:
        return Person(known, role, None)
    cursor.execute(statement("access/units_below"), {"unit": unit})
    return Person(known, role, frozenset(code for (code,) in cursor.fetchall()))


# --- who is there -----------------------------------------------------------------------------------------------------

# Puts the name of who asks, and their session with us if there must be one, into the request's state; or raises.
Who = Callable[..., Awaitable[None] | None]


def by_session(request: Request) -> None:
    """Of `cchc serve`: who logged in with a password of ours. Nothing else is believed, no header either."""
    with database.transaction(warehouse(request).url) as connection, connection.cursor() as cursor:
        session = sessions.find(cursor, request.cookies.get(sessions.COOKIE))
    if session is None:
        raise NotLoggedIn
    request.state.name, request.state.session = session.name, session


def by_airflow() -> Who:
    """Of the pages inside Airflow: who is logged in there. If Airflow cannot be asked, nobody may do anything."""
    try:
        from airflow.api_fastapi.core_api.security import get_user
    except Exception:
        log.exception("Airflow's check of who is logged in cannot be loaded: the pages are closed to everybody")
        return nobody

    def who(request: Request, user: Annotated[Any, Depends(get_user)]) -> None:
        request.state.name, request.state.session = user.get_name(), None

    return who


def nobody() -> None:
    """Raises: Denied, whoever asks."""
    raise Denied("Không kiểm tra được ai đang đăng nhập nên các trang này đóng. Nhờ người quản trị xem nhật ký.")


def admit(request: Request) -> None:
    """Find the person who asks; where Airflow says who is there, also the session that has the token of the forms.

    Raises: Denied if they are not, or no longer, among those who may come in.
    """
    name, session = request.state.name, request.state.session
    with database.transaction(warehouse(request).url) as connection, connection.cursor() as cursor:
        person = find(cursor, name)
        if person is None:
            raise Denied(
                f"Tài khoản «{name}» chưa được cấp quyền xem các trang này. Nhờ người quản trị cấp quyền cho tài khoản."
            )
        if session is None:
            session = sessions.find(cursor, request.cookies.get(sessions.COOKIE), sessions.AIRFLOW)
            if session is None or session.name != name:
                request.state.new_token, session = sessions.begin(cursor, name, sessions.AIRFLOW)
    request.state.person, request.state.session = person, session


async def unforged(request: Request) -> None:
    """Raises: Denied if something is to be changed, and it was not one of our own pages that sent this."""
    if request.method in SAFE:
        return
    given = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD)
    if not isinstance(given, str) or not same(given, request.state.session.csrf):
        raise Denied("Trang này đã mở từ phiên làm việc trước, chưa có gì thay đổi. Tải lại trang rồi làm lại.")


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal; it takes as long when they are not."""
    return hmac.compare_digest(given.encode(), expected.encode())


# --- what a route asks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Least:
    """The least role that a route asks for; gives the person who has it."""

    role: str

    def __call__(self, request: Request) -> Person:
        person: Person | None = getattr(request.state, "person", None)
        if person is None or not person.may(self.role):
            raise Denied(f"Việc này cần quyền «{people.ROLES[self.role]}».")
        return person


def current(role: str = "reader") -> Any:
    """A dependency of FastAPI: the person who asks, if they have this role or more; Denied if not."""
    if role not in people.ROLES:
        raise ValueError(f"no role {role!r}")
    return Depends(Least(role))


Here = Annotated[Warehouse, Depends(warehouse)]
Reader = Annotated[Person, current("reader")]
Steward = Annotated[Person, current("steward")]
Approver = Annotated[Person, current("approver")]
Ops = Annotated[Person, current("ops")]
