"""What records add to a figure: together exactly the figure, for every drawn case, every indicator and every unit."""

from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.figures import period_figures
from etl.periods import Period
from etl.publication import opening, shares
from tests import tables
from tests.indicators.test_indicators import CASES, period_of

SHOWN = ("observed", "undefined")
PERIOD = Period.parse("2021-Q3")


def told(cursor: Cursor, unit: str, code: str) -> dict[int, tuple[int, int]]:
    """What each line adds to a figure."""
    indicator = catalogue.reported(PERIOD.last_day)[code]
    opened = opening.open_records(cursor, PERIOD, unit, "-infinity", [indicator])
    whole = shares.figures(cursor, PERIOD, [indicator], opened)[code]
    found = shares.of_figure(cursor, PERIOD, indicator, opened, whole)
    return {s.line: (int(s.in_numerator), int(s.in_denominator)) for s in found}


def figures_of(cursor: Cursor) -> dict[tuple[str, str], dict[str, shares.Parts]]:
    """The figures that were computed, by unit and indicator."""
    found: dict[tuple[str, str], dict[str, shares.Parts]] = {}
    for unit, valid_from, code, over, under in tables.rows(
        cursor,
        "select unit_code, unit_valid_from::text, indicator_code, coalesce(numerator, 0), coalesce(denominator, 0)"
        f" from window_figure where status in {SHOWN}",
    ):
        found.setdefault((unit, valid_from), {})[code] = (over, under)
    return found


@pytest.mark.slow  # three minutes; the demo and a random world have every indicator too
@pytest.mark.parametrize(("code", "case"), CASES)
def test_shares_add_up_in_every_drawn_case(cursor: Cursor, code: str, case: dict) -> None:
    period = period_of(case)
    indicator = catalogue.reported(period.last_day)[code]
    tables.given(cursor, case["given"])
    period_figures.compute(cursor, period, [indicator])
    for (unit, valid_from), figures in figures_of(cursor).items():
        opened = opening.open_records(cursor, period, unit, valid_from, [indicator])
        whole = shares.figures(cursor, period, [indicator], opened)[code]
        found = shares.of_figure(cursor, period, indicator, opened, whole)
        added = (sum(s.in_numerator for s in found), sum(s.in_denominator for s in found))
        assert (unit, added) == (unit, figures[code])


EVENTS = "org_code | staff_code | event_kind | decided_on | by_competition | position_level | form\n"
NOT_SUMS = {
    "an online dossier, and beside it those of its procedure that were none": (
        "7.8.3",
        {
            "procedure": "procedure_code | service_level | file_id\n1.000001 | 3 | 2\n1.000002 | 3 | 2",
            "dossier": """
                org_code | procedure_code | channel    | received_on
                H        | 1.000001       | Trực tiếp  | 2021-07-01
                H        | 1.000001       | Trực tuyến | 2021-07-02
                H        | 1.000002       | Trực tiếp  | 2021-07-03
                H        | 1.000001       | Bưu chính công ích | 2021-07-04
            """,
        },
        {1: (0, 1), 2: (1, 1), 4: (0, 1)},
    ),
    "the first of two decisions about one person": (
        "5.4.4",
        {
            "staff_event": EVENTS
            + """
                T | A | Kỷ luật | 2021-07-01 | - | Viên chức | Đảng
                T | A | Kỷ luật | 2021-07-02 | - | Viên chức | Chính quyền
                T | B | Kỷ luật | 2021-07-03 | - | Viên chức | -
            """
        },
        {1: (1, 0), 3: (1, 0)},
    ),
    "the first appointment by competition of several: one is enough": (
        "5.3.1",
        {
            "staff_event": EVENTS
            + """
                P | A | Bổ nhiệm | 2021-07-01 | false | Lãnh đạo phòng thuộc UBND huyện | -
                P | B | Bổ nhiệm | 2021-07-02 | true  | Lãnh đạo phòng thuộc UBND huyện | -
                P | C | Bổ nhiệm | 2021-07-03 | true  | Lãnh đạo phòng thuộc UBND huyện | -
            """
        },
        {2: (1, 0)},
    ),
    "the quota of 2015 with its posts, and less those of today": (
        "4.2.5",
        {
            "quota": """
                org_code | assigned | year | decided_on
                P        | 20       | 2015 | 2015-01-01
                P        | 18       | 2021 | 2021-01-10
                P        | 17       | 2021 | 2021-02-10
            """
        },
        {1: (20, 20), 3: (-17, 0)},
    ),
    "a quota that nobody had in 2015": (
        "4.2.1",
        {"quota": "org_code | assigned\nP | 7\nH | 5"},
        {1: (7, 0), 2: (5, 0)},
    ),
    "a person whom two offices deliver": (
        "4.2.2",
        {
            "staff": """
                staff_code | org_code | sender
                A          | P        | one
                A          | P        | other
                B          | P        | other
            """
        },
        {1: (1, 0), 3: (1, 0)},
    ),
    "a dossier where it was resolved, whoever received it": (
        "3.4.2",
        {
            "dossier": """
                org_code | resolving_org_code | received_on | due_on     | finished_on
                X        | H                  | 2021-07-01  | 2021-07-05 | 2021-07-05
                H        | X                  | 2021-07-01  | 2021-07-05 | 2021-07-05
                H        | -                  | 2021-05-01  | 2021-07-05 | 2021-07-06
            """
        },
        {1: (1, 1), 3: (0, 1)},
    ),
    "documents of the unit itself, none of those below it": (
        "1.1.3",
        {
            "document": """
                org_code | issued_on  | topic
                H        | 2021-07-01 | CCHC
                P        | 2021-07-01 | CCHC
            """
        },
        {1: (1, 0)},
    ),
}


