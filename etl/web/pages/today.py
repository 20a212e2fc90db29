"""Hôm nay: where everybody begins."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from etl.reports import quality
from etl.stewardship import history, issues, overview
from etl.warehouse import database
from etl.web import render
from etl.web.access import Here, Reader

router = APIRouter()


@router.get("/")
def today(request: Request, here: Here, person: Reader) -> Response:
    """What arrived, what is missing, what is open, and what stands before the next report."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        seen = overview.today(cursor, units=person.units)
        checked = issues.last_checked(cursor)
        waiting = history.batches(cursor, units=person.units, by=person.name, state="waiting", limit=5)
    return render.page(
        request,
        "today.html",
        seen=seen,
        waiting=waiting,
        checked=max(checked.values(), default=None),
        statuses=quality.STATUSES,
        most=max((day.accepted + day.with_errors + day.refused + day.waiting for day in seen.days), default=0) or 1,
    )
