"""Số liệu and Công bố: the appendix beside what came before, units side by side, forms to take away, releases."""

import io
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from starlette.testclient import TestClient as Client

from etl.stewardship import people
from etl.web import app
from etl.web.access import Warehouse
from tests.publication.offices import Office, dossiers, opened_office
from tests.web.conftest import PASSWORD

DOSSIERS = "one_stop_shop/dossiers"


@pytest.fixture(scope="module")
def office(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two years. In 2021 one of two dossiers of Chư Ty is late; that is published, and then a third comes."""
    with opened_office(server_url, template_database, tmp_path_factory.mktemp("figures")) as one:
        one.load(
            DOSSIERS,
            "2021-12-20",
            dossiers(
                "210301-0001 23857 01/03/2021 10/03/2021 09/03/2021",
                "210301-0002 23857 01/03/2021 10/03/2021 12/03/2021",
                "210301-0003 23860 01/03/2021 10/03/2021 09/03/2021",
            ),
        )
        one.make("2021-N")
        one.publish("2021-N")
        one.load(DOSSIERS, "2022-12-20", dossiers("220301-0004 23857 01/03/2022 10/03/2022 09/03/2022"))
        one.make("2022-N")
        one.load(DOSSIERS, "2022-12-21", dossiers("210301-0005 23857 01/03/2021 10/03/2021 09/03/2021"))
        one.make("2021-N")
        with one.opened() as connection, connection.cursor() as cursor:
            for name, role, unit in (("ops", "ops", "*"), ("of-chu-ty", "reader", "23857")):
                people.add(cursor, name, role, unit, password=PASSWORD, by="test")
        yield one


def client(office: Office, name: str) -> Client:
    pages = app.create(lambda: Warehouse(office.configured, office.url))
    one = TestClient(pages, follow_redirects=True)
    csrf = re.search(r'name="csrf" value="([^"]+)"', one.get("/login").text)
    assert csrf
    one.post("/login", data={"name": name, "password": PASSWORD, "csrf": csrf[1]})
    return one


def row(page: str, code: str) -> list[str]:
    """The cells of an indicator, without tags."""
    found = re.search(rf'<tr[^>]* id="c-{re.escape(code)}">(.*?)</tr>', page, re.S)
    assert found, code
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.S)
    return [" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in cells]


#                 code, number, against 2021, a year before, note
YEARS = [
    ("2021-N", ["66,67 khác bản công bố", "", "", "2/3"]),
    ("2022-N", ["100,00", "+33,33", "66,67", "1/1"]),
]


@pytest.mark.parametrize(("period", "expected"), YEARS)
def test_a_figure_stands_beside_the_year_before(office: Office, period: str, expected: list[str]) -> None:
    page = client(office, "ops").get(f"/figures/{period}/23857").text
    cells = row(page, "3.4.3")
    assert [*cells[3:6], cells[7]] == expected
    assert ("<polyline" in page) == (period == "2022-N")
    assert ("Bản nháp, chưa công bố" in page) == (period == "2022-N")


def test_without_a_choice_the_newest_period_of_the_topmost_unit_is_shown(office: Office) -> None:
    ops = client(office, "ops")
    assert ops.get("/figures").url.path == "/figures/2022-N/64"
    assert ops.get("/figures?period=2021-N&unit=631").url.path == "/figures/2021-N/631"
    assert ops.get("/figures?period=1999-N&unit=nobody").url.path == "/figures/2022-N/64"


def test_communes_stand_side_by_side(office: Office) -> None:
    page = client(office, "ops").get("/figures/2021-N/631/below?code=3.4.3").text
    shown = [re.sub(r"<[^>]*>", " ", one).split() for one in re.findall(r"<tr data-row.*?</tr>", page, re.S)]
    assert [(one[:-2], one[-2:]) for one in shown] == [
        (["Xã", "Ia", "Dơk"], ["100,00", "1/1"]),
        (["Thị", "trấn", "Chư", "Ty"], ["66,67", "2/3"]),
    ]


def test_a_form_of_the_release_has_what_was_published(office: Office) -> None:
    ops = client(office, "ops")
    for release, value, note in ((1, 50, "1/2"), (0, 66.67, "2/3")):
        answer = ops.get(f"/figures/2021-N/23857/form?to=.xlsx&release={release}")
        assert answer.headers["content-disposition"] == 'attachment; filename="appendix-2021-N-23857.xlsx"'
        sheet = load_workbook(io.BytesIO(answer.content)).active
        [found] = [r for r in sheet.iter_rows(values_only=True) if r[0] == "3.4.3"]
        assert found[3:5] == (value, note)
    assert ops.get("/figures/2021-N/23857/form?to=.pdf").content.startswith(b"%PDF")
    assert ops.get("/figures/2021-N/23857/form?to=.exe").status_code == 422


def test_a_release_is_listed_and_verified(office: Office) -> None:
    ops = client(office, "ops")
    [(code,)] = office.rows("select code from mart.release")
    assert code in ops.get("/releases").text
    assert "còn nguyên như khi công bố ngày" in ops.get("/releases/1/verify").text
    assert ops.get("/releases/9/verify").status_code == 422


def test_a_figure_is_explained_row_by_row_as_it_is_and_as_it_was(office: Office) -> None:
    ops = client(office, "ops")
    address = "/figures/2021-N/23857/explained/3.4.3"
    assert f'href="{address}"' in ops.get("/figures/2021-N/23857").text
    for release, counts in ((0, ["2", "3", "3"]), (1, ["1", "2", "2"])):
        page = ops.get(f"{address}?release={release}").text
        tiles = re.findall(r"<dd>(.*?)</dd>", page)
        assert tiles[1:4] == counts
        assert len(re.findall("<tr data-row", page)) == int(counts[2])
    assert "Căn cứ: Công văn 581/BNV-CCHC" in page
    assert ops.get("/figures/2021-N/23857/explained/9.9.9").status_code == 422


ADDRESSES = [
    ("/figures/2021-N/23857/explained/3.4.3", 200),
    ("/figures/2021-N/23860/explained/3.4.3", 403),
    ("/figures/2021-N/631/explained/3.4.3?release=1", 403),
    ("/figures/2021-N/23857", 200),
    ("/figures/2021-N/23857/form", 200),
    ("/figures/2021-N/631", 403),
    ("/figures/2021-N/631/below", 403),
    ("/figures/2021-N/23860", 403),
    ("/figures/2021-N/23860/form", 403),
    ("/releases/1/verify", 422),
]


@pytest.mark.parametrize(("address", "status"), ADDRESSES)
def test_whoever_is_of_one_commune_sees_that_commune(office: Office, address: str, status: int) -> None:
    answer = client(office, "of-chu-ty").get(address)
    assert answer.status_code == status
    if "html" in answer.headers["content-type"]:
        assert "Ia Dơk" not in answer.text
