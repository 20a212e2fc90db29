"""Who may see and do what: every route of the app as everybody, with and without what shows that a form was ours."""

import logging
import re
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from etl import settings
from etl.stewardship import people
from etl.warehouse import database
from etl.web import access, app, sessions
from etl.web.access import Warehouse
from etl.web.pages import users
from tests.databases import fresh_database, rows
from tests.web.conftest import PEOPLE, csrf, logged_in, populate

# What anybody may ask. Every other route of the app names a role.
OPEN = {("GET", "/login"), ("POST", "/login"), ("GET", "/health")}
RIGHTS = list(people.ROLES)


@pytest.fixture(scope="module")
def walked(server_url: str, template_database: str) -> Iterator[FastAPI]:
    """An app that nothing is changed in: every route is only asked for, and none of them does anything."""
    with fresh_database(server_url, template_database) as url:
        populate(url)
        yield app.create(lambda: Warehouse(settings.read(), url))


def routes(of: FastAPI) -> list[tuple[str, str, APIRoute]]:
    """Every method, path and route of an app."""
    return [(method, r.path, r) for r in of.routes if isinstance(r, APIRoute) for method in sorted(r.methods)]


def guarded(of: FastAPI) -> list[tuple[str, str, str]]:
    """Every method and path with the role that it asks for."""
    return [(m, path, str(app.role_of(r))) for m, path, r in routes(of) if (m, path) not in OPEN]


def address(path: str) -> str:
    """A path whose parts are filled in with what is not there, and a unit that the people of this page see."""
    filled = path.replace("{unit}", "23857")  # which all of them see
    return "/".join("999999999" if part.startswith("{") else part for part in filled.split("/"))


# --- every route ------------------------------------------------------------------------------------------------------


def test_every_route_asks_for_a_role_but_those_that_are_open(walked: FastAPI) -> None:
    assert {(m, p) for m, p, r in routes(walked) if app.role_of(r) is None} == OPEN
    assert [r.path for r in walked.routes if not isinstance(r, APIRoute)] == ["/static"]


def test_nobody_gets_anything_but_the_login(walked: FastAPI) -> None:
    nobody = TestClient(walked, follow_redirects=False)
    for method, path, _ in guarded(walked):
        for headers in ({}, {"X-Forwarded-User": "ops", "Remote-User": "ops", "Authorization": "Bearer ops"}):
            answer = nobody.request(method, address(path), headers=headers)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login"), (method, path)
            assert not answer.content


@pytest.mark.parametrize("name", ["reader", "steward", "approver", "ops"])
def test_a_route_is_closed_to_whoever_may_less_than_it_asks(walked: FastAPI, name: str) -> None:
    client = logged_in(walked, name)
    client.headers["X-CSRF-Token"] = csrf(client)
    role = PEOPLE[name][0]
    for method, path, asked in guarded(walked):
        if path == "/logout":
            continue
        if RIGHTS.index(role) < RIGHTS.index(asked):
            answer = client.request(method, address(path))
            assert answer.status_code == 403, (method, path)
            assert f"Việc này cần quyền «{people.ROLES[asked]}»." in answer.text
        elif method == "GET":  # what is not there is told as such, and not as a traceback
            assert client.get(address(path)).status_code in (200, 303, 404, 422), path


def test_a_page_of_a_unit_is_closed_to_whoever_does_not_see_it(walked: FastAPI) -> None:
    client = logged_in(walked, "of-chu-ty")
    client.headers["X-CSRF-Token"] = csrf(client)
    for method, path, _ in guarded(walked):
        if "{unit" in path:
            of_another = re.sub(r"\{unit[^}]*\}", "23860", path)
            assert client.request(method, address(of_another)).status_code in (403, 404), (method, path)


