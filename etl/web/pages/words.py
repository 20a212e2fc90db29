"""Từ chưa biết: what offices say that no vocabulary knows; what it means is said once, and the rows load."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from psycopg2.extensions import connection as Connection

from etl import catalogue, pipeline
from etl.catalogue import words as vocabularies
from etl.errors import LoadFailed, UsageError
from etl.spelling import fold
from etl.stewardship import issues, words
from etl.stewardship.words import UnknownWord
from etl.warehouse import database
from etl.web import render
from etl.web.access import Here, Person, Reader, Steward

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/words")
def unknown(request: Request, here: Here, person: Reader) -> Response:
    """The words that keep rows in quarantine."""
    return _page(request, here, person)


@router.post("/words/map")
def map_word(
    request: Request,
    here: Here,
    person: Steward,
    export: Text,
    column: Text,
    word: Text,
    meaning: Text = "",
    reason: Text = "",
) -> Response:
    """Say what a word means, and load the rows that waited for it."""
    with database.transaction(here.url) as connection:
        if not any((one.export, one.column, one.word) == (export, column, word) for one in _seen(connection, person)):
            raise UsageError("Không còn dòng nào chờ từ này, hoặc từ này của đơn vị khác. Tải lại trang.")
    if not meaning.strip():
        raise UsageError(f"Hãy chọn nghĩa của «{word}».")
    mapped = words.map_word(here.url, export, column, word, meaning.strip(), by=person.name, reason=reason)
    failed = []
    for file_id in mapped.files:
        try:
            pipeline.load_file(here.settings, here.url, file_id)
        except LoadFailed as error:  # it waits, and the next run tries again
            failed.append(str(error))
    still = words.still_waiting(here.url, mapped)
    return _page(request, here, person, mapped=mapped, loaded=mapped.waiting - still, still=still, failed=failed)


def _page(request: Request, here: Here, person: Person, **more: Any) -> Response:
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = _seen(connection, person)
        checked = issues.last_checked(cursor)
    return render.page(
        request,
        "words.html",
        words=[(one, _meanings(one)) for one in found],
        checked=max(checked.values(), default=None),
        **{"mapped": None, "loaded": 0, "still": 0, "failed": []} | more,
    )


def _seen(connection: Connection, person: Person) -> list[UnknownWord]:
    """The unknown words that somebody may see: who does not see all, those that rows of their units say."""
    found = words.unknown(connection)
    if person.units is None:
        return found
    with connection.cursor() as cursor:
        listed = issues.listed(cursor, units=person.units, states=tuple(issues.STATES), limit=100_000)
    theirs = {(one.key.export, fold(one.key.word)) for one in listed.issues if one.key.word}
    return [one for one in found if (one.export, fold(one.word)) in theirs]


def _meanings(word: UnknownWord) -> Sequence[str]:
    """What it may mean: the vocabulary of its column; () of a name, which means a code of the office's lists."""
    column = catalogue.export(word.export).column(word.column)
    return vocabularies.vocabulary(column) if column.type in vocabularies.CODED else ()
