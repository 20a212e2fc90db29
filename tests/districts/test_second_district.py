"""A district nobody built for: Chư Prông's files through the command line, against figures reckoned apart from it.

The rows are drawn in chu_prong/*.txt, the files are in chu_prong/inbox, what must come out in chu_prong/expected.
"""

import contextlib
import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from etl import cli
from tests.databases import fresh_database
from tests.districts.chu_prong import make, reckon
from tests.districts.chu_prong.rows import DISTRICT

HERE = Path(__file__).parent / "chu_prong"
OWN_WINDOW = {"2021-Q4": ["--from", "2020-12-15", "--to", "2021-11-15"]}


def expected(name: str) -> list[dict[str, str]]:
    with (HERE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def run(*arguments: str) -> tuple[int, str]:
    """The exit status of a command, and what it printed."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        status = cli.run(list(arguments))
        out.flush()
    return status, out.buffer.getvalue().decode()


def records(*arguments: str) -> list[dict[str, str]]:
    status, printed = run(*arguments, "--format", "csv")
    assert status == 0, printed
    return list(csv.DictReader(io.StringIO(printed)))


@pytest.fixture(scope="module")
def loaded(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A warehouse with the whole inbox in it and every period made; its URL."""
    folder = tmp_path_factory.mktemp("chu_prong")
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCHC_WAREHOUSE_URL", url)
        patch.setenv("CCHC_HOME", str(folder / "home"))
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        status, printed = run("load", str(HERE / "inbox"))
        assert status == 1, printed  # files were rejected
        # who checks procedures delivers no units, and its name is none: somebody says whose the list is
        status, printed = run("senders", "set", "kiem_soat_tthc", DISTRICT)
        assert status == 0, printed
        run("load", str(HERE / "inbox"))
        for period in reckon.WINDOWS:
            status, printed = run("materialise", period, *OWN_WINDOW.get(period, ()))
            assert status == 0, printed
        yield url


def is_same(wanted: str, got: str) -> bool:
    """Whether two printed numbers are one; an empty expectation is about nothing."""
    return wanted == "" or (got != "" and Decimal(wanted) == Decimal(got))


def listed(differences: Iterable[object]) -> str:
    """One difference a line: what was wanted, then what was got."""
    return "".join(f"\n  {difference}" for difference in differences)


def place(record: dict[str, str]) -> tuple[str, str, str]:
    return record["export"], record["sender"], record["delivery"]


def test_files_and_figures_are_what_the_scripts_write(tmp_path: Path) -> None:
    make.write(tmp_path / "inbox")
    reckon.write(tmp_path / "expected")
    written, kept = (
        {path.relative_to(top): path.read_bytes() for path in top.glob("*/**/*.*") if path.suffix != ".pyc"}
        for top in (tmp_path, HERE)
    )
    assert sorted(written) == sorted(kept)
    assert [path for path in written if written[path] != kept[path]] == []


def test_every_file_got_its_status_and_its_counts(loaded: str) -> None:
    got = {place(file): file for file in records("files")}
    wrong = []
    for wanted in expected("files"):
        found = got.pop(place(wanted), {"status": "never came", "message": ""})
        if wanted["status"] != found["status"]:
            wrong.append((*place(wanted), wanted["status"], found["status"], found["message"]))
            continue
        for column in ("rows_read", "rows_loaded", "rows_unchanged", "rows_quarantined"):
            if not is_same(wanted[column], found[column]):
                wrong.append((*place(wanted), column, wanted[column], found[column]))
    assert not wrong, listed(wrong)
    assert not got, listed(got)


def test_every_rule_is_broken_as_often_as_planted(loaded: str) -> None:
    files = {file["file_id"]: place(file) for file in records("files")}
    got = {(*files[count["file_id"]], count["rule_id"]): count["rows"] for count in records("quality")}
    planted = {(*place(wanted), wanted["rule"]): wanted["rows"] for wanted in expected("violations")}
    wrong = {where: (planted.get(where), got.get(where)) for where in planted | got}
    assert planted == got, listed(one for one in wrong.items() if len(set(one[1])) > 1)


@pytest.mark.parametrize(("period", "unit"), sorted({(row["period"], row["unit"]) for row in expected("figures")}))
def test_figures(loaded: str, period: str, unit: str) -> None:
    got = {row["code"]: row for row in records("show", period, unit)}
    wrong = []
    for wanted in expected("figures"):
        if (wanted["period"], wanted["unit"]) != (period, unit):
            continue
        found, numbers = got[wanted["code"]], ("value", "numerator", "denominator")
        if found["status"] != wanted["status"] or not all(is_same(wanted[c], found[c]) for c in numbers):
            wrong.append((wanted["code"], *([row[c] for c in ("status", *numbers)] for row in (wanted, found))))
    assert not wrong, listed(wrong)


def test_flow_of_dossiers(loaded: str) -> None:
    engine = create_engine(loaded)
    with engine.connect() as connection:
        rows = connection.execute(text("select * from reporting.dossier_flow where field = 'Tất cả'")).mappings()
        got = {(row["calendar_period_code"], row["unit_code"]): row for row in rows}
    engine.dispose()
    wrong = []
    for wanted in expected("flow"):
        found = got.get((wanted["period"], wanted["unit"]), {}).get(wanted["measure"], 0)
        if int(wanted["value"]) != found:
            wrong.append((*wanted.values(), found))
    assert not wrong, listed(wrong)


def test_the_same_inbox_again_changes_nothing(loaded: str) -> None:
    before = records("show", "2021-N", DISTRICT)
    assert run("load", str(HERE / "inbox"))[0] == 0
    status, printed = run("materialise", "2021-N")
    assert (status, "không có gì mới" in printed) == (0, True), printed
    assert records("show", "2021-N", DISTRICT) == before
