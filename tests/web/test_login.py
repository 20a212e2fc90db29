"""Logging in to `cchc serve`: what is told, what is recorded, and what a cookie is."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from etl.web import app, login, sessions
from tests.databases import rows
from tests.web.conftest import PASSWORD, csrf, logged_in


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the login would have waited."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(login.asyncio, "sleep", sleep)
    login.failures.clear()
    return waits


def browser_at(pages: FastAPI) -> tuple[TestClient, str]:
    """A browser at the login, and the token of its form."""
    client = TestClient(pages, follow_redirects=False)
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/login").text)
    assert found
    return client, found[1]


def events(pages: FastAPI) -> list[tuple]:
    statement = "select name, kind, by_name from access.person_event where kind <> 'added' order by event_id"
    return rows(pages.state.warehouse().url, statement)


def test_a_name_and_its_password_open_a_session(pages: FastAPI) -> None:
    client, token = browser_at(pages)
    answer = client.post("/login", data={"csrf": token, "name": "ops", "password": PASSWORD, "next": "/users"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/users")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=43200", "Path=/"))
    assert "Secure" not in cookie  # this one came by http
    assert client.get("/users").status_code == 200
    assert events(pages) == [("ops", "logged_in", "ops")]

    old = client.cookies[sessions.COOKIE]
    assert client.post("/logout", data={"csrf": csrf(client)}).headers["location"] == "/login"
    client.cookies.set(sessions.COOKIE, old)
    assert client.get("/users").status_code == 303


def test_people_who_come_by_https_are_given_cookies_for_https_alone(pages: FastAPI) -> None:
    behind_a_proxy = app.create(pages.state.warehouse, https=True)
    client = TestClient(behind_a_proxy, follow_redirects=False)
    cookie = client.get("/login").headers["set-cookie"]
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=strict"))


@pytest.mark.parametrize("name", ["ops", "nobody-here", "một mật khẩu gõ nhầm chỗ", "", "\x00", "x" * 5000])
def test_a_wrong_pair_is_told_in_one_sentence_and_recorded_without_what_was_typed(pages: FastAPI, name: str) -> None:
    client, token = browser_at(pages)
    answer = client.post("/login", data={"csrf": token, "name": name, "password": "không phải mật khẩu"})
    assert (answer.status_code, "Tên hoặc mật khẩu không đúng." in answer.text) == (403, True)
    assert sessions.COOKIE not in client.cookies
    known = name if name == "ops" else ""
    assert events(pages) == [(known, "refused", known)]


def test_whoever_has_no_password_comes_in_through_airflow_only(pages: FastAPI) -> None:
    rows(pages.state.warehouse().url, "update access.person set password_hash = null where name = 'ops' returning 1")
    client, token = browser_at(pages)
    for password in ("", "None", PASSWORD):
        answer = client.post("/login", data={"csrf": token, "name": "ops", "password": password})
        assert answer.status_code == 403


def test_each_failure_makes_the_next_try_slower_and_locks_nobody_out(pages: FastAPI, waited: list[float]) -> None:
    client, token = browser_at(pages)
    for _ in range(9):
        client.post("/login", data={"csrf": token, "name": " ops", "password": "không phải mật khẩu"})
    assert waited == [0, 0, 0, 0.5, 1, 2, 4, 5, 5]
    client.post("/login", data={"csrf": token, "name": "reader", "password": PASSWORD})
    assert waited[-1] == 0  # of others nothing is asked
    for seconds in (5, 0):
        answer = client.post("/login", data={"csrf": token, "name": "ops", "password": PASSWORD})
        assert (answer.status_code, waited[-1]) == (303, seconds)


@pytest.mark.parametrize("given", [{}, {"csrf": ""}, {"csrf": "another form's"}])
def test_a_form_that_was_not_ours_logs_nobody_in(pages: FastAPI, given: dict[str, str]) -> None:
    client, _ = browser_at(pages)
    assert client.post("/login", data={**given, "name": "ops", "password": PASSWORD}).status_code == 403
    assert events(pages) == []


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/users", "/users"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("", "/"),
    ],
)
def test_after_the_login_comes_the_page_that_was_asked_for_and_none_of_others(
    pages: FastAPI, asked: str, leads_to: str
) -> None:
    client, token = browser_at(pages)
    data = {"csrf": token, "name": "ops", "password": PASSWORD, "next": asked}
    assert client.post("/login", data=data).headers["location"] == leads_to


def test_who_is_not_logged_in_any_more_is_sent_to_the_login_as_a_whole(pages: FastAPI) -> None:
    nobody = TestClient(pages, follow_redirects=False)
    assert nobody.get("/users").headers["location"] == "/login?next=/users"
    part = nobody.get("/users", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login?next=/users")


def test_what_is_too_large_is_not_read(pages: FastAPI) -> None:
    answer = logged_in(pages, "ops").post("/logout", content=b"x", headers={"Content-Length": str(60 * 2**20)})
    assert (answer.status_code, "50 MB" in answer.text) == (413, True)
