"""Số liệu: the appendix of a unit with what came before, units side by side, the forms to take away, and releases."""

import tempfile
from decimal import Decimal
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from etl.errors import UsageError
from etl.figures.prove import STATUSES
from etl.periods import Period
from etl.publication import chain, explaining, shown
from etl.publication.forms import filled, writing
from etl.warehouse import database
from etl.web import render
from etl.web.access import Denied, Here, Person, Reader

router = APIRouter()
KINDS = {
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
WIDTH, HEIGHT = 96, 24  # of a trend line
EXPLAINED_ROWS = 200  # of a figure that a page shows; all of them: cchc explain


@router.get("/figures")
def newest(request: Request, here: Here, person: Reader, period: str = "", unit: str = "") -> Response:
    """The newest period and the topmost unit that somebody sees, or those that were chosen."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        periods = shown.periods(cursor, person.units)
        if not periods:
            return render.page(request, "figures_none.html")
        period = period if period in periods else periods[0]
        units = shown.units(cursor, period, person.units)
    unit = unit if unit in {one.code for one in units} else units[0].code
    return render.see_other(request, f"/figures/{period}/{unit}")


@router.get("/figures/{period}/{unit}")
def appendix(request: Request, here: Here, person: Reader, period: str, unit: str) -> Response:
    """The appendix of a unit."""
    _see(person, unit)
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        rows = shown.figures(cursor, period, unit)
        units = shown.units(cursor, period, person.units)
        periods = shown.periods(cursor, person.units)
    return render.page(
        request,
        "figures.html",
        rows=rows,
        lines={row.code: line(row.series) for row in rows},
        period=Period.parse(period),
        periods=[(code, Period.parse(code)) for code in periods],
        units=units,
        unit=next(one for one in units if one.code == unit),
        statuses=STATUSES,
        releases=sorted({row.release_id for row in rows if row.release_id}),
        moved=[row for row in rows if row.has_moved],
    )


@router.get("/figures/{period}/{unit}/below")
def below(request: Request, here: Here, person: Reader, period: str, unit: str, code: str = "3.4.3") -> Response:
    """One indicator for all units below, side by side."""
    _see(person, unit)
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        rows = shown.figures(cursor, period, unit)
        beside = shown.side_by_side(cursor, period, unit, code, person.units)
        units = shown.units(cursor, period, person.units)
    return render.page(
        request,
        "figures_below.html",
        beside=beside,
        most=max((one.value for one in beside if one.value is not None), default=Decimal(0)),
        codes=[row for row in rows if row.kind == "indicator"],
        code=code,
        period=Period.parse(period),
        unit=next(one for one in units if one.code == unit),
        statuses=STATUSES,
    )


@router.get("/figures/{period}/{unit}/explained/{code}")
def explained(
    request: Request, here: Here, person: Reader, period: str, unit: str, code: str, release: int = 0
) -> Response:
    """What one figure is: its definition, its parts, its first rows, and how many people had decided about."""
    _see(person, unit)
    with database.transaction(here.url) as connection:
        told = explaining.explain(
            connection, Period.parse(period), unit, code, release=release or None, limit=EXPLAINED_ROWS
        )
    return render.page(request, "figure_explained.html", told=told, words=explaining.DECIDED, most=EXPLAINED_ROWS)


@router.get("/figures/{period}/{unit}/form")
def form(
    here: Here, person: Reader, period: str, unit: str, name: str = "appendix", to: str = ".pdf", release: int = 0
) -> Response:
    """An official form as a file, of a draft or of a release."""
    _see(person, unit)
    if to not in KINDS:
        raise UsageError(f"Biểu mẫu được xuất ra {', '.join(KINDS)}.")
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        made = filled.fill(cursor, name, Period.parse(period), unit, release or None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"form{to}"
        writing.write(made, path)
        content = path.read_bytes()
    file = f"{name}-{Period.parse(period).calendar_code}-{unit}{to}"
    return Response(content, media_type=KINDS[to], headers={"Content-Disposition": f'attachment; filename="{file}"'})


@router.get("/releases")
def releases(request: Request, here: Here, person: Reader) -> Response:
    """What was published, the newest first."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = shown.releases_seen(cursor, person.units)
    return render.page(request, "releases.html", releases=found)


@router.get("/releases/{release_id}/verify")
def verify(request: Request, here: Here, person: Reader, release_id: int) -> Response:
    """Whether a release is as it was published."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = next((one for one in shown.releases_seen(cursor, person.units) if one.release_id == release_id), None)
        if found is None:
            raise UsageError(f"Không có bản công bố số {release_id}.")
        wrong = chain.verify(cursor, str(release_id))
    return render.page(request, "release_verified.html", release=found, wrong=wrong)


def line(series: tuple[tuple[str, Decimal | None], ...]) -> str:
    """The points of a trend line, left to right, the largest value at the top; '' of less than two values.

    >>> line((("2020-N", Decimal(1)), ("2021-N", Decimal(3))))
    '2,22 94,2'
    """
    known = [(place, value) for place, (_, value) in enumerate(series) if value is not None]
    if len(known) < 2:
        return ""
    values = [value for _, value in known]
    low, span = min(values), max(values) - min(values)
    steps = max(len(series) - 1, 1)
    points = []
    for place, value in known:
        height = float((value - low) / span) if span else 0.5
        points.append((2 + place * (WIDTH - 4) / steps, HEIGHT - 2 - height * (HEIGHT - 4)))
    return " ".join(f"{x:g},{y:g}" for x, y in ((round(x, 1), round(y, 1)) for x, y in points))


def _see(person: Person, unit: str) -> None:
    if not person.may_see(unit):
        raise Denied("Đơn vị này không thuộc phạm vi bạn được xem.")
