"""Log in to `cchc serve`, and leave it."""

import asyncio
import secrets
from collections import Counter
from typing import Annotated
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from etl.stewardship import people
from etl.warehouse import database
from etl.web import access, render, sessions
from etl.web.access import Here, Reader, Warehouse

router = APIRouter()
leaving = APIRouter()

FORM_COOKIE = "cchc_login"  # says that the form was ours: nobody logs others in as themselves
# Failures in a row by name. What makes the next try slower and never locks anybody out: at most LONGEST_WAIT seconds.
LONGEST_WAIT = 5.0
REMEMBERED = 10_000
failures: Counter[str] = Counter()
# Passwords that are looked at together: each takes a processor for a while, and pages are served meanwhile.
AT_ONCE = CapacityLimiter(2)


def first(request: Request) -> Response:
    """Send somebody who is not logged in to the login, and back afterwards."""
    back = request.url.path.removeprefix(render.base(request)) if request.method in access.SAFE else "/"
    address = f"{render.base(request)}/login" + (f"?next={quote(back)}" if back != "/" else "")
    if render.is_part(request):
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


@router.get("/login")
def login(request: Request, next: str = "/") -> Response:
    """The form."""
    return _form(request, next)


@router.post("/login")
async def log_in(
    request: Request,
    here: Here,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Check name and password. A wrong pair is told in one sentence, whichever of the two was wrong."""
    if not csrf or not access.same(csrf, request.cookies.get(FORM_COOKIE, "")):
        return _form(request, next, name=name, wrong="Trang đăng nhập đã cũ. Nhập lại.", status=403)
    name = people.spelled(name)
    await asyncio.sleep(wait(failures[name]))
    token = await run_sync(_checked, here, name, password, limiter=AT_ONCE)
    if token is None:
        if len(failures) >= REMEMBERED:
            failures.clear()
        failures[name] += 1
        return _form(request, next, name=name, wrong="Tên hoặc mật khẩu không đúng.", status=403)
    failures.pop(name, None)
    request.state.new_token = token
    return render.see_other(request, _ours(next))


@leaving.post("/logout")
def log_out(request: Request, here: Here, person: Reader) -> Response:
    """End the session."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        sessions.end(cursor, request.cookies.get(sessions.COOKIE))
    answer = render.see_other(request, "/login")
    answer.delete_cookie(sessions.COOKIE, path=sessions.path(request))
    return answer


def wait(failed: int) -> float:
    """Seconds before a password is looked at, after so many failures in a row."""
    return 0 if failed < 3 else min(LONGEST_WAIT, 0.5 * 2 ** (failed - 3))


def _checked(here: Warehouse, name: str, password: str) -> str | None:
    """The token of a new session; None if name and password are not somebody's."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        return sessions.begin(cursor, name)[0] if people.check_password(cursor, name, password) else None


def _form(request: Request, next: str, *, name: str = "", wrong: str = "", status: int = 200) -> Response:
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(16)
    page = render.page(request, "login.html", status=status, next=_ours(next), name=name, wrong=wrong, form_token=token)
    page.set_cookie(
        FORM_COOKIE,
        token,
        path=sessions.path(request),
        secure=sessions.is_secure(request),
        httponly=True,
        samesite="strict",
    )
    return page


def _ours(path: str) -> str:
    """A path of ours to go on to; "/" for whatever leads elsewhere."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else "/"
