"""Người dùng: who may come in, for ops. They are added and removed by command."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from etl.stewardship import people
from etl.warehouse import database
from etl.web import render
from etl.web.access import Here, Ops

router = APIRouter()


@router.get("/users")
def users(request: Request, here: Here, person: Ops) -> Response:
    """Everybody with their role and unit."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        return render.page(request, "users.html", accounts=people.accounts(cursor))
