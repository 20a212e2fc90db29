"""The contract of schema `reporting` is recorded; what would break it is refused, and named; additions are not."""

import copy

import pytest
from psycopg2.extensions import cursor as Cursor

from docs import contract

BROKEN = {
    "a column is removed": (
        "drop view reporting.unit_succession; create view reporting.unit_succession as select 'x' as old_code",
        "reporting.unit_succession: column old_valid_from is gone, or has another name.",
    ),
    "a column is renamed": (
        "alter view reporting.quality rename column rows_open to rows_waiting",
        "reporting.quality: column rows_open is gone, or has another name.",
    ),
    "a column has another type": (
        "drop view reporting.period; create view reporting.period as select 1 as period_code",
        "reporting.period: column period_code is integer and not text any more.",
    ),
    "a column lost its meaning": (
        "comment on column reporting.quality.sender is null",
        "reporting.quality: column sender lost its meaning: its comment is gone.",
    ),
    "a view is renamed": (
        "alter view reporting.appendix rename to annex",
        "reporting.appendix is gone, or has another name.",
    ),
    "a view lost its meaning": (
        "comment on view reporting.appendix is null",
        "reporting.appendix does not say any more what it is: its comment is gone.",
    ),
}


def test_the_contract_and_its_dictionary_are_what_the_database_says(cursor: Cursor) -> None:
    now = contract.read(cursor)
    assert contract.broken(contract.recorded(), now) == []
    assert contract.recorded() == now, "something was added: make docs"
    assert contract.DICTIONARY.read_text("utf-8") == contract.page(now), "make docs"


def test_everything_says_what_it_means(cursor: Cursor) -> None:
    """In sql/reporting/085_columns.sql, or by `comment on column` in the file of the view."""
    assert contract.unexplained(contract.read(cursor)) == []


@pytest.mark.parametrize("change", BROKEN)
def test_a_change_that_breaks_a_reader_is_refused_and_named(
    cursor: Cursor, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement, sentence = BROKEN[change]
    cursor.execute(statement)
    now = contract.read(cursor)
    assert sentence in contract.broken(contract.recorded(), now)
    before = contract.RECORDED.read_text("utf-8")
    assert sentence in contract.write(now), "make docs refuses as well"
    assert contract.RECORDED.read_text("utf-8") == before


def test_an_addition_breaks_nothing(cursor: Cursor) -> None:
    before = contract.read(cursor)
    cursor.execute(
        "create view reporting.another as select 1 as one;"
        "create function reporting.some() returns setof reporting.unit language sql as 'select * from reporting.unit'"
    )
    now = contract.read(cursor)
    assert contract.broken(before, now) == []
    assert now["some()"]["columns"] == now["unit"]["columns"]
    assert "reporting.another" in contract.unexplained(now)
    cursor.execute("drop function reporting.some; create function reporting.some(a int) returns setof reporting.unit"
                   " language sql as 'select * from reporting.unit'")  # fmt: skip
    assert contract.broken(now, contract.read(cursor)) == ["reporting.some() takes (a integer) and not () any more."]
    shorter = copy.deepcopy(before)
    del shorter["unit"]["columns"]["unit_kind"]
    assert contract.broken(before, shorter) == ["reporting.unit: column unit_kind is gone, or has another name."]