def test_nothing_is_changed_by_a_form_that_was_not_ours(walked: FastAPI) -> None:
    client = logged_in(walked, "ops")
    other = csrf(logged_in(walked, "ops"))  # of another session of the same person
    for method, path, _ in guarded(walked):
        if method in access.SAFE:
            continue
        for sent in ({}, {"data": {"csrf": other}}, {"headers": {"X-CSRF-Token": other}}, {"json": {"csrf": other}}):
            answer = client.request(method, address(path), **sent)
            assert answer.status_code == 403, (method, path)
            assert "chưa có gì thay đổi" in answer.text


def test_a_page_that_asks_for_no_role_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "router", APIRouter())
    users.router.add_api_route("/all", lambda: "everything")
    with pytest.raises(TypeError, match="/all does not say which role"):
        app.create(lambda: pytest.fail("no warehouse is needed for that"))


def test_every_answer_says_what_a_browser_may_do_with_it(walked: FastAPI) -> None:
    ops = logged_in(walked, "ops")
    for path in ("/", "/login", "/health", "/nothing-here", "/static/pages.css", "/static/nothing-here"):
        headers = ops.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
        assert ("no-store" in headers["cache-control"]) == (path != "/static/pages.css")


# --- people and units -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("steward", {"631", "23857", "23860"}),
        ("of-chu-ty", {"23857"}),
        ("ops", {"631", "23857", "23860", "64", ""}),
    ],
)
def test_people_see_their_unit_and_what_is_below_it(walked: FastAPI, name: str, seen: set[str]) -> None:
    with database.transaction(walked.state.warehouse().url) as connection, connection.cursor() as cursor:
        person = access.find(cursor, name)
    assert person
    assert {code for code in ("631", "23857", "23860", "64", "") if person.may_see(code)} == seen


def test_what_a_dissolved_unit_left_is_seen_where_it_was_and_where_it_went(pages: FastAPI) -> None:
    url = pages.state.warehouse().url
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update core.unit set dissolved_on = '2025-06-30', successor_code = '23860' where org_code = '23857'"
        )
        of_dok = access.find(cursor, "of-chu-ty"), access.find(cursor, "steward")
        people.add(cursor, "of-ia-dok", "steward", "23860", password=None, by="test")
        heir = access.find(cursor, "of-ia-dok")
    assert [p.units for p in (*of_dok, heir) if p] == [{"23857"}, {"631", "23857", "23860"}, {"23857", "23860"}]


def test_who_is_removed_is_out_at_once_and_what_they_did_stays(pages: FastAPI) -> None:
    url, client = pages.state.warehouse().url, logged_in(pages, "steward")
    assert client.get("/").status_code == 200
    with database.transaction(url) as connection, connection.cursor() as cursor:
        people.remove(cursor, "steward", by="ops")
        # a session that was opened just then is worth nothing either
        token, _ = sessions.begin(cursor, "steward")
    assert client.get("/").status_code == 303
    client.cookies.set(sessions.COOKIE, token)
    answer = client.get("/")
    assert (answer.status_code, "chưa được cấp quyền" in answer.text) == (403, True)
    assert rows(url, "select kind, by_name from access.person_event where name = 'steward' order by event_id") == [
        ("added", "test"),
        ("removed", "ops"),
    ]


def test_a_session_ends(pages: FastAPI) -> None:
    url, client = pages.state.warehouse().url, logged_in(pages, "steward")
    (kept,) = rows(url, "select token_hash, expires_at - clock_timestamp() < '12 hours' from access.session")
    assert kept[1]
    assert client.cookies[sessions.COOKIE] not in kept[0]  # nobody who reads the table is logged in by it
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("update access.session set expires_at = clock_timestamp()")
    assert client.get("/").status_code == 303


def test_another_role_holds_from_the_next_login_on(pages: FastAPI) -> None:
    url, client = pages.state.warehouse().url, logged_in(pages, "steward")
    assert client.get("/users").status_code == 403
    with database.transaction(url) as connection, connection.cursor() as cursor:
        people.change(cursor, "steward", role="ops", by="ops")
    assert client.get("/users").status_code == 303
    assert logged_in(pages, "steward").get("/users").status_code == 200


# --- inside Airflow ---------------------------------------------------------------------------------------------------

