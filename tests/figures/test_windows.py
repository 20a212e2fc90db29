"""The files of `sql/window/`: each is run after those whose tables it reads, whatever it is called."""

from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from etl.catalogue import project_files
from etl.errors import CatalogueError
from etl.figures import window
from etl.periods import Period
from tests import tables


def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Let an office keep windows of its own."""
    (tmp_path / "window").mkdir()
    for name, text in files.items():
        (tmp_path / "window" / f"{name}.sql").write_text(text, encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))


ROADS = """-- creates: [window_road]

create temp table window_road on commit drop as
select subtree.unit_code, count(*) as roads from window_subtree as subtree group by 1
"""
BRIDGES = """-- creates: [window_bridge]

-- not of window_nothing, which is only spoken of
create temp table window_bridge on commit drop as
select unit_code, 2 * roads as bridges from window_road
"""


@pytest.mark.parametrize(
    ("road", "bridge"), [("10_road", "11_bridge"), ("zz_road", "00_bridge"), ("2_road", "1_bridge")]
)
def test_a_tenth_window_finds_its_place(
    cursor: Cursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, road: str, bridge: str
) -> None:
    """10_road.sql sorts before 1_unit.sql, which it reads."""
    windows(tmp_path, monkeypatch, **{road: ROADS, bridge: BRIDGES})
    tables.given(cursor, {})
    window.open_window(cursor, Period.parse("2021-Q3"))
    assert tables.rows(cursor, "select bridges from window_bridge where unit_code = 'H'") == [(10,)]


def test_every_window_comes_after_what_it_reads() -> None:
    made: set[str] = set()
    for path in window.windows():
        header, statement = project_files.read_sql(path)
        made |= set(header["creates"])
        read = {name for name in every() if f"{name} " in statement.replace("\n", " ") + " "}
        assert read <= made, path.name


def every() -> set[str]:
    return {name for path in project_files.sql_files("window") for name in project_files.read_sql(path)[0]["creates"]}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a": "-- title: nothing\nselect 1"}, r"a\.sql: the header has `creates: \[window_…\]`"),
        ({"a": "-- creates: [window_a]\n-- all there is\nselect 1"}, r"a\.sql: .* Leave a line empty below the header"),
        ({"a": "-- creates: [window_a]\n-- then: sing\nselect 1"}, r"perhaps `then:`, which is one of units are known"),
        (
            {
                "a": "-- creates: [window_a]\n\ncreate temp table window_a as select * from window_b",
                "b": "-- creates: [window_b]\n\ncreate temp table window_b as select * from window_a",
            },
            r"in a circle: .*a\.sql",
        ),
    ],
)
def test_a_window_that_cannot_be_placed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], told: str
) -> None:
    windows(tmp_path, monkeypatch, **files)
    with pytest.raises(CatalogueError, match=told):
        window.windows()


def test_a_window_that_the_database_refuses_is_told(
    cursor: Cursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows(tmp_path, monkeypatch, road=ROADS.replace("subtree.unit_code", "subtree.no_such"))
    tables.given(cursor, {})
    with pytest.raises(CatalogueError, match=r"road\.sql: column subtree\.no_such does not exist"):
        window.open_window(cursor, Period.parse("2021-Q3"))
