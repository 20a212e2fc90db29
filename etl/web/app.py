"""The app of the pages: the same one for `cchc serve` and inside Airflow, which differ in who says who is there.

How a page is added. One module in `etl/web/pages/` with a `router`, and one template; both are found by themselves:

    # etl/web/pages/words.py
    router = APIRouter()

    @router.get("/words")
    def words(request: Request, here: Here, person: Reader) -> Response:
        with database.transaction(here.url) as connection:
            found = stewardship_words.unknown(connection)
        return render.page(request, "words.html", words=[w for w in found if person.may_see(w.unit_code)])

    @router.post("/words/map")
    def map_word(request: Request, here: Here, person: Steward, word: Annotated[str, Form()]) -> Response:
        ...                                       # people.Person.name is who did it: `by=person.name`
        return render.see_other(request, "/words")

    {# etl/web/templates/words.html #}
    {% extends "base.html" %}
    {% block title %}Từ chưa biết{% endblock %}
    {% block main %}
    <form method="post" action="{{ base }}/words/map">{{ csrf_field() }} … </form>
    {% endblock %}

- Every route names the least role it asks for (`Reader`, `Steward`, `Approver`, `Ops` of access.py); the app refuses
  to start with one that does not. Rows of units that the person does not see are left out by the page.
- Every path in a template begins with `{{ base }}`. Every form that changes something has `{{ csrf_field() }}`;
  requests of htmx carry the token by themselves.
- Nothing stands inline: no `style=`, no `on…=`, no `<script>` with text. Styles are in `static/pages.css`, whose
  classes are listed at its top; what the keyboard does is in `static/pages.js`: rows with `data-row` are walked by j
  and k, Enter opens their first link, Ctrl+Z presses the button with `data-undo`. A part that htmx brings says what
  happened to who cannot see it by an element with `data-said`.
- htmx 4: attributes are not inherited, write each `hx-*` on its element; no hx-confirm (Airflow shows the pages in a
  frame that may not ask): a question is a page or a part of one.
- `raise UsageError(...)` shows its sentence (422), so it is one that an office reads; so does `access.Denied` (403).
- Nothing of a person goes into a path or a query: Airflow's log has them.
- `tests/web/conftest.py` has an app with people of every role, clients that are logged in, and a real browser;
  `tests/web/test_access.py` walks every route by itself.
"""

import importlib
import logging
import pkgutil
import time
import traceback
from collections.abc import Callable

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etl.errors import CchcError, SetupError, UsageError
from etl.warehouse import database
from etl.web import access, login, pages, render, sessions
from etl.web.access import Denied, Here, NotLoggedIn, Warehouse, Who

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",  # Airflow shows the pages in a frame
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LARGEST_BODY = 50 * 2**20  # a fix list that comes back

open_router = APIRouter()  # what anybody may ask, also of the pages inside Airflow


