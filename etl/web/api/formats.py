"""How rows are written: JSON, CSV, SDMX-CSV 2.0; and that what a reader has already is not sent again."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from fastapi import Request
from starlette.responses import Response

from etl.web.api import problems
from etl.web.api.resources import Resource


class Format(StrEnum):
    """What a reader may ask for by `format`; else `Accept` says."""

    json = "json"
    csv = "csv"
    sdmx_csv = "sdmx-csv"


MEDIA_TYPES = {
    Format.json: "application/json",
    Format.csv: "text/csv; charset=utf-8",
    Format.sdmx_csv: "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8",
}
DEFAULT_ROWS = 1000
MOST_ROWS = {Format.json: 10_000, Format.csv: 50_000, Format.sdmx_csv: 50_000}


def chosen(request: Request, resource: Resource, asked: Format | None) -> Format:
    """The format of an answer.

    Raises: Refused if the resource has none that the reader takes.
    """
    if asked is None:
        asked = _accepted(request.headers.get("accept", "*/*"))
    if asked is None or (asked is Format.sdmx_csv and not resource.is_figures):
        raise problems.Refused(problems.NOT_ACCEPTABLE)
    return asked


def _accepted(accept: str) -> Format | None:
    """The format that a header asks for most; JSON if it takes anything."""
    offers = []
    for place, one in enumerate(accept.lower().split(",")):
        kind, *more = (part.strip() for part in one.split(";"))
        weight = next((part[2:] for part in more if part.startswith("q=")), "1")
        try:
            offers.append((-float(weight), place, kind))
        except ValueError:
            continue
    for less, _, kind in sorted(offers):
        if less == 0:  # q=0: anything but this
            continue
        if kind in ("*/*", "application/*", "application/json"):
            return Format.json
        if kind in ("text/*", "text/csv"):
            return Format.csv
        if kind == "application/vnd.sdmx.data+csv":
            return Format.sdmx_csv
    return None


def written(form: Format, resource: Resource, rows: list[tuple[Any, ...]], next_cursor: str | None) -> bytes:
    """The body of an answer."""
    if form is Format.json:
        names = list(resource.columns)
        data = [dict(zip(names, map(_json, row), strict=True)) for row in rows]
        return json.dumps({"data": data, "next_cursor": next_cursor}, ensure_ascii=False).encode()
    if form is Format.csv:
        return _csv(resource.columns, rows)
    return _csv(_sdmx_header(), (_sdmx(resource, row) for row in rows))


def respond(
    request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None, *, name: str | None = None
) -> Response:
    """An answer; 304 without a body if the reader has the same already (If-None-Match)."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'  # weak: the same rows may travel packed or not
    sent = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"} | (headers or {})
    if name:
        sent["Content-Disposition"] = f'attachment; filename="{name}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if "*" in known or tag.removeprefix("W/") in known:
        return Response(status_code=304, headers=sent)
    return Response(body, headers=sent, media_type=media_type)


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return ";".join(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # RFC 4180
    writer.writerow(header)
    writer.writerows([_text(value) for value in row] for row in rows)
    return text.getvalue().encode()


# --- SDMX-CSV 2.0 -----------------------------------------------------------------------------------------------------

AGENCY, VERSION = "VN_CCHC", "1.0.0"
DIMENSIONS = {
    "REF_AREA": "unit_code",
    "UNIT_VALID_FROM": "unit_valid_from",
    "INDICATOR": "indicator_code",
    "PERIOD_CODE": "period_code",
}
ATTRIBUTES = {
    "NUMERATOR": "numerator",
    "DENOMINATOR": "denominator",
    "UNIT_MEASURE": "unit_of_measure",
    "FIGURE_STATUS": "status",
    "AS_OF": "as_of",
    "REVISION": "revision",
    "RELEASE": "release_id",
}
# Code list CL_OBS_STATUS: A normal, P provisional, L not collected, M cannot exist, O missing
OBS_STATUS = {"not_applicable": "M", "not_reported": "L", "not_computable": "O", "undefined": "M"}


def _sdmx_header() -> list[str]:
    return [
        "STRUCTURE", "STRUCTURE_ID", "ACTION", *DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", *ATTRIBUTES
    ]  # fmt: skip


def _sdmx(resource: Resource, row: tuple[Any, ...]) -> list[Any]:
    """An observation. A period begins on the 15th of a month: time is its first day and how long it lasts."""
    said = dict(zip(resource.columns, row, strict=True))
    status = OBS_STATUS.get(said["status"], "P" if said["is_provisional"] else "A")
    return [
        "dataflow",
        f"{AGENCY}:{resource.view.upper()}({VERSION})",
        "I",
        *(said[column] for column in DIMENSIONS.values()),
        f"{said['period_start']:%Y-%m-%d}/{_duration(said['period_start'], said['period_end'])}",
        said["value"],
        status,
        *(said.get(column) for column in ATTRIBUTES.values()),
    ]


def _duration(first: date, last: date) -> str:
    """How long a period lasts, as ISO 8601 has it.

    >>> _duration(date(2021, 6, 15), date(2021, 9, 14)), _duration(date(2020, 12, 15), date(2021, 12, 14))
    ('P3M', 'P1Y')
    >>> _duration(date(2020, 12, 15), date(2021, 11, 20))
    'P341D'
    """
    months = (last.year - first.year) * 12 + last.month - first.month
    if last.day + 1 != first.day or months <= 0:
        return f"P{(last - first).days + 1}D"
    return "P1Y" if months == 12 else f"P{months}M"
