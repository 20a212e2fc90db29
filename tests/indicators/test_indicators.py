"""Every computed indicator: given these rows, these figures. The cases of an indicator stand beside this file."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.figures import period_figures
from etl.periods import Period
from tests import tables

FOLDER = Path(__file__).parent
COMPUTED = [i.code for i in catalogue.indicators().values() if i.is_computed]
DEFINITIONS = [i for i in catalogue.indicator_versions() if i.is_computed]
PERIOD = Period.parse("2021-Q3")


def cases_of(code: str) -> list[dict[str, Any]]:
    return yaml.safe_load((FOLDER / f"{code}.yml").read_text("utf-8"))


CASES = [
    pytest.param(c, case, id=f"{c} {case['name']}")
    for c in COMPUTED
    if (FOLDER / f"{c}.yml").exists()
    for case in cases_of(c)
]


def period_of(case: dict[str, Any]) -> Period:
    return Period.parse(case["period"]).with_window(case.get("from"), case.get("to"))


@pytest.mark.parametrize(("code", "case"), CASES)
def test_given_these_rows_these_figures(cursor: Cursor, code: str, case: dict[str, Any]) -> None:
    """By the definition that holds on the last day of the case's own window, as figures are made."""
    check(cursor, code, case)


def check(cursor: Cursor, code: str, case: dict[str, Any]) -> None:
    period = period_of(case)
    tables.given(cursor, case["given"])
    period_figures.compute(cursor, period, [catalogue.reported(period.last_day)[code]])
    expected = tables.drawn(case["expect"])
    asked = ", ".join(expected[0])
    found = tables.rows(
        cursor,
        f"select {asked} from window_figure where unit_code = any(%(units)s)",
        {"units": [r["unit_code"] for r in expected]},
    )
    assert sorted(tuple(None if v is None else str(v) for v in row) for row in found) == sorted(
        tuple(r.values()) for r in expected
    )


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda i: f"{i.code} from {i.valid_from}")
def test_each_definition_of_a_computed_indicator_has_cases(definition: catalogue.Indicator) -> None:
    code = definition.code
    assert (FOLDER / f"{code}.yml").exists(), f"draw cases in tests/indicators/{code}.yml: first day, last day, none"
    cases = cases_of(code)
    assert len({case["name"] for case in cases}) == len(cases)
    of_its_time = in_the_time_of(definition, cases)
    assert len(of_its_time) >= 2, (
        f"draw cases in tests/indicators/{code}.yml of periods from {definition.valid_from} on"
    )


