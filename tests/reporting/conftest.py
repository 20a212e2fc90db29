"""A warehouse around the change of 1/7/2025, logins that see a part of it, and a client of the API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from etl.figures import counts, period_figures
from etl.periods import Period
from etl.publication import releases
from etl.stewardship import people, readers
from etl.warehouse import database
from etl.web.api import app
from etl.web.api.asking import Warehouse
from tests import tables
from tests.databases import fresh_database, opened

PERIODS = ("2025-Q2", "2025-Q3", "2025-Q4", "2025-6T", "2026-6T", "2025-9T", "2025-N")
# Until 30/6/2025 three communes were below the district; the code 23869 was Ia Kla, and is Ia Dơk since.
UNITS = """
org_code | org_name     | parent_code | unit_kind      | established_on | dissolved_on
64       | Tỉnh Gia Lai | -           | UBND cấp tỉnh  | -              | -
631      | Huyện Đức Cơ | 64          | UBND cấp huyện | -              | 2025-07-01
23869    | Xã Ia Dơk    | 64          | UBND cấp xã    | 2025-07-01     | -
23872    | Xã Ia Dom    | 64          | UBND cấp xã    | -              | -
"""
BEFORE = """
org_code | org_name     | parent_code | unit_kind      | file_id | superseded_by | superseded_on | closed
631      | Huyện Đức Cơ | 64          | UBND cấp huyện | 1       | 2             | 2025-07-01    | false
23869    | Xã Ia Kla    | 631         | UBND cấp xã    | 1       | 2             | 2025-07-01    | false
23872    | Xã Ia Dom    | 631         | UBND cấp xã    | 1       | 2             | 2025-07-01    | false
23860    | Xã Ia Dơk    | 631         | UBND cấp xã    | 1       | 2             | 2025-07-01    | true
"""
DOSSIERS = """
org_code | received_on | finished_on | due_on
23869    | 2025-06-30  | 2025-07-10  | 2025-07-05
23869    | 2025-07-01  | -           | 2025-07-05
23860    | 2025-04-20  | 2025-04-21  | 2025-04-25
23872    | 2025-04-20  | 2025-04-21  | 2025-04-25
23872    | 2025-07-02  | 2025-07-03  | 2025-07-05
631      | 2025-06-30  | -           | 2025-07-05
"""
# What is published: of the whole province, and by communes for themselves
RELEASES = (
    ("2025-Q2", None),
    ("2025-Q3", None),
    ("2025-Q4", "23872"),
    ("2025-Q4", "23869"),
    ("2025-6T", "23869@2025-01-01"),
)
# What comes after the quarter was published
LATE = """
dossier_code | org_code | received_on | finished_on | due_on
late-1       | 23872    | 2025-04-22  | 2025-04-29  | 2025-04-25
late-2       | 23860    | 2025-04-22  | 2025-04-29  | 2025-04-25
late-3       | 23869    | 2025-04-22  | 2025-04-29  | 2025-04-25
"""
# What the communes sent themselves: a file of each, with a rule that it broke.
FILES = """
insert into landing.file
    (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status, rows_read,
    rows_loaded)
select 'one_stop_shop', 'one_stop_shop/dossiers', sender, '2025-07-05', sender, sender, 1, 1, sender, 'accepted', 2, 2
from unnest(array['23869', '23872', 'office']) as sender;
insert into quality.result (file_id, rule_id, column_name, severity, rows_checked, rows_failed)
select file_id, 'DOS-01', 'Mã hồ sơ', 'error', 2, 0 from landing.file;
"""
# Who sees what: a unit, and a day on which its code meant it.
SEES = {
    "ia_dom": ("23872", date(2025, 1, 1)),
    "ia_dok": ("23869", date(2026, 1, 1)),
    "ia_kla": ("23869", date(2025, 1, 1)),
    "district": ("631", date(2025, 1, 1)),
    "province": ("*", date(2025, 1, 1)),
    "nobody": None,
}


@dataclass(frozen=True)
class Province:
    """Addresses of the warehouse for its owner, the API's own login, and each of SEES; and keys that see the same."""

    owner: str
    api: str
    logins: dict[str, str]
    keys: dict[str, str]
    key_ids: dict[str, int]


@pytest.fixture(scope="module")
def province(server_url: str, template_database: str) -> Iterator[Province]:
    """Figures of every cadence around the change; each of SEES as a login and, but for nobody, as a key."""
    admin = create_engine(server_url, isolation_level="autocommit")
    logins = {name: f"test_{name}" for name in (*SEES, "api")}
    with admin.connect() as connection:
        for name, login in logins.items():
            group = "cchc_api" if name == "api" else "cchc_reader"
            connection.execute(text(f"create role {login} login password 'x' in role {group}"))
    try:
        with fresh_database(server_url, template_database) as url:
            _fill(url)
            keys, key_ids = {}, {}
            with database.transaction(url) as connection, connection.cursor() as cursor:
                for name, seen in SEES.items():
                    if seen:
                        unit, day = seen
                        readers.let_read(cursor, logins[name], unit, province="H21", by="test", on=day)
                        key_ids[name], keys[name], _ = readers.make_key(
                            cursor, name, unit, province="H21", lasts=timedelta(days=1), by="test", on=day
                        )
            as_login = {
                name: make_url(url).set(username=login, password="x").render_as_string(hide_password=False)
                for name, login in logins.items()
            }
            yield Province(url, as_login.pop("api"), as_login, keys, key_ids)
    finally:
        with admin.connect() as connection:
            for login in logins.values():
                connection.execute(text(f"drop role {login}"))
        admin.dispose()


def _fill(url: str) -> None:
    with opened(url) as connection, connection.cursor() as cursor:
        tables.insert(cursor, "unit", BEFORE, history=True)
        tables.given(cursor, {"unit": UNITS, "dossier": DOSSIERS})
        cursor.execute(FILES)
        for code in PERIODS:
            period_figures.materialise(connection, Period.parse(code))
        people.add(cursor, "chu-tich", "approver", "*", password=None, by="test")
        connection.commit()
        for code, unit in RELEASES:
            releases.publish(connection, Period.parse(code), unit, by="chu-tich", statement="Đúng.")
            connection.commit()
        tables.insert(cursor, "dossier", LATE)
        counts.recount(cursor, "dossier")
        period_figures.materialise(connection, Period.parse("2025-Q2"))
        releases.publish(
            connection, Period.parse("2025-Q2"), by="chu-tich", statement="Đúng.", reason="late_data", changelog="Trễ."
        )
        connection.commit()


@pytest.fixture(scope="module")
def api(province: Province) -> FastAPI:
    """The app of the API, logged in as itself."""
    return app.create(Warehouse(province.api), secret=b"a secret of the tests", a_minute=10_000)


@pytest.fixture
def client(api: FastAPI, province: Province) -> Callable[[str], TestClient]:
    """Whoever asks with the key of one of SEES."""
    return lambda name: TestClient(api, headers={"Authorization": f"Bearer {province.keys[name]}"})
