"""What records add to a figure: together exactly the figure, for every drawn case, every indicator and every unit."""

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.figures import period_figures
from etl.publication import shares
from tests import tables
from tests.indicators.test_indicators import CASES, period_of

SHOWN = ("observed", "undefined")


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


@pytest.mark.parametrize(("code", "case"), CASES)
def test_shares_add_up_in_every_drawn_case(cursor: Cursor, code: str, case: dict) -> None:
    period = period_of(case)
    indicator = catalogue.reported(period.last_day)[code]
    tables.given(cursor, case["given"])
    period_figures.compute(cursor, period, [indicator])
    for (unit, valid_from), figures in figures_of(cursor).items():
        opened = shares.open_records(cursor, period, unit, valid_from, [indicator])
        whole = shares.figures(cursor, period, [indicator], opened)[code]
        found = shares.of_figure(cursor, period, indicator, opened, whole)
        added = (sum(s.in_numerator for s in found), sum(s.in_denominator for s in found))
        assert (unit, added) == (unit, figures[code])
