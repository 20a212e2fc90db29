"""Hôm nay: where everybody begins."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from etl.web import render
from etl.web.access import Reader

router = APIRouter()


@router.get("/")
def today(request: Request, person: Reader) -> Response:
    """What there is to do."""
    return render.page(request, "today.html")
