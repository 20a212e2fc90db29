"""Whoever is of one commune sees nothing of another on any page: every route, at every address that pages lead to.

The same of the views is in tests/reporting/test_readers.py, and of the API in tests/reporting/test_api.py.
"""

import html
import re

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from etl import pipeline, settings
from etl.periods import Period
from etl.web import app
from etl.web.access import Warehouse
from tests.web.conftest import logged_in
from tests.web.test_pages import CODE, loaded  # noqa: F401 - a fixture

OF_ANOTHER = (f"{CODE}0003", f"{CODE}0005", "Ia Dơk", "23860")
# Routes that no link leads to here: they are open, or ask for what this warehouse has not.
# Releases have a test of their own, in test_figures_pages.py: what waits here would stand in the way of one.
NOT_REACHED = {"/health", "/login", "/files/{file_id}/checks", "/releases/{release_id}/verify"}


def reached(client: TestClient) -> dict[str, str]:
    """Every page that links lead to from the first one, by its address."""
    found: dict[str, str] = {}
    ahead = ["/"]
    while ahead:
        address = ahead.pop()
        if address in found or address.startswith(("/static/", "/login", "/logout")):
            continue
        answer = client.get(address)
        found[address] = answer.text if answer.headers.get("content-type", "text").startswith("text") else ""
        ahead += [answer.headers["location"]] if answer.is_redirect else []
        ahead += [html.unescape(one) for one in re.findall(r'(?:href|hx-get)="(/[^"#]*)', found[address])]
    return found


def test_no_page_tells_one_commune_of_another(loaded: tuple[str, settings.Settings]) -> None:  # noqa: F811
    """What ops reaches, somebody of Chư Ty asks for: a page without the other commune, or none."""
    url, here = loaded
    pipeline.materialise(url, Period.parse("2021-N"))
    pages = app.create(lambda: Warehouse(here, url))
    everything = reached(logged_in(pages, "ops"))
    routes = {r.path: r.path_regex for r in pages.routes if isinstance(r, APIRoute) and "GET" in r.methods}
    paths = {address.partition("?")[0] for address in everything}
    missed = {path for path, pattern in routes.items() if not any(pattern.match(one) for one in paths)}
    assert missed <= NOT_REACHED, "a page that no link leads to is asked for by nobody here"
    assert len([text for text in everything.values() if any(word in text for word in OF_ANOTHER)]) > 10
    of_chu_ty = logged_in(pages, "of-chu-ty")
    own = 0
    for address in everything:
        answer = of_chu_ty.get(address)
        told = [word for word in OF_ANOTHER if word in answer.text and word not in address]
        assert (told, answer.status_code in (200, 303, 403, 422)) == ([], True), address
        own += answer.status_code == 200
    assert own > 10, "and of their own commune they see as much"