def create(warehouse: Callable[[], Warehouse], *, who: Who = access.by_session, https: bool = False) -> FastAPI:
    """The app.

    Input:  `warehouse`: called by every request, so it keeps what it found; `who`: says who is there;
            `https`: people reach it by https, though it may not look so from here.
    Raises: TypeError if a route does not say which role it asks for.
    """
    app = FastAPI(title="CCHC", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.warehouse, app.state.who, app.state.https = warehouse, who, https
    for module in pkgutil.iter_modules(pages.__path__):
        add(app, importlib.import_module(f"{pages.__name__}.{module.name}").router)
    app.include_router(open_router)
    if who is access.by_session:
        app.include_router(login.router)
        add(app, login.leaving)
    app.mount("/static", StaticFiles(directory=render.STATIC), name="static")
    for error in (NotLoggedIn, Denied, CchcError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, _answer)
    app.add_middleware(_around)
    return app


def add(app: FastAPI, router: APIRouter) -> None:
    """Add routes, each behind who is there, whether they may come in, and whether a form was ours.

    Raises: TypeError if one of them does not say which role it asks for.
    """
    for route in router.routes:
        if role_of(route) is None:
            raise TypeError(f"{getattr(route, 'path', route)} does not say which role it asks for.")
    guards = [Depends(one) for one in (app.state.who, access.admit, access.unforged)]
    app.include_router(router, dependencies=guards)


def role_of(route: object) -> str | None:
    """The least role that a route asks for; None if it asks for none."""
    if not isinstance(route, APIRoute):
        return None
    return next((d.call.role for d in route.dependant.dependencies if isinstance(d.call, access.Least)), None)


@open_router.get("/health")
def health(here: Here) -> Response:
    """Whether the pages and their database answer."""
    if database.answers(here.url):
        return PlainTextResponse("ok\n")
    return PlainTextResponse("the database does not answer\n", 503)


# --- what went wrong --------------------------------------------------------------------------------------------------


def _answer(request: Request, error: Exception) -> Response:
    """What is shown of an error: who is not logged in is sent to the login, all others get a sentence."""
    if isinstance(error, NotLoggedIn):
        return login.first(request)
    if isinstance(error, Denied):
        return _said(request, 403, "Không được phép", str(error))
    if isinstance(error, SetupError):
        log.error("%s", error)
        return _said(request, 503, "Kho số liệu chưa sẵn sàng", "Báo người quản trị; thử lại sau ít phút.")
    if isinstance(error, UsageError):
        return _said(request, 422, "Chưa làm được", str(error))
    if isinstance(error, RequestValidationError):
        return _said(request, 422, "Chưa đủ dữ liệu", "Có ô chưa điền hoặc điền không đúng. Quay lại và điền đủ.")
    status = error.status_code if isinstance(error, HTTPException) else 500
    titles = {
        401: ("Chưa đăng nhập", "Đăng nhập rồi mở lại trang này."),
        403: ("Không được phép", "Tài khoản đang đăng nhập không được xem trang này."),
        404: ("Không có trang này", "Địa chỉ không đúng, hoặc trang đã được bỏ."),
        405: ("Không có trang này", "Địa chỉ này không nhận yêu cầu như vậy."),
    }
    return _said(request, status, *titles.get(status, ("Có lỗi", "Trang này bị lỗi; người quản trị xem nhật ký.")))


def _said(request: Request, status: int, title: str, text: str) -> Response:
    template = "said_part.html" if render.is_part(request) else "said.html"
    return render.page(request, template, status=status, title=title, text=text)


# --- around every request ---------------------------------------------------------------------------------------------


def _around(app: ASGIApp) -> ASGIApp:
    """Headers, the cookie of a new session, a line of log, and an error that nobody expected.

    The log names the route and not the address: what was searched for stands there. Of an error it names the place and
    not the message: the database quotes rows in it.
    """

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        began, status = time.monotonic(), 0
        request = Request(scope)
        is_static = request.url.path.startswith(f"{render.base(request)}/static/")

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent.setdefault(name, value)  # a page may be stricter
                # pages name people; a static file has another address when it is another
                keeps = is_static and status == 200
                sent["Cache-Control"] = "public, max-age=31536000, immutable" if keeps else "no-store"
                if token := getattr(request.state, "new_token", None):
                    sent.append("Set-Cookie", sessions.cookie(request, token))
            await send(message)

        try:
            if int(request.headers.get("content-length", 0)) > LARGEST_BODY or "transfer-encoding" in request.headers:
                await _said(request, 413, "Tệp quá lớn", "Tệp gửi lên lớn hơn 50 MB.")(scope, receive, sending)
            else:
                await app(scope, receive, sending)
        except Exception as error:
            where = "; ".join(f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-3:])
            log.error("%s %s: %s at %s", request.method, _route(scope), type(error).__name__, where)
            if not status:
                await _answer(request, error)(scope, receive, sending)
        finally:
            if not is_static:
                log.info("%s %s %d %.0f ms", request.method, _route(scope), status, 1000 * (time.monotonic() - began))

    return around


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "-"))