def in_the_time_of(definition: catalogue.Indicator, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    until = definition.valid_to or date.max
    return [case for case in cases if definition.valid_from <= period_of(case).last_day <= until]


def test_no_cases_without_an_indicator() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == {i.code for i in DEFINITIONS}


def test_a_share_without_cases_is_undefined(cursor: Cursor) -> None:
    """Something of each export was delivered once, and nothing in this period: no rate, and not 0 % or 100 %."""
    tables.given(
        cursor,
        {
            "dossier": "org_code | received_on | finished_on\nH | 2020-01-05 | 2020-01-06",
            "document": "org_code | issued_on\nH | 2020-01-05",
            "procedure": "procedure_code | repealed_on\n1.000001 | 2020-01-01",
            "quota": "org_code | assigned | year | decided_on\nH | 5 | 2019 | 2019-01-01",
        },
    )
    shares = [i for i in catalogue.indicators(PERIOD.last_day).values() if i.is_computed and i.is_share]
    period_figures.compute(cursor, PERIOD, shares)
    found = tables.rows(cursor, "select indicator_code, unit_level, status from window_figure where value is null")
    levels = {level for _, level, _ in found}
    assert sorted(found) == sorted(
        (i.code, level, "undefined" if level in i.levels else "not_applicable")
        for i in shares
        for level in levels
        for _ in range(2 if level == "commune" else 1)
    )


def test_without_any_delivery_nothing_is_reported(cursor: Cursor) -> None:
    """Not a zero: nobody said that there was nothing. Units are there: without them there is nobody to report."""
    tables.given(cursor, {})
    unknown = [i for i in catalogue.indicators(PERIOD.last_day).values() if "hr/units" not in i.source]
    period_figures.compute(cursor, PERIOD, unknown)
    levels = {i.code: i.levels for i in unknown}
    for code, level, status, value in tables.rows(
        cursor, "select indicator_code, unit_level, status, value from window_figure"
    ):
        assert (code, status, value) == (code, "not_reported" if level in levels[code] else "not_applicable", None)


def test_declared_figures_are_those_of_the_period_and_the_unit_itself(cursor: Cursor) -> None:
    tables.given(
        cursor,
        {
            "declaration": """
        indicator_code | period  | year | org_code | value
        1.5.1          | Quý III | 2021 | H        | 1.401
        1.5.1          | Năm     | 2021 | H        | 99
        1.5.1          | Quý III | 2020 | X        | 7
        7.4            | Quý III | 2021 | H        | 99,5
        7.4            | Quý III | 2021 | G        | 12.345
        1.6            | Quý III | 2021 | X        | 01
        1.6            | Quý III | 2021 | H        | -
    """
        },
    )
    declared = [i for i in catalogue.indicators(PERIOD.last_day).values() if i.code in ("1.5.1", "7.4", "1.6", "7.7.1")]
    period_figures.compute(cursor, PERIOD, declared)
    found = tables.rows(
        cursor,
        "select indicator_code, unit_code, value, numerator, denominator, status from window_figure"
        " where unit_code in ('G', 'H', 'X')",
    )
    assert sorted((c, u, None if v is None else str(v), n == v, d, s) for c, u, v, n, d, s in found) == [
        ("1.5.1", "G", None, True, None, "not_reported"),
        ("1.5.1", "H", "1401", True, None, "observed"),
        ("1.5.1", "X", None, True, None, "not_reported"),
        ("1.6", "G", None, True, None, "not_reported"),
        ("1.6", "H", None, True, None, "not_reported"),
        ("1.6", "X", "1", True, None, "observed"),
        ("7.4", "G", None, True, None, "not_reported"),
        ("7.4", "H", "99.5", True, None, "observed"),
        ("7.4", "X", None, True, None, "not_applicable"),
        ("7.7.1", "G", None, True, None, "not_reported"),
        ("7.7.1", "H", None, True, None, "not_applicable"),
        ("7.7.1", "X", None, True, None, "not_applicable"),
    ]


def test_no_report_is_due_for_the_second_quarter_so_nothing_is_declared_for_it(cursor: Cursor) -> None:
    tables.given(cursor, {"declaration": "indicator_code | org_code | value | period\n1.5.1 | H | 35 | 6 tháng"})
    indicator = [catalogue.indicators(PERIOD.last_day)["1.5.1"]]
    for code, status in (("2021-Q2", "not_reported"), ("2021-6T", "observed"), ("2021-9T", "not_reported")):
        period_figures.compute(cursor, Period.parse(code), indicator)
        assert tables.rows(cursor, "select status from window_figure where unit_code = 'H'") == [(status,)]


def test_the_form_is_the_printed_one() -> None:
    """In the order of the appendix of 2021. What an office adds stands between."""
    with (project_files.ROOT / "demo" / "reports" / "appendix_2021.csv").open(encoding="utf-8-sig", newline="") as file:
        printed = [(row["code"], row["kind"]) for row in csv.DictReader(file)]
    form = catalogue.form(date(2021, 12, 14))
    assert [(row.code, row.kind) for row in form if (row.code, row.kind) in printed] == printed
    assert [row.code for row in form][:6] == ["1", "1.1", "1.1.1", "1.1.2", "1.1.3", "1.2"]
    assert [row.order for row in catalogue.form()] == list(range(1, len(catalogue.form()) + 1))
    parents = {row.code for row in catalogue.form()} | {""}
    assert all(row.parent in parents for row in catalogue.form())


def test_since_there_are_two_tiers_a_commune_answers_for_what_its_district_did() -> None:
    """Rows of the district alone have ended: they keep their place in the form and are reported nowhere."""
    before, since = catalogue.reported(date(2025, 6, 30)), catalogue.reported(date(2025, 7, 1))
    ended = {code for code, indicator in since.items() if not indicator.levels}
    assert ended == {"3.1.3.b", "3.4.2", "4.1.4.c", "5.3.4", "7.6.1.b", "7.7.2"}
    assert since.keys() - before.keys() == {"4.1.4.e", "5.3.5"}
    of_districts = {c for c, i in before.items() if "district" in i.levels and "commune" not in i.levels}
    of_communes = {c for c, i in since.items() if "commune" in i.levels_on(date(2025, 7, 1))}
    assert of_districts - ended <= of_communes
    assert not any("commune" in before[c].levels_on(date(2025, 6, 30)) for c in of_districts)


def test_a_broken_query_says_where(cursor: Cursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An office's own indicator stands in its own folder; a mistake in it is told with the file's name."""
    header = (project_files.INDICATORS / "1.1.1.sql").read_text("utf-8").replace('"1.1.1"', '"8.1"')
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "8.1.sql").write_text(header.replace("window_task", "window_nothing"), encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert catalogue.form()[-1].code == "8.1"
    tables.given(cursor, {"task": "org_code | assigned_on\nH | 2021-07-01"})
    with pytest.raises(CatalogueError, match=r"8\.1\.sql.*window_nothing"):
        period_figures.compute(cursor, Period.parse("2021-Q3"), [catalogue.indicators()["8.1"]])


@pytest.mark.parametrize(
    ("mistake", "repair", "told"),
    [
        ("-- title:", "--\n-- title:", "not the header of an indicator"),
        ("behaviour: cumulative", "behaviour: rate", "behaviour is one of"),
        ("-- unit:", "-- unit_of_measure:", "not the header of an indicator"),
    ],
)
def test_a_broken_header_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str, repair: str, told: str
) -> None:
    (tmp_path / "indicators").mkdir()
    broken = (
        (project_files.INDICATORS / "1.1.1.sql").read_text("utf-8").replace('"1.1.1"', '"8.1"').replace(mistake, repair)
    )
    (tmp_path / "indicators" / "8.1.sql").write_text(broken, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    with pytest.raises(CatalogueError, match=told):
        catalogue.indicators()


OWN_FORM = """
defaults: {cadence: [annual], valid_from: 2026-01-01, legal_basis: Quyết định của tỉnh}
headings:
  - {code: "8", parent: "", kind: section, title: Của tỉnh}
declared:
  - {code: "8.1", parent: "8", title: Số sáng kiến, unit: Sáng kiến, decimals: 0, behaviour: flow, levels: [commune]}
"""


def test_a_folder_in_the_folder_is_a_group_beside_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is edited: the form stays as it is, and what the group says by default holds in it alone."""
    form, known = catalogue.form(), catalogue.indicators()
    assert {row.code.split(".")[0] for row in catalogue.beside()} == {"b"}
    assert not {row.code for row in form} & {row.code for row in catalogue.beside()}
    (tmp_path / "indicators" / "of the year").mkdir(parents=True)
    (tmp_path / "indicators" / "of the year" / "form.yml").write_text(OWN_FORM, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert catalogue.form() == form
    assert [(row.code, row.group) for row in catalogue.beside()[-2:]] == [("8", "of the year"), ("8.1", "of the year")]
    assert list(catalogue.indicators()) == [*known, "8.1"]
    assert catalogue.indicators()["1.1.1"].cadence == known["1.1.1"].cadence


def test_an_office_has_a_form_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "form.yml").write_text(OWN_FORM, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert [(row.code, row.title) for row in catalogue.form()[-2:]] == [("8", "Của tỉnh"), ("8.1", "Số sáng kiến")]
    own = catalogue.indicators()["8.1"]
    assert (own.origin, own.source, own.cadence) == ("declared", ("declarations/indicators",), ("annual",))
    assert own.valid_from == date(2026, 1, 1)
    assert catalogue.indicators()["2.2"].cadence != ("annual",)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("8.1.sql", '-- code: "8.1"\n-- title: Số sáng kiến\n', r"8\.1\.sql: there is no query .* `declared:`"),
        ("form.yml", '- {code: "8", parent: "", kind: section, title: Của tỉnh}\n', "form.yml: it has `defaults:`"),
        ("form.yml", "declared:\n  - {code: '8.1'}\n", "form.yml: this is not the header of an indicator"),
    ],
)
def test_a_form_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
) -> None:
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    with pytest.raises(CatalogueError, match=told):
        catalogue.indicators()


