"""The pages that describe the warehouse say what a warehouse that was just set up says."""

import re
from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from docs import first_file, tables
from etl import catalogue
from tests.tables import rows

PROJECT = Path(__file__).parents[1]
# where each page lists the views that the province reads; a release of CHANGELOG.md lists those it adds
LISTS = {
    "README.md": r"(?s)The province reads schema `reporting`.*?(?:\n\n|\Z)",
    "CHANGELOG.md": r"(?s)\*\*Schema `reporting`\*\*.*?\n- ",
}


def test_the_page_of_tables_is_what_the_database_says(cursor: Cursor) -> None:
    assert tables.PAGE.read_text("utf-8") == tables.page(cursor), "make docs"


def test_what_the_walk_through_a_first_file_shows_is_what_is_printed(warehouse_url: str, tmp_path: Path) -> None:
    page = first_file.PAGE.read_text("utf-8")
    assert page == first_file.page(page, tmp_path, warehouse_url), "make docs"
    for rule in catalogue.rules("*").values():
        assert f"| {rule.rule_id} |" in page


def test_every_table_and_view_says_what_it_is(cursor: Cursor) -> None:
    page = tables.page(cursor)
    assert re.findall(r"^### (\S+).*\n\n\n", page, re.M) == []


@pytest.mark.parametrize("page", LISTS)
def test_the_views_of_the_province_are_listed(cursor: Cursor, page: str) -> None:
    views = rows(cursor, "select viewname from pg_views where schemaname = 'reporting'")
    listed = " ".join(re.findall(LISTS[page], (PROJECT / page).read_text("utf-8")))
    named = set(re.findall(r"`(\w+)`", listed)) - {"reporting", "cchc_reader"}
    assert sorted(named) == sorted(view for (view,) in views)
