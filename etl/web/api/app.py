"""The app of the API. A view is one entry of resources.py, from which routes.py makes its route.

Who asks is told by a key (`Authorization: Bearer …`), of which the warehouse knows the hash; what a key sees is decided
by the views themselves (sql/reporting/001_seen.sql). /health needs no key, a signed address brings its own.
"""

import logging
import secrets
import time
import traceback
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import psycopg2
from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, Field
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etl.web.api import addresses, formats, problems, routes, rows
from etl.web.api.asking import Warehouse
from etl.web.api.formats import Format
from etl.web.api.keys import OF_EVERY_ROUTE, Admitted, count
from etl.web.api.limits import Limit
from etl.web.api.problems import Refused
from etl.web.api.resources import Resource, resources

log = logging.getLogger(__name__)

REQUESTS_A_MINUTE = 120
WRONG_KEYS_A_MINUTE = 20  # from one address
LARGEST_BODY = 64 * 2**10
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ABOUT = """Số liệu cải cách hành chính mà tỉnh đọc được: mỗi khóa thấy đơn vị của mình và cấp dưới.

Đọc từng trang: `limit` dòng một lần, trang sau bằng `cursor` = `next_cursor` của trang trước. Một điều kiện có thể lặp
lại để lấy nhiều giá trị. `format` hoặc `Accept` chọn JSON, CSV, SDMX-CSV 2.0."""