@pytest.mark.parametrize("name", NOT_SUMS)
def test_what_a_row_adds_where_it_is_no_count_of_rows(cursor: Cursor, name: str) -> None:
    code, given, expected = NOT_SUMS[name]
    tables.given(cursor, given)
    assert told(cursor, "H", code) == expected


def test_an_indicator_of_an_office_needs_no_second_file(
    cursor: Cursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it counts: here fields with at least two dossiers, which none of them is by itself."""
    (tmp_path / "indicators").mkdir()
    text = (project_files.INDICATORS / "3.4.2.sql").read_text("utf-8").split("-- Of the dossiers")[0]
    query = """
    select unit_code, sum(resolved_early + resolved_on_time) as numerator, sum(resolved_late) as denominator
    from window_dossier
    where resolved_early + resolved_on_time >= 2
    group by unit_code
    """
    (tmp_path / "indicators" / "8.1.sql").write_text(text.replace('"3.4.2"', '"8.1"') + query, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    resolved = "H | 2021-07-01 | 2021-07-05 | 2021-07-05"
    tables.given(
        cursor,
        {
            "dossier": f"""
            org_code | received_on | due_on     | finished_on | field
            {resolved} | Đất đai
            {resolved} | Chứng thực
            {resolved} | Chứng thực
            {resolved} | Chứng thực
            """
        },
    )
    period_figures.compute(cursor, PERIOD, [catalogue.reported(PERIOD.last_day)["8.1"]])
    (figure,) = tables.rows(cursor, "select numerator::int, denominator::int from window_figure where unit_code = 'H'")
    found = told(cursor, "H", "8.1")
    assert figure == (3, 0)
    assert (sum(n for n, _ in found.values()), sum(d for _, d in found.values())) == figure


def test_a_table_that_names_no_record_is_said(cursor: Cursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "indicators").mkdir()
    text = (project_files.INDICATORS / "3.1.3.sql").read_text("utf-8").split("-- In force")[0]
    query = "select unit_code, count(*) as numerator, null as denominator from window_scope group by unit_code"
    (tmp_path / "indicators" / "8.1.sql").write_text(text.replace('"3.1.3"', '"8.1"') + query, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    tables.given(cursor, {"procedure": "procedure_code\n1.000001"})
    with pytest.raises(CatalogueError, match=r"8\.1\.sql: it reads a table of sql/window that names no record"):
        told(cursor, "G", "8.1")
