"""The demo's deliveries through the whole program: the figures are the printed ones, and a second calculation's."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from demo import printout
from demo.exports import Planted, write_exports
from etl import catalogue, pipeline, settings
from etl.catalogue import project_files
from etl.figures import counts, prove
from etl.periods import Period
from etl.warehouse import database
from tests import recalculation
from tests.databases import fresh_database

REPORTS = project_files.ROOT / "demo" / "reports"
REPORTED = Period.parse("2021-N").with_window(date(2020, 12, 15), date(2021, 11, 15))
PERIODS = {"2021-Q1": "Quý I", "2021-Q2": "-", "2021-Q3": "Quý III", "2021-6T": "6 tháng", "2021-N": "Năm"}


@pytest.fixture(scope="module")
def loaded(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    """The demo's inbox, loaded; URL, inbox and what was planted."""
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("demo")
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        planted = write_exports(folder / "inbox")
        configured = settings.read()
        pipeline.land(configured, url, inbox=str(folder / "inbox"))
        receipts = list(pipeline.load_waiting(configured, url))
        assert {r.status for r in receipts} == {"accepted_with_errors"}
        yield url, folder / "inbox", planted


def query(url: str, statement: str, *parameters: object) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def made(url: str, period: Period) -> dict[tuple[str, str], tuple]:
    """Status, value, numerator, denominator by unit and indicator."""
    pipeline.materialise(url, period)
    return {
        (unit, code): figure
        for unit, code, *figure in query(
            url,
            "select unit_code, indicator_code, status, value, numerator, denominator"
            f" from mart.indicator_{period.cadence} where period_code = %s",
            period.code,
        )
    }


def test_the_appendix_of_the_district_is_the_expected_one(loaded: tuple[str, Path, Planted]) -> None:
    figures_made = made(loaded[0], REPORTED)
    with (REPORTS / "expected_2021.csv").open(encoding="utf-8") as file:
        expected = {r["code"]: (r["computed_value"], r["numerator"], r["denominator"]) for r in csv.DictReader(file)}
    assert len(expected) == 70
    for code, (value, numerator, denominator) in expected.items():
        status, *computed = figures_made["631", code]
        assert (code, status, computed[0]) == (code, "observed", Decimal(value))
        if denominator:
            assert (code, *computed[1:]) == (code, Decimal(numerator), Decimal(denominator))


@pytest.mark.parametrize("code", PERIODS)
def test_a_second_calculation_agrees_for_every_unit(loaded: tuple[str, Path, Planted], code: str) -> None:
    """The district, its communes and bodies: pandas over the raw files against the warehouse."""
    url, inbox, _ = loaded
    period = Period.parse(code)
    computed = made(url, period)
    units = sorted({unit for unit, _ in computed if unit.startswith(("631", "238"))})
    again = recalculation.figures(inbox, period.start, period.last_day, units, year=2021, period=PERIODS[code])
    assert len(again) > 1000
    differing = {}
    for key, (value, *parts) in again.items():
        status, *ours = computed[key]
        if status == "not_applicable":
            continue  # the second calculation knows no levels
        # no cases: there is no figure, whether or not the parts are written as 0 of 0
        theirs = (value, *parts) if value is not None and parts[1] is not None else (value,)
        if tuple(ours[: len(theirs)]) != theirs or (value is None) != (status in ("undefined", "not_reported")):
            differing[key] = (status, ours, (value, *parts))
    assert differing == {}


def test_quarantine_and_violations_are_what_was_planted(loaded: tuple[str, Path, Planted]) -> None:
    url, _, planted = loaded
    assert dict(
        query(url, "select rule_id, count(distinct (file_id, line)) from quality.violation group by 1")
    ) == dict(planted.rules)
    assert dict(query(url, "select export, count(*) from quality.quarantined_row group by 1")) == dict(
        planted.quarantined
    )


def test_the_printed_report_disagrees_in_five_figures(loaded: tuple[str, Path, Planted]) -> None:
    url = loaded[0]
    pipeline.materialise(url, REPORTED)
    with database.transaction(url) as connection:
        compared, _ = prove.reconcile(connection, REPORTED, "631", REPORTS / "appendix_2021.csv")
    form = catalogue.form(REPORTED.last_day)
    assert [c.code for c in compared] == [row.code for row in form if row.kind == "indicator"]
    assert [c.code for c in compared if c.agrees == "no"] == ["3.1.3", "3.4.2", "3.4.3", "3.5.2", "4.1.4.c"]
    broken = query(
        url,
        "select origin, array_agg(distinct rule_id order by rule_id) from quality.finding"
        " where unit_code = '631' and rule_id <> 'FIG-15' group by 1 order by 1",
    )
    assert broken == [("computed", ["FIG-03"]), ("printed", ["FIG-01", "FIG-04", "FIG-05"])]


