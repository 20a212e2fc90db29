"""Every figure of the demo is what its rows add up to, as the warehouse has them and as a release keeps them."""

from collections.abc import Iterator
from datetime import date

import psycopg2
import pytest

from demo.exports import write_exports
from etl import catalogue, pipeline, settings
from etl.periods import Period
from etl.publication import keeping
from etl.warehouse import database
from tests.contributions import not_added_up
from tests.databases import fresh_database, rows

REPORTED = Period.parse("2021-N").with_window(date(2020, 12, 15), date(2021, 11, 15))
QUARTER = Period.parse("2021-Q3")
RELEASE = 7


@pytest.fixture(scope="module")
def demo(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's warehouse with the figures of its report and of a quarter; the report's rows are kept."""
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("demo")
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        write_exports(folder / "inbox")
        configured = settings.read()
        pipeline.land(configured, url, inbox=str(folder / "inbox"))
        list(pipeline.load_waiting(configured, url))
        list(pipeline.materialise_each(url, [QUARTER, REPORTED]))
        with database.transaction(url) as connection, connection.cursor() as cursor:
            keeping.keep(cursor, RELEASE, REPORTED, catalogue.reported(REPORTED.last_day).values())
        yield url


@pytest.mark.parametrize("period", [pytest.param(QUARTER, marks=pytest.mark.slow), REPORTED], ids=str)
def test_rows_add_up_to_every_figure_of_every_unit(demo: str, period: Period) -> None:
    wrong, looked_at = not_added_up(demo, period)
    assert looked_at > 1500
    assert not wrong


def test_so_do_the_rows_that_a_release_keeps(demo: str) -> None:
    wrong, looked_at = not_added_up(demo, REPORTED, RELEASE)
    assert looked_at > 1500
    assert not wrong


def test_kept_rows_are_small(demo: str) -> None:
    ((kept,), (packed,)) = (
        rows(demo, "select sum(cardinality(lines)) from mart.release_contribution")[0],
        rows(demo, "select pg_total_relation_size('mart.release_contribution')")[0],
    )
    assert kept > 30_000
    assert packed / kept < 10


@pytest.mark.parametrize("table", ["", "_table", "_unit", "_piece", "_apart"])
@pytest.mark.parametrize("change", ["update {} set release_id = 8", "delete from {}", "truncate {}"])
def test_kept_rows_are_only_added(demo: str, table: str, change: str) -> None:
    with database.transaction(demo) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.RaiseException, match="only ever added"):
            cursor.execute(change.format(f"mart.release_contribution{table}"))
        connection.rollback()