def test_a_new_rule_is_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "indicators").mkdir()
    text = (project_files.INDICATORS / "1.1.1.sql").read_text("utf-8").replace('"1.1.1"', '"8.1"')
    old = text.replace("-- decimals: 0", "-- decimals: 0\n-- valid_to: 2021-12-14").replace(
        'title: "Số', 'title: "Cũ: số'
    )
    (tmp_path / "indicators" / "8.1.sql").write_text(old, encoding="utf-8")
    newer = tmp_path / "indicators" / "8.1@2022.sql"
    newer.write_text(text.replace("-- decimals: 0", "-- decimals: 0\n-- valid_from: 2021-12-15"), encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert catalogue.indicators(Period.parse("2021-N").last_day)["8.1"].title.startswith("Cũ")
    assert catalogue.indicators(Period.parse("2022-Q1").last_day)["8.1"].title.startswith("Số")
    assert "8.1" not in catalogue.indicators(Period.parse("2020-N").last_day)


OLD_AND_NEW = {
    "old": """
        name: of a year before
        period: 2026-Q3
        given: {task: "org_code | assigned_on | assigned_by\\nH | 2026-07-01 | Kế hoạch CCHC"}
        expect: "unit_code | value\\nH | 1"
    """,
    "new": """
        name: of a year after
        period: 2027-Q3
        given: {task: "org_code | assigned_on | assigned_by\\nH | 2027-07-01 | Kế hoạch CCHC"}
        expect: "unit_code | value\\nH | 101"
    """,
}


@pytest.mark.parametrize("time", OLD_AND_NEW)
def test_a_definition_is_tested_in_its_own_time(
    cursor: Cursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: str
) -> None:
    """A new rule of 2027 leaves the cases of 2026 alone, and each of the two definitions wants cases of its own."""
    (tmp_path / "indicators").mkdir()
    text = (project_files.INDICATORS / "1.1.1.sql").read_text("utf-8").replace('"1.1.1"', '"8.1"')
    old = text.replace("-- decimals: 0", "-- decimals: 0\n-- valid_to: 2026-12-14")
    new = text.replace("-- decimals: 0", "-- decimals: 0\n-- valid_from: 2026-12-15").replace(
        "count(*)", "100 + count(*)"
    )
    assert old != text and "100 + " in new
    (tmp_path / "indicators" / "8.1.sql").write_text(old, encoding="utf-8")
    (tmp_path / "indicators" / "8.1@2027.sql").write_text(new, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    case = yaml.safe_load(OLD_AND_NEW[time])
    check(cursor, "8.1", case)
    first, second = [i for i in catalogue.indicator_versions() if i.code == "8.1"]
    assert in_the_time_of(first, [case]) == ([case] if time == "old" else [])
    assert in_the_time_of(second, [case]) == ([case] if time == "new" else [])


WORDING = {
    "nothing": ("", "", True),
    "the day on which it ends": ("-- decimals: 0", "-- decimals: 0\n-- valid_to: 2030-12-14", True),
    "a comment": ("\n\n--", "\n\n-- Mended.\n--", True),
    "the words of the law": ("-- decimals: 0", "-- decimals: 0\n-- legal_basis: Điều 1", True),
    "its title": ('title: "Số', 'title: "Tổng số', True),
    "its query": ("count(*)", "count(distinct task_code)", False),
    "where it is reported": ("levels: [", "levels: [province, ", False),
    "its decimals": ("decimals: 0", "decimals: 2", False),
    "its behaviour": ("behaviour: cumulative", "behaviour: flow", False),
    "the day from which it holds": ("-- decimals: 0", "-- decimals: 0\n-- valid_from: 2019-12-15", False),
}


@pytest.mark.parametrize("change", WORDING)
def test_a_version_tells_what_makes_a_figure_and_not_its_wording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Figures of a definition that was ended, or whose comment was mended, are not other figures."""
    before, after, is_same = WORDING[change]
    text = (project_files.INDICATORS / "1.1.1.sql").read_text("utf-8").replace('"1.1.1"', '"8.1"')
    assert before in text
    versions = []
    for folder, said in (("a", text), ("b", text.replace(before, after, 1))):
        (tmp_path / folder / "indicators").mkdir(parents=True)
        (tmp_path / folder / "indicators" / "8.1.sql").write_text(said, encoding="utf-8")
        monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path / folder))
        versions.append(catalogue.indicators()["8.1"].version)
    assert (versions[0] == versions[1]) == is_same