def test_the_sentences_of_the_report_come_out_as_printed(
    loaded: tuple[str, Path, Planted], capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands beside the appendix; certified copies per document and per person, the report prints nowhere."""
    url = loaded[0]
    figures_made = made(url, REPORTED)
    expected = {
        "b.1.1": ("5.04", 23, 456), "b.1.2": ("20.06", 72, 359), "b.1.3": ("72.20", 1205, 1669),
        "b.2.1": ("3", 3, None), "b.2.2": ("103", 103, None), "b.3.1": ("86.11", 31, 36),
        "b.4.1": ("9", 9, None), "b.4.2": ("9", 9, None), "b.5.1": ("5", 5, None), "b.5.2": ("10", 10, None),
        "b.6.1": ("1401", 1401, None), "b.6.2": ("6", 6, None), "b.6.3": ("2", 2, None), "b.6.4": ("33", 33, None),
        "b.7.1": ("2", 2, None), "b.5.3": None, "b.5.4": None,
    }  # fmt: skip
    found = {code: figure for (unit, code), figure in figures_made.items() if unit == "631" and code.startswith("b.")}
    assert found == {
        code: ["observed", Decimal(figure[0]), *figure[1:]] if figure else ["not_reported", None, None, None]
        for code, figure in expected.items()
    }
    with database.transaction(url) as connection:
        assert printout.beside(connection, REPORTED) == []
        printed = capsys.readouterr().out
        analogy = "Theo cách tính của chỉ tiêu 7.8.4 (báo cáo năm 2021 của huyện Đức Cơ: 103/173 hồ sơ của 03 TTHC)"
        assert f"b.1.2: {analogy}" in printed
    pipeline.materialise(url, Period.parse("2021-Q1"))
    with database.transaction(url) as connection:
        assert printout.beside(connection, Period.parse("2021-Q1"))  # another window disagrees, and it is said
    of_district = "where unit_code = '631' and indicator_code like 'b.%%' and period_code = %s and kind = 'indicator'"
    counts_shown = [
        query(url, f"select count(*) from reporting.{view} {of_district}", REPORTED.code)
        for view in ("appendix", "beside_appendix")
    ]
    assert counts_shown == [[(0,)], [(len(expected),)]]


def test_the_dossier_flow_is_section_2_4(loaded: tuple[str, Path, Planted]) -> None:
    url = loaded[0]
    pipeline.materialise(url, REPORTED)
    columns = "received", "carried_over", "resolved", "resolved_early + resolved_on_time", "resolved_late"
    columns = *columns, "pending_in_time", "pending_overdue"
    year = f"from reporting.dossier_flow where period_code = '{REPORTED.code}' and field = 'Tất cả'"
    ((*whole,),) = query(url, f"select {', '.join(columns)} {year} and unit_code = '631'")
    sums = ", ".join(f"sum({column})" for column in columns)
    ((*communes,),) = query(url, f"select {sums} {year} and unit_level = 'commune'")
    assert whole == [16127, 0, 15871, 15835, 36, 239, 17]
    assert communes == [14296, 0, 14274, 14249, 25, 21, 1]


def test_the_demo_names_the_share_of_section_2_4_that_was_divided_wrongly(
    loaded: tuple[str, Path, Planted], capsys: pytest.CaptureFixture[str]
) -> None:
    url = loaded[0]
    pipeline.materialise(url, REPORTED)
    with database.transaction(url) as connection:
        assert printout.flow(connection, REPORTED) == []
        printed = capsys.readouterr().out
        assert "Toàn huyện, đang giải quyết quá hạn: báo cáo in 7,11 %, tính được 6,64 %." in printed
        assert printed.count("báo cáo in") == 1
        assert printout.flow(connection, Period.parse("2021-Q1"))  # another window disagrees, and it is said


def test_the_demo_writes_a_workbook_to_mend_and_says_where_all_is(
    loaded: tuple[str, Path, Planted], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction(loaded[0]) as connection:
        printout.where_to_look(connection, tmp_path, "postgresql://…", Planted(), is_up=False)
    (written,) = tmp_path.glob("*.xlsx")
    assert written.stat().st_size > 10_000
    said = capsys.readouterr().out
    assert str(written) in said
    assert ".venv/bin/cchc reconcile 2021-N 631 demo/reports/appendix_2021.csv" in said


def test_materialising_again_writes_nothing(loaded: tuple[str, Path, Planted]) -> None:
    url = loaded[0]
    pipeline.materialise(url, REPORTED)
    before = query(url, "table mart.indicator_annual order by 4, 7, 11")
    assert pipeline.materialise(url, REPORTED) == 0
    assert query(url, "table mart.indicator_annual order by 4, 7, 11") == before


def test_counting_again_from_the_facts_gives_the_same_counts(loaded: tuple[str, Path, Planted]) -> None:
    url = loaded[0]
    tables = ("mart.dossier_daily", "mart.procedure_daily", "mart.document_daily")
    folded = {t: sorted(map(str, query(url, f"table {t}"))) for t in tables}
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for thing in ("dossier", "document"):
            counts.recount(cursor, thing)
    assert {t: sorted(map(str, query(url, f"table {t}"))) for t in tables} == folded