def create(warehouse: Warehouse, *, secret: bytes | None = None, a_minute: int = REQUESTS_A_MINUTE) -> FastAPI:
    """The app.

    Input:  `secret`: signs addresses; without one they end with the process; `a_minute`: requests of one key.
    """
    app = FastAPI(
        title="Kho số liệu cải cách hành chính", version="1", description=ABOUT, docs_url=None, redoc_url=None,
        openapi_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.warehouse = warehouse
    app.state.secret = secret or secrets.token_bytes(32)
    app.state.limit, app.state.wrong = Limit(a_minute), Limit(WRONG_KEYS_A_MINUTE)
    served = resources()
    for resource in served:
        routes.serve(app, resource)
    _serve_the_rest(app, {resource.path: resource for resource in served})
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    for error in (Refused, HTTPException, RequestValidationError, psycopg2.DataError):
        app.add_exception_handler(error, _answer)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(_around)
    return app


# --- what is no resource ----------------------------------------------------------------------------------------------


class Wanted(BaseModel):
    """An address that is asked for."""

    path: Annotated[str, Field(max_length=2000, examples=["/v1/figures/annual?period_code=2021-N"])]
    minutes: Annotated[int, Field(ge=1, le=addresses.LONGEST, description="Dùng được trong bao lâu")] = 15


class Address(BaseModel):
    """An address that needs no key until it expires."""

    address: str
    expires_at: datetime


def _serve_the_rest(app: FastAPI, served: dict[str, Resource]) -> None:
    @app.get("/health", tags=["about"], response_class=PlainTextResponse)
    def health() -> Response:
        """Whether the API and its database answer. Needs no key."""
        if app.state.warehouse.answers():
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the database does not answer\n", 503)

    told: dict[str, Any] = {"responses": problems.responses(*OF_EVERY_ROUTE)}

    @app.get("/openapi.json", tags=["about"], **told)
    def openapi(key: Admitted) -> dict[str, Any]:
        """The API, described for programs."""
        return app.openapi()

    @app.get("/v1/", tags=["about"], **told)
    def index(key: Admitted) -> dict[str, Any]:
        """What there is to read, whose the key is and what it sees."""
        listed = [{"path": f"/v1/{one.path}", "title": one.title, "meaning": one.meaning} for one in served.values()]
        return {"resources": listed, "key": {"key_id": key.key_id, "name": key.name, "unit_code": key.unit_code}}

    @app.get("/v1/dictionary", tags=["about"], **told)
    def dictionary(request: Request, key: Admitted) -> dict[str, Any]:
        """What every column means, by resource."""
        return {
            one.path: {"view": f"reporting.{one.view}", "meaning": one.meaning, "columns": one.columns}
            for one in served.values()
        }

    @app.post(
        "/v1/addresses",
        tags=["addresses"],
        response_model=Address,
        responses=problems.responses(*OF_EVERY_ROUTE, problems.BAD_VALUE, problems.TOO_LARGE),
    )
    def address(request: Request, key: Admitted, wanted: Wanted) -> Address:
        """An address of a CSV file that LibreOffice or Excel opens without a key, for a while."""
        resource, _ = routes.conditions(served, wanted.path)
        expires = int(time.time()) + 60 * wanted.minutes
        token = addresses.signed(app.state.secret, addresses.Asked(key.key_id, wanted.path, expires))
        name = resource.path.replace("/", "-")
        return Address(
            address=f"{str(request.base_url).rstrip('/')}/v1/csv/{token}/{quote(name)}.csv",
            expires_at=datetime.fromtimestamp(expires).astimezone(),
        )

    @app.api_route(
        "/v1/csv/{token}/{name}.csv",
        methods=["GET", "HEAD"],
        include_in_schema=False,
    )
    def file(request: Request, token: Annotated[str, Path(max_length=4000)], name: str) -> Response:
        """The file of a signed address, whole."""
        wanted = addresses.checked(app.state.secret, token)
        count(request, wanted.key_id)
        if not app.state.warehouse.is_valid(wanted.key_id):
            raise problems.Refused(problems.BAD_ADDRESS)
        resource, asked = routes.conditions(served, wanted.path)
        with app.state.warehouse.as_key(wanted.key_id) as cursor:
            page = rows.read(cursor, resource, asked, given=None, after=None, limit=formats.MOST_ROWS[Format.csv])
        if page.next_cursor:
            raise problems.Refused(problems.TOO_MANY_ROWS)
        body = formats.written(Format.csv, resource, page.rows, None)
        # Excel takes a CSV file for UTF-8 only if it begins so
        return formats.respond(
            request,
            b"\xef\xbb\xbf" + body,
            formats.MEDIA_TYPES[Format.csv],
            name=f"{resource.path.replace('/', '-')}.csv",
        )


def _openapi(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, servers=[{"url": "/"}]
        )
        made["components"]["schemas"]["Problem"] = problems.SCHEMA
        app.openapi_schema = made
    return app.openapi_schema


# --- what went wrong, and around every request ------------------------------------------------------------------------


def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        return problems.answer(error.problem)
    if isinstance(error, RequestValidationError):
        named = sorted({str(one["loc"][-1]) for one in error.errors() if one["loc"] and one["loc"][0] != "body"})
        where = ", ".join(one for one in named if one.isidentifier()) or "Nội dung gửi lên"
        return problems.answer(problems.BAD_VALUE.because(f"{where}: không đúng kiểu hoặc ngoài giới hạn."))
    if isinstance(error, psycopg2.DataError):
        return problems.answer(problems.BAD_VALUE.because("Một giá trị ngoài giới hạn của kho."))
    status = error.status_code if isinstance(error, HTTPException) else 500
    known = {404: problems.NOT_FOUND, 405: problems.NOT_ALLOWED}
    if status == 400:  # a body that cannot be read
        return problems.answer(problems.BAD_VALUE.because("Nội dung gửi lên không đọc được."))
    answer = problems.answer(known.get(status, problems.FAULT))
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def _around(app: ASGIApp) -> ASGIApp:
    """Headers, a line of log that names the route and the key and no condition, and an error that nobody expected."""

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        began, status = time.monotonic(), 0
        request = Request(scope)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent.setdefault(name, value)
                sent.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            length = request.headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > LARGEST_BODY or "transfer-encoding" in request.headers:
                await problems.answer(problems.TOO_LARGE)(scope, receive, sending)
            else:
                await app(scope, receive, sending)
        except Exception as error:
            where = "; ".join(f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-3:])
            log.error("%s %s: %s at %s", request.method, _route(scope), type(error).__name__, where)
            if not status:
                await _answer(request, error)(scope, receive, sending)
        finally:
            key = getattr(request.state, "key_id", "-")
            spent = 1000 * (time.monotonic() - began)
            log.info("%s %s key %s: %d, %.0f ms", request.method, _route(scope), key, status, spent)

    return around


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "-"))
