"""The API: the same views by HTTP, each key seeing its unit and what is below it."""

import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from etl.errors import SetupError
from etl.stewardship import readers
from etl.warehouse import database
from etl.web.api import addresses, app, problems, resources, serve
from etl.web.api.asking import Warehouse
from tests.databases import rows
from tests.reporting.conftest import Province
from tests.reporting.test_readers import NOTHING_OF_IA_KLA, OF_OTHERS, OF_OTHERS_TOO

Client = Callable[[str], TestClient]
SERVED = [one for one in resources.resources() if not one.given]
PATHS = [one.path for one in SERVED]
Q3 = {"period_code": "2025-Q3"}


def walked(client: TestClient, path: str, **asked: object) -> list[dict]:
    """Every row of a resource, page by page."""
    found, cursor = [], None
    while True:
        answer = client.get(f"/v1/{path}", params=asked | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


def told(answer: object) -> str:
    """The kind of problem that an answer tells of."""
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"] and body["title_en"]
    return body["type"].removeprefix("urn:cchc:problem:")


@pytest.mark.parametrize("path", PATHS)
def test_a_resource_is_its_view_row_for_row(province: Province, client: Client, path: str) -> None:
    resource = next(one for one in SERVED if one.path == path)
    found = walked(client("province"), path, limit=10_000)
    assert len(found) == rows(province.owner, f"select count(*) from reporting.{resource.view}")[0][0]
    assert list(found[0]) == list(resource.columns)
    in_pages = walked(client("province"), path, limit=max(len(found) // 3, 1))
    assert in_pages == found, "page by page the same, none twice and none left out"


def test_every_view_is_served(province: Province) -> None:
    """A new view wants an entry in etl/web/api/resources.py."""
    views = rows(province.owner, "select viewname::text from pg_views where schemaname = 'reporting'")
    assert {view for (view,) in views} == {one.view for one in SERVED}


@pytest.mark.parametrize("reader", OF_OTHERS)
@pytest.mark.parametrize("path", PATHS)
def test_the_key_of_one_commune_reads_nothing_of_another(client: Client, reader: str, path: str) -> None:
    resource = next(one for one in SERVED if one.path == path)
    if resource.view == "indicator":
        return
    others = () if resource.view in OF_OTHERS_TOO else OF_OTHERS[reader]
    for form in ("json", "csv", *(["sdmx-csv"] if resource.is_figures else [])):
        body = client(reader).get(f"/v1/{path}", params={"format": form, "limit": 10_000}).text
        assert [word for word in others if word in body] == []
        has_rows = json.loads(body)["data"] if form == "json" else body.count("\r\n") > 1
        assert has_rows or (reader == "ia_kla" and resource.view in NOTHING_OF_IA_KLA)
    for code in ("23860", "23869", "23872"):
        if "unit_code" in resource.asked:
            found = client(reader).get(f"/v1/{path}", params={"unit_code": code}).json()["data"]
            assert not [word for word in others if word in str(found)]


def test_every_route_but_health_asks_for_a_key(api: FastAPI) -> None:
    """Each route there is, walked by itself; a signed address brings its own."""
    nobody = TestClient(api)
    for route in api.routes:
        for method in route.methods:
            answer = nobody.request(method, route.path.replace("{token}", "x").replace("{name}", "x"))
            if route.path == "/health":
                assert (answer.status_code, answer.text) == (200, "ok\n")
            elif method != "HEAD":
                assert told(answer) == ("bad-address" if "{token}" in route.path else "no-key"), route.path


def test_a_key_that_ended_reads_nothing(api: FastAPI, province: Province) -> None:
    with database.transaction(province.owner) as connection, connection.cursor() as cursor:
        key_id, key, _ = readers.make_key(cursor, "x", "*", province="H21", lasts=timedelta(days=1), by="test")
    client = TestClient(api, headers={"Authorization": f"Bearer {key}"})
    address = client.post("/v1/addresses", json={"path": "/v1/figures/annual"}).json()["address"]
    assert client.get("/v1/periods").status_code == client.get(urlsplit(address).path).status_code == 200
    ((used,),) = rows(province.owner, "select last_used_at is not null from access.api_key where key_id = %s", key_id)
    assert used
    for ended in ("expires_at = now()", "expires_at = now() + interval '1 day', revoked_at = now()"):
        with database.transaction(province.owner) as connection, connection.cursor() as cursor:
            cursor.execute(f"update access.api_key set {ended} where key_id = %s", (key_id,))
        assert told(client.get("/v1/periods")) == "bad-key"
        assert told(client.get(urlsplit(address).path)) == "bad-address"
    assert told(TestClient(api).get("/v1/periods", headers={"Authorization": "Bearer x\u0000é".encode()})) == "bad-key"


def test_what_was_published_is_read_by_release_at_a_time_and_as_changes(client: Client, province: Province) -> None:
    one = client("ia_dom")
    ((first,), (second,)) = rows(
        province.owner, "select published_at from mart.release where period_code = '2025-Q2' order by release_id"
    )
    late = {"period_code": "2025-Q2", "indicator_code": "3.4.3"}

    def value(path: str, **asked: object) -> list[float]:
        return [row["value"] for row in walked(one, path, **late, **asked)]

    assert value("published", release_id=1) == value("published/as-of", at=first.isoformat()) == [100]
    assert value("published/latest") == value("published/as-of", at=second.isoformat()) == [50]
    assert told(one.get("/v1/published/as-of")) == told(one.get("/v1/published/as-of?at=x")) == "bad-value"
    changes = walked(one, "changes", kind="revised", limit=1)
    assert {row["unit_code"] for row in changes} == {"23872"}
    assert ("3.4.3", 100, 50) in [(r["indicator_code"], r["previous_value"], r["value"]) for r in changes]


def test_conditions_choose_rows(client: Client) -> None:
    flow = client("province").get(
        "/v1/dossier-flow", params=[*Q3.items(), ("field", "Tất cả"), ("unit_code", "23872"), ("unit_code", "64")]
    )
    found = [(row["unit_code"], row["unit_valid_from"], row["received"]) for row in flow.json()["data"]]
    assert found == [("23872", "1900-01-01", 0), ("23872", "2025-07-01", 1), ("64", "1900-01-01", 4)]
    current = {"unit_code": "23872", "field": "Tất cả", "is_current_meaning": "true", **Q3}
    assert len(client("province").get("/v1/dossier-flow", params=current).json()["data"]) == 1


WRONG = {
    "a parameter that is not there": ("figures/annual?unit=64", "unknown-parameter"),
    "a cursor that is none": ("figures/annual?cursor=xyz", "bad-cursor"),
    "a cursor of another question": ("figures/annual?unit_code=64&cursor={cursor}", "bad-cursor"),
    "a cursor of another resource": ("appendix?cursor={cursor}", "bad-cursor"),
    "no number": ("quality?file_id=x", "bad-value"),
    "a number that no table holds": ("quality?file_id=99999999999999999999", "bad-value"),
    "no day": ("figures/annual?unit_valid_from=2025-02-30", "bad-value"),
    "a letter that is none": ("figures/annual?unit_code=%00", "bad-value"),
    "no rows at all": ("figures/annual?limit=0", "bad-value"),
    "a format that is none": ("figures/annual?format=xml", "bad-value"),
    "observations of what are no figures": ("units?format=sdmx-csv", "not-acceptable"),
    "a path that is none": ("nothing", "not-found"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_in_two_languages(client: Client, wrong: str) -> None:
    path, problem = WRONG[wrong]
    page = client("province").get("/v1/figures/annual", params={"limit": 1}).json()
    assert told(client("province").get(f"/v1/{path.format(cursor=page['next_cursor'])}")) == problem


def test_other_requests_are_refused(client: Client) -> None:
    one = client("province")
    assert told(one.delete("/v1/periods")) == "not-allowed"
    assert told(one.get("/v1/periods", headers={"Accept": "image/png"})) == "not-acceptable"
    assert told(one.post("/v1/addresses", content=b"x" * 70_000)) == "too-large"
    assert told(one.post("/v1/addresses", content=b"{")) == "bad-value"
    for path in ("/v1/nothing", "/v1/figures/annual?x=1", "/v1/figures/annual?unit_valid_from=x", "/v1/csv/x/y.csv"):
        assert told(one.post("/v1/addresses", json={"path": path})) == "bad-value"


def test_what_a_reader_has_is_not_sent_again(client: Client) -> None:
    one = client("district")
    first = one.get("/v1/appendix", params=Q3, headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    again = one.get("/v1/appendix", params=Q3, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client("ia_dom").get("/v1/appendix", params=Q3, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200
    packed = one.get("/v1/appendix", params=Q3, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in packed.headers
    assert len(gzip.compress(packed.content)) < len(packed.content) / 3


def test_csv_says_what_json_says(client: Client) -> None:
    one = client("province")
    as_json = one.get("/v1/figures/quarterly", params=Q3).json()["data"]
    answer = one.get("/v1/figures/quarterly", params=Q3, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    as_csv = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(r["unit_name"], r["indicator_code"], r["value"] or None) for r in as_csv] == [
        (r["unit_name"], r["indicator_code"], None if r["value"] is None else as_csv[n]["value"])
        for n, r in enumerate(as_json)
    ]
    assert all(r["value"] is None or float(as_csv[n]["value"]) == r["value"] for n, r in enumerate(as_json))
    page = one.get("/v1/figures/quarterly", params={**Q3, "limit": 5, "format": "csv"})
    further = page.headers["link"].removeprefix("<").partition(">")[0]
    assert one.get(further).text.splitlines()[0] == page.text.splitlines()[0]
    assert one.get(further).text.splitlines()[1] == answer.text.splitlines()[6]


def test_observations_say_when_and_how_long(client: Client) -> None:
    answer = client("ia_dom").get("/v1/figures/half-yearly", params={"format": "sdmx-csv", "indicator_code": "3.4.1"})
    observed = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert answer.headers["content-type"].startswith("application/vnd.sdmx.data+csv")
    first = observed[0]
    assert (first["STRUCTURE"], first["STRUCTURE_ID"]) == ("dataflow", "VN_CCHC:INDICATOR_HALF_YEARLY(1.0.0)")
    assert (first["REF_AREA"], first["INDICATOR"], first["TIME_PERIOD"]) == ("23872", "3.4.1", "2024-12-15/P6M")
    assert {row["OBS_STATUS"] for row in observed} <= set("APLMO")


def test_a_signed_address_reads_what_its_key_reads_until_it_expires(client: Client, api: FastAPI) -> None:
    asked = {"path": "/v1/figures/quarterly?period_code=2025-Q3&indicator_code=3.4.3", "minutes": 5}
    made = client("ia_dom").post("/v1/addresses", json=asked)
    address = urlsplit(made.json()["address"]).path
    nobody = TestClient(api)
    answer = nobody.get(address)
    assert answer.content.startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8"
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert {row["unit_name"] for row in found} == {"Xã Ia Dom"}
    assert nobody.head(address).status_code == 200
    token, _, name = address.removeprefix("/v1/csv/").partition("/")
    for other in (token[:-3] + "AAA", token.partition(".")[0], "x", token + "x", f"{'A' * 3000}.A"):
        assert told(nobody.get(f"/v1/csv/{other}/{name}")) == "bad-address"
    secret = b"a secret of the tests"
    read = addresses.checked(secret, token)
    with pytest.raises(problems.Refused, match="bad-address"):
        addresses.checked(secret, token, now=read.expires)
    with pytest.raises(problems.Refused, match="bad-address"):
        addresses.checked(b"another secret", token)
    forged = addresses.signed(b"another secret", addresses.Asked(1, read.path, read.expires))
    assert told(nobody.get(f"/v1/csv/{forged}/{name}")) == "bad-address"


def test_who_asks_too_often_waits(province: Province) -> None:
    few = app.create(Warehouse(province.api), a_minute=3)
    one = TestClient(few, headers={"Authorization": f"Bearer {province.keys['ia_dom']}"})
    assert [one.get("/v1/periods").status_code for _ in range(3)] == [200, 200, 200]
    answer = one.get("/v1/periods")
    assert told(answer) == "too-many-requests"
    assert int(answer.headers["retry-after"]) <= 20
    other = TestClient(few, headers={"Authorization": f"Bearer {province.keys['district']}"})
    assert other.get("/v1/periods").status_code == 200
    guess = TestClient(few, headers={"Authorization": "Bearer guess"})
    statuses = [guess.get("/v1/periods").status_code for _ in range(app.WRONG_KEYS_A_MINUTE + 1)]
    assert statuses[-2:] == [401, 429]
    assert few.state.warehouse.answers()


def test_without_its_database_the_api_says_so(province: Province) -> None:
    gone = TestClient(app.create(Warehouse("postgresql://x:y@127.0.0.1:1/z")), headers={"Authorization": "Bearer x"})
    assert gone.get("/health").status_code == 503
    answer = gone.get("/v1/periods")
    assert told(answer) == "unavailable"
    assert answer.headers["retry-after"]


def test_the_index_and_the_dictionary_explain_what_there_is(client: Client) -> None:
    index = client("ia_dom").get("/v1/").json()
    assert index["key"]["unit_code"] == "23872"
    assert [one["path"].removeprefix("/v1/") for one in index["resources"]] == [o.path for o in resources.resources()]
    dictionary = client("ia_dom").get("/v1/dictionary").json()
    assert all(said["meaning"] for one in dictionary.values() for said in one["columns"].values())
    described = client("ia_dom").get("/openapi.json").json()
    for path, route in described["paths"].items():
        for status, response in route.get("get", {}).get("responses", {}).items():
            if status.startswith(("4", "5")):
                assert list(response["content"]) == [problems.MEDIA_TYPE], (path, status)


def test_the_log_names_the_key_and_no_condition(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="etl.web.api"):
        client("ia_dom").get("/v1/units", params={"unit_code": "064000000001"})
    [said] = [record.getMessage() for record in caplog.records if record.name.startswith("etl.")]  # not the client's
    assert "GET /v1/units key" in said
    assert "064000000001" not in said


def test_the_page_about_the_api_lists_every_problem_and_limit() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    for one in problems.EVERY:
        assert f"| `{one.code}` | {one.status} | {one.title} |" in page
    assert f"{app.REQUESTS_A_MINUTE} lần một phút" in page
    assert f"{app.WRONG_KEYS_A_MINUTE} khóa sai một phút" in page


def test_the_api_is_a_process_of_its_own(province: Province) -> None:
    """With its own login, it needs no key of the pseudonyms, no folder and no right to bring the schema up to date."""
    process = subprocess.Popen(
        [sys.executable, "-m", "etl", "serve", "--api", "--port", "0"],
        env=os.environ | {"CCHC_API_WAREHOUSE_URL": province.api, "CCHC_API_SECRET": "x" * 16},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        asked = Request(
            f"{address}v1/units?unit_code=23872", headers={"Authorization": f"Bearer {province.keys['ia_dom']}"}
        )
        with urlopen(asked) as answer:
            assert "Xã Ia Dom" in answer.read().decode()
            assert "server" not in answer.headers
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "GET /v1/units key" in err
    assert "23872" not in err


def test_a_login_that_may_not_answer_for_keys_is_told(province: Province) -> None:
    with pytest.raises(SetupError, match="a member of cchc_api"):
        serve.check(province.logins["ia_dom"])
    serve.check(province.api)
    serve.check(province.owner)
