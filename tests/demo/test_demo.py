"""The demo as a command: what a user does wrong is answered in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from etl.demo.airflow import environment
from etl.demo.printout import BROKEN
from etl.proving import checks


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["down"], {}, "python -m etl.demo up"),
        ([], {"CCHC_WAREHOUSE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "Check CCHC_WAREHOUSE_URL"),
        ([], {"CCHC_HOME": "/proc/none"}, "CCHC_HOME"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(
    arguments: list[str], settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "etl.demo", *arguments],
        env=os.environ | {"CCHC_HOME": str(tmp_path)} | settings,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_airflow_keeps_its_secrets_and_its_pages_to_itself(tmp_path: Path) -> None:
    first, again = (environment(tmp_path, "postgresql+psycopg2://x@127.0.0.1/airflow") for _ in range(2))
    assert first == again  # what was encrypted yesterday can be read today
    assert (tmp_path / "airflow.key").stat().st_mode & 0o777 == 0o600
    assert first["AIRFLOW__API__HOST"] == "127.0.0.1"
    secrets = [first[f"AIRFLOW__{name}"] for name in ("CORE__FERNET_KEY", "API__SECRET_KEY", "API_AUTH__JWT_SECRET")]
    assert len({*secrets, (tmp_path / "airflow.key").read_text()}) == 4


def test_the_demo_expects_identities_that_exist() -> None:
    assert {rule_id for rule_id, _ in BROKEN} <= {check.rule_id for check in checks()}
