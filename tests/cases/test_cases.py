"""Files as systems and clerks really write them: each folder is a delivery, and what is right of it (`right.yml`).

`right.yml` says in tables what is compared; what it does not name is not:
    right       what is right, in words
    files       status, rule and counts of each file, by columns of landing.file; `says` is a part of its message
    violations  every failing value of these files, by columns of quality.violation
    core        by thing, every row that these files brought, by columns of core.<thing>
    figures     figures by indicator, unit and period, by columns of reporting.appendix
In a table "-" is nothing. A table that is its header alone says that there is no row.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.engine import make_url

from etl import pipeline, settings
from etl.periods import Period
from etl.warehouse import database
from tests.databases import fresh_database
from tests.inbox import quiet
from tests.tables import cells

FOLDER = Path(__file__).parent
BASE = FOLDER / "00-base"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/right.yml") if path.parent != BASE)


@pytest.fixture(scope="module")
def base(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[settings.Settings, str]]:
    """Settings, and the name of a database in which the units and procedures of all cases are loaded."""
    place = tmp_path_factory.mktemp("base")
    configured = replace(settings.read(), archive=place / "archive", home=place)
    with fresh_database(server_url, template_database) as url:
        load(configured, url, BASE, place)
        check(configured, url, BASE)
        yield configured, str(make_url(url).database)


@pytest.mark.parametrize("case", CASES)
def test_a_case_becomes_what_is_right(
    base: tuple[settings.Settings, str], server_url: str, tmp_path: Path, case: str
) -> None:
    configured, template = base
    with fresh_database(server_url, template) as url:
        load(configured, url, FOLDER / case, tmp_path)
        check(configured, url, FOLDER / case)


def load(configured: settings.Settings, url: str, case: Path, place: Path) -> None:
    for path in shutil.copytree(case / "inbox", place / case.name).rglob("*.*"):
        quiet(path)
    pipeline.land(configured, url, inbox=str(place / case.name))
    list(pipeline.load_waiting(configured, url))


def check(configured: settings.Settings, url: str, case: Path) -> None:
    right = yaml.safe_load((case / "right.yml").read_text("utf-8"))
    unknown = set(right) - {"right", "files", "violations", "core", "figures"}
    assert not unknown, f"{case.name}/right.yml says {', '.join(unknown)}"
    for period in sorted({row["period"] for row in drawn(right.get("figures", "period"))}):
        pipeline.materialise(url, Period.parse(period))
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("set local timezone to 'Asia/Ho_Chi_Minh'")
        cursor.execute(
            "create temp view delivered as select * from landing.file where path like %s", (f"%/{case.name}/%",)
        )
        _check_files(cursor, case, right["files"])
        if "violations" in right:
            same(right["violations"], rows(cursor, right["violations"], "quality.violation"))
        for thing, table in right.get("core", {}).items():
            same(table, rows(cursor, table, f"core.{thing}"))
        for row in drawn(right.get("figures", "period")):
            _check_figure(cursor, row)


def _check_files(cursor: Cursor, case: Path, table: str) -> None:
    """What became of each file; `says` is a part of what its sender is told."""
    for row in drawn(table):
        name, part = row.pop("file"), row.pop("says", None)
        cursor.execute(
            f"select message, {', '.join(f'{column}::text' for column in row)} from delivered"
            " where split_part(path, %s, 2) = %s",
            (f"/{case.name}/", name),
        )
        assert cursor.rowcount == 1, f"{name} has {cursor.rowcount} receipts"
        message, *found = cursor.fetchone()
        assert dict(zip(row, found, strict=True)) == row, f"{name}: {message}"
        assert (part or "") in message
    cursor.execute("select count(*) from delivered")
    assert cursor.fetchone() == (len(drawn(table)),), "right.yml does not name every file"


def _check_figure(cursor: Cursor, row: dict[str, str | None]) -> None:
    code, unit, period = (row.pop(name) for name in ("indicator", "unit", "period"))
    cursor.execute(
        f"select {', '.join(f'trim_scale({c})::text' if c != 'status' else c for c in row)} from reporting.appendix"
        " where indicator_code = %s and unit_code = %s and period_code = %s",
        (code, unit, period),
    )
    assert cursor.rowcount == 1, f"{code} of {unit}, {period}: there are {cursor.rowcount} figures"
    assert dict(zip(row, cursor.fetchone(), strict=True)) == row, f"{code} of {unit}, {period}"


def drawn(table: str) -> list[dict[str, Any]]:
    header, *lines = cells(table)
    return [dict(zip(header, (None if c == "-" else c for c in line), strict=True)) for line in lines]


def rows(cursor: Cursor, table: str, source: str) -> list[dict[str, str | None]]:
    """What the files of the case brought, in the columns that a table names."""
    header = cells(table)[0]
    cursor.execute(
        f"select {', '.join(f'{column}::text' for column in header)} from {source}"
        " where file_id in (select file_id from delivered)"
    )
    return [dict(zip(header, row, strict=True)) for row in cursor.fetchall()]


def same(table: str, found: list[dict[str, str | None]]) -> None:
    def by_text(row: dict[str, str | None]) -> list[str]:
        return [str(cell) for cell in row.values()]

    assert sorted(found, key=by_text) == sorted(drawn(table), key=by_text)
