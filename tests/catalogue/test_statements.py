"""The project's own SQL files: each is named where it is run, says what it does, and gets all that it asks for."""

import re
from pathlib import Path

import pytest

from etl.catalogue import project_files

FOLDERS = ("access", "land", "load", "mart", "quality", "night", "publication", "explaining", "keeping")
NAMED = re.compile(r"""\bstatement\(\s*["']([a-z]+/[a-z_]+)["']""")
FILES = {
    f"{folder}/{path.stem}": path
    for folder in FOLDERS
    for path in sorted((project_files.SQL / folder).glob("*.sql"))
    if "-- creates:" not in path.read_text("utf-8")  # run by window.make, which is given its path
}


def test_every_file_is_named_where_it_is_run() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (project_files.ROOT / "etl").rglob("*.py"))
    assert sorted(set(NAMED.findall(code))) == sorted(FILES)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_every_file_says_what_it_does_and_what_it_is_given(path: Path) -> None:
    text = path.read_text("utf-8")
    head = re.match(r"(--.*\n)+", text)
    assert head, "no comment above the statement"
    asked = set(re.findall(r"\{[a-z_]+\}", text[head.end() :]))
    assert {name for name in asked if name not in head[0]} == set()


@pytest.mark.parametrize(
    ("text", "filled", "becomes"),
    [
        ("select {columns} from {core}", {"columns": "a, b", "core": "core.unit"}, "select a, b from core.unit"),
        ("select '{}', 'x{2}', {more}", {"columns": "a"}, "select '{}', 'x{2}', {more}"),
        ("select {one}", {"one": "'{two}'", "two": "2"}, "select '{two}'"),
    ],
    ids=["placeholders are filled", "other braces stay", "what was filled in is not looked at again"],
)
def test_placeholders(text: str, filled: dict[str, str], becomes: str) -> None:
    assert project_files.fill(text, **filled) == becomes


def test_an_office_does_not_replace_a_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "load" / "supersede.sql"
    own.parent.mkdir()
    own.write_text("-- ours\nselect 1\n", "utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    assert project_files.statement("load/supersede").startswith("insert into {history}")
