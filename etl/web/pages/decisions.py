"""Quyết định: what was decided, by whom; one batch, which can be undone or approved; and what is waived often."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from etl.stewardship import decisions, history
from etl.warehouse import database
from etl.web import render
from etl.web.access import Approver, Here, Reader, Steward

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/decisions")
def batches(request: Request, here: Here, person: Reader, state: str = "", before: int = 0) -> Response:
    """The batches, the newest first."""
    state = "waiting" if state == "waiting" else ""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = history.batches(
            cursor, units=person.units, by=person.name, state=state or None, before=before, limit=history.PAGE + 1
        )
    page = found[: history.PAGE]
    more = {"state": state, "before": page[-1].batch_id} if len(found) > len(page) else {}
    return render.page(
        request,
        "decisions.html",
        batches=page,
        state=state,
        is_first=not before,
        more=urlencode(more),
        titles=decisions.TITLES,
    )


@router.get("/decisions/waivers")
def waivers(request: Request, here: Here, person: Reader) -> Response:
    """The rules that are waived often, and the units that need many waivers."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        rules, units = history.waived(cursor, units=person.units)
    return render.page(request, "waivers.html", rules=rules, units=units)


@router.get("/decisions/{batch_id}")
def batch(
    request: Request,
    here: Here,
    person: Reader,
    batch_id: int,
    after: int = 0,
    rows: int = -1,
    held: int = 0,
    waiting: int = 0,
) -> Response:
    """One batch: each decision with what stood before and after. `rows` …: what it has just done."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        found = history.batch(cursor, batch_id, units=person.units, by=person.name)
        of_batch = history.decisions(cursor, found.undoes or batch_id, after=after, limit=history.PAGE + 1)
    page = of_batch[: history.PAGE]
    return render.page(
        request,
        "batch.html",
        batch=found,
        decisions=page,
        is_first=not after,
        more=urlencode({"after": page[-1].decision_id}) if len(of_batch) > len(page) else "",
        done={"rows": rows, "held": held, "waiting": waiting} if rows >= 0 else None,
        titles=decisions.TITLES,
        states=history.STATES,
    )


@router.post("/decisions/{batch_id}/undo")
def undo(request: Request, here: Here, person: Steward, batch_id: int, reason: Text = "") -> Response:
    """Take a batch back by a new one."""
    _see(here, person, batch_id)
    done = decisions.undo(here.settings, here.url, batch_id, by=person.name, reason=reason)
    said = {"rows": done.rows, "held": done.still_held}
    return render.see_other(request, f"/decisions/{done.batch_id}?{urlencode(said)}")


@router.post("/decisions/{batch_id}/approve")
def approve(request: Request, here: Here, person: Approver, batch_id: int, agreed: Text, reason: Text = "") -> Response:
    """Say yes or no to the waivers of a batch, as a second person."""
    _see(here, person, batch_id)
    done = decisions.approve(here.settings, here.url, batch_id, by=person.name, reason=reason, agreed=agreed == "yes")
    said = {"rows": done.rows, "held": done.still_held}
    return render.see_other(request, f"/decisions/{done.batch_id}?{urlencode(said)}")


def _see(here: Here, person: Reader, batch_id: int) -> None:
    """Raises: UsageError if the batch is not this person's to see."""
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        history.batch(cursor, batch_id, units=person.units, by=person.name)