CHECK = "airflow.api_fastapi.core_api.security"


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Airflow says of who is there: whoever the request names. It is Airflow itself in the slow test."""

    class User:
        def __init__(self, name: str) -> None:
            self.get_name = lambda: name

    def get_user(request: Request) -> User:
        if (name := request.cookies.get("airflow")) is None:
            raise HTTPException(401)
        return User(name)

    check = ModuleType(CHECK)
    check.get_user = get_user
    monkeypatch.setitem(sys.modules, CHECK, check)


def inside(pages: FastAPI) -> FastAPI:
    """Airflow's own app with ours below /cchc."""
    outer = FastAPI()
    outer.mount("/cchc", app.create(pages.state.warehouse, who=access.by_airflow()))
    return outer


def test_airflow_says_who_is_there_and_our_table_what_they_may(pages: FastAPI, airflow: None) -> None:
    outer = inside(pages)
    client = TestClient(outer, follow_redirects=False)
    assert client.get("/cchc/").status_code == 401
    client.cookies.set("airflow", "somebody")
    assert client.get("/cchc/").status_code == 403
    client.cookies.set("airflow", "ops")
    page = client.get("/cchc/users")
    assert (page.status_code, 'href="/cchc/users"' in page.text, "Đăng xuất" in page.text) == (200, True, False)
    assert "Path=/cchc" in page.headers["set-cookie"]
    assert client.get("/cchc/login").status_code == 404


change = APIRouter()


@change.post("/change")
def changed(person: access.Steward) -> str:
    return person.name


def test_forms_inside_airflow_carry_a_token_of_whoever_is_logged_in_there(pages: FastAPI, airflow: None) -> None:
    outer = inside(pages)
    (ours,) = [route.app for route in outer.routes if getattr(route, "path", "") == "/cchc"]
    app.add(ours, change)
    client = TestClient(outer)
    client.cookies.set("airflow", "steward")
    token = client.get("/cchc/").text.partition('"X-CSRF-Token": "')[2].partition('"')[0]
    assert client.post("/cchc/change").status_code == 403
    assert client.post("/cchc/change", data={"csrf": token}).json() == "steward"
    client.cookies.set("airflow", "ops")  # somebody else logs in with the same browser
    assert client.post("/cchc/change", data={"csrf": token}).status_code == 403


def test_a_session_inside_airflow_logs_nobody_in_elsewhere(pages: FastAPI, airflow: None) -> None:
    client = TestClient(inside(pages))
    client.cookies.set("airflow", "ops")
    token = client.get("/cchc/").cookies[sessions.COOKIE]
    alone = TestClient(pages, follow_redirects=False)
    alone.cookies.set(sessions.COOKIE, token)
    assert alone.get("/").status_code == 303


def test_if_airflow_cannot_be_asked_everything_is_closed(
    pages: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, CHECK, None)  # importing it fails
    outer = inside(pages)
    assert "cannot be loaded" in caplog.text
    client = TestClient(outer, follow_redirects=False)
    client.cookies.set("airflow", "ops")
    client.cookies.set(sessions.COOKIE, logged_in(pages, "ops").cookies[sessions.COOKIE])
    for method, path, _ in guarded(pages):
        assert client.request(method, "/cchc" + address(path)).status_code in (403, 404), path
    assert client.get("/cchc/").status_code == 403


# --- what nobody expected ---------------------------------------------------------------------------------------------


def test_an_error_nobody_expected_tells_no_row_to_anybody(pages: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    router = APIRouter()

    @router.get("/broken")
    def broken(person: access.Reader) -> str:
        raise RuntimeError("Key (id_number)=(064000000001) already exists")

    app.add(pages, router)
    caplog.set_level(logging.INFO)
    answer = logged_in(pages, "ops").get("/broken?q=064000000001")
    assert (answer.status_code, "Trang này bị lỗi" in answer.text) == (500, True)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("etl")]
    assert "GET /broken: RuntimeError at " in ours[0]
    assert "064000000001" not in "".join(ours) + answer.text
