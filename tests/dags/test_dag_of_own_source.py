"""A source that an office adds by files has a DAG, and the night makes its figures."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from demo import airflow
from etl.warehouse import database, embedded
from tests.catalogue.test_own_source import COMPLAINTS, own_source
from tests.inbox import UNITS, deliver


def test_the_night_makes_figures_of_an_office_s_own_source(
    server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_source(tmp_path, monkeypatch, "touches: counts")
    url = embedded.database(server_url, "test_dags_own")
    airflow_url = airflow.database_url(url)
    settings = airflow.environment(tmp_path, airflow_url) | {
        "CCHC_HOME": str(tmp_path),
        "CCHC_CATALOGUE": str(tmp_path / "own"),
        "CCHC_WAREHOUSE_URL": url,
        "CCHC_INBOX": str(tmp_path / "inbox"),
        "CCHC_ARCHIVE": str(tmp_path / "archive"),
    }
    deliver(tmp_path / "inbox", "hr/units", "2020-12-01", UNITS)
    deliver(tmp_path / "inbox", "feedback/complaints", "2021-12-01", COMPLAINTS)
    try:
        with airflow.dags(settings, tmp_path / "airflow.log") as dags:
            states = [dags.run(d).state for d in ("load__hr", "load__feedback", "materialise__indicators")]
        assert states == ["success"] * 3
        with database.transaction(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select period_code, unit_code, value from mart.indicator where indicator_code = '8.1'"
                " and cadence = 'quarterly' and value > 0 order by 2"
            )
            assert cursor.fetchall() == [("2021-Q3", "23857", 2), ("2021-Q3", "631", 3)]
    finally:
        of_server = make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with closing(psycopg2.connect(of_server)) as server:
            server.autocommit = True
            with server.cursor() as cursor:
                for name in ("test_dags_own_airflow", "test_dags_own"):
                    cursor.execute(f"drop database if exists {name} with (force)")
