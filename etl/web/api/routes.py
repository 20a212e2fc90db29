"""The route of a resource: its conditions, its columns, its page; made from its entry in resources.py."""

import inspect
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, create_model

from etl.web.api import formats, problems, rows
from etl.web.api.formats import Format
from etl.web.api.keys import OF_EVERY_ROUTE, Admitted
from etl.web.api.resources import Resource


def serve(app: FastAPI, resource: Resource) -> None:
    """Make the route of a resource."""

    def read(**given: Any) -> Response:
        request, key = given.pop("request"), given.pop("key")
        _only_known(request, resource)
        form = formats.chosen(request, resource, given.pop("format"))
        limit, after = min(given.pop("limit"), formats.MOST_ROWS[form]), given.pop("cursor")
        argument = given.pop(resource.given[0]) if resource.given else None
        asked = {column: among for column, among in given.items() if among}
        _without_nul(asked)
        with request.app.state.warehouse.as_key(key.key_id) as cursor:
            page = rows.read(cursor, resource, asked, given=argument, after=after, limit=limit)
        headers = {}
        if page.next_cursor:
            further = [(n, v) for n, v in request.query_params.multi_items() if n != "cursor"]
            headers["Link"] = f'<{request.url.path}?{urlencode([*further, ("cursor", page.next_cursor)])}>; rel="next"'
        body = formats.written(form, resource, page.rows, page.next_cursor)
        return formats.respond(request, body, formats.MEDIA_TYPES[form], headers)

    read.__signature__ = inspect.Signature(_parameters(resource), return_annotation=Response)  # type: ignore[attr-defined]
    offered = [
        formats.MEDIA_TYPES[one].removesuffix("; charset=utf-8")
        for one in (Format.csv, Format.sdmx_csv)
        if one is Format.csv or resource.is_figures
    ]
    links = {"Link": {"schema": {"type": "string"}, "description": 'rel="next": trang sau'}}
    tag = {"ETag": {"schema": {"type": "string"}, "description": "Gửi lại ở If-None-Match: không đổi thì trả 304"}}
    app.get(
        f"/v1/{resource.path}",
        summary=resource.title,
        description=resource.meaning,
        operation_id=resource.path.replace("/", "_").replace("-", "_"),
        tags=[resource.path.split("/")[0]],
        response_model=_model(resource),
        responses=problems.responses(
            *OF_EVERY_ROUTE, problems.BAD_CURSOR, problems.UNKNOWN_PARAMETER, problems.NOT_ACCEPTABLE,
            problems.BAD_VALUE, problems.TOO_SLOW,
        )
        | {
            200: {
                "headers": links | tag,
                "content": {one: {"schema": {"type": "string"}} for one in offered},
            },
            304: {"description": "Không đổi"},
        },
    )(read)  # fmt: skip


def _parameters(resource: Resource) -> list[inspect.Parameter]:
    """What the route of a resource is called with."""

    def one(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)

    def condition(column: str) -> inspect.Parameter:
        kind: Any = resource.type_of(column)
        if kind is int:
            kind = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
        return one(column, Annotated[list[kind] | None, Query(description=resource.columns[column]["meaning"])], None)

    argument = []
    if resource.given:
        name, kind, meaning = resource.given
        argument = [one(name, Annotated[kind, Query(description=meaning)])]
    return [
        one("request", Request),
        one("key", Admitted),
        *argument,
        *map(condition, resource.asked),
        one("limit", Annotated[int, Query(ge=1, le=max(formats.MOST_ROWS.values()), description="Số dòng một trang")],
            formats.DEFAULT_ROWS),
        one("cursor", Annotated[str | None, Query(max_length=2000, description="next_cursor của trang trước")], None),
        one("format", Annotated[Format | None, Query(description="Thay cho Accept")], None),
    ]  # fmt: skip


def _model(resource: Resource) -> type[BaseModel]:
    """A page of a resource, as OpenAPI has it."""
    name = "".join(part.capitalize() for part in resource.view.split("_"))
    columns: dict[str, Any] = {
        column: (resource.type_of(column) | None, Field(description=said["meaning"]))
        for column, said in resource.columns.items()
    }
    row = create_model(name, **columns)
    return create_model(
        f"{name}Page",
        data=(list[row], Field(description=resource.meaning)),  # type: ignore[valid-type]
        next_cursor=(str | None, Field(description="Trang sau; null: đã hết")),
    )


def _only_known(request: Request, resource: Resource) -> None:
    """Raises: Refused if the request has a parameter that does not exist: a mistyped condition would be none."""
    known = {"limit", "cursor", "format", *resource.asked, *(resource.given[:1] if resource.given else ())}
    if unknown := sorted(set(request.query_params) - known):
        named = ", ".join(one for one in unknown if one.isidentifier() and len(one) <= 40)
        raise problems.Refused(
            problems.UNKNOWN_PARAMETER.because(
                f"Không có tham số {named}. Có: {', '.join(sorted(known))}."
                if named
                else f"Có: {', '.join(sorted(known))}."
            )
        )


def _without_nul(asked: dict[str, list[Any]]) -> None:
    """Raises: Refused if a text has a letter that no text of PostgreSQL has."""
    for column, among in asked.items():
        if any(isinstance(one, str) and "\0" in one for one in among):
            raise problems.Refused(problems.BAD_VALUE.because(f"{column} có ký tự không dùng được."))


def conditions(served: dict[str, Resource], path: str) -> tuple[Resource, dict[str, list[Any]]]:
    """The resource that a path names, and its conditions.

    Raises: Refused if there is no such resource, or it has no such condition.
    """
    parts = urlsplit(path)
    resource = served.get(parts.path.removeprefix("/v1/"))
    if resource is None or resource.given:
        raise problems.Refused(problems.BAD_VALUE.because("path không phải là địa chỉ của một bảng; xem /v1/."))
    asked: dict[str, list[Any]] = {}
    for column, value in parse_qsl(parts.query, keep_blank_values=True):
        if column not in resource.asked:
            raise problems.Refused(
                problems.BAD_VALUE.because(f"path: chỉ dùng các điều kiện {', '.join(resource.asked)}.")
            )
        asked.setdefault(column, []).append(_parsed(resource.type_of(column), column, value))
    _without_nul(asked)
    return resource, asked


def _parsed(kind: Any, column: str, value: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False}[value.lower()]
        return date.fromisoformat(value) if kind is date else kind(value)
    except (ValueError, KeyError):
        raise problems.Refused(problems.BAD_VALUE.because(f"path: {column} không đúng.")) from None
