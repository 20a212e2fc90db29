"""In whatever form a table is delivered, it says the same, or it is refused by name: never a third thing."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings

from etl import catalogue
from etl.catalogue import Column, Export
from etl.errors import FileRejected
from etl.reading import read, values
from tests.forms import FORMS, Form, write

ROWS = 7
TEXTS = {
    "timestamp": ("05/03/2021 08:15", "2021-03-06 17:30:00", "15/12/2020"),
    "date": ("05/03/2021", "2021-03-06", "15/12/2020"),
    "partial_date": ("05/03/1980", "1980", "3/1980"),
    "amount": ("150.000", "0", "1.500.000 đ"),
    "integer": ("2021", "3", "17"),
    "flag": ("Có", "Không", "CÓ"),
}
WORDS = ('Rà soát "một cửa", đợt 2', "Việc thứ nhất;\nviệc thứ hai", "Ổn định", "x")


def cell(column: Column, row: int) -> str:
    """What stands in a column; the same row is never said twice."""
    if column.key and column.type == "text":
        return f"K-{row}"
    if not column.required and (row + len(column.name)) % 3 == 0:
        return ""
    said = TEXTS.get(column.type) or column.vocabulary or WORDS
    return said[(row + len(column.name)) % len(said)]


def table(export: Export) -> tuple[list[str], list[list[str]]]:
    header = [column.header for column in export.columns]
    return header, [[cell(column, row) for column in export.columns] for row in range(1, ROWS + 1)]


def said(paths: list[Path], export: Export) -> list[tuple[object, ...]]:
    """What the rows of files say, whichever way it is written."""
    blocks = [block for path in paths for block in read.blocks(path, export)]
    rows = values.compared(pl.concat(blocks, how="diagonal"), export)
    return sorted(rows.iter_rows(), key=repr)


@pytest.mark.parametrize("name", list(catalogue.exports()))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(form=FORMS)
@example(form=Form())
@example(form=Form(container="xlsx", parts=2))
@example(form=Form(container="html", titles=3, has_total=True, repeats_header=True, has_blank_rows=True))
@example(form=Form(line_end="\r", quotes_all=True))
@example(form=Form(encoding="cp1258", separator=";"))
def test_a_table_says_the_same_in_any_form(name: str, form: Form) -> None:
    export = catalogue.export(name)
    header, rows = table(export)
    with TemporaryDirectory() as folder:
        plain = write(Path(folder) / "plain", header, rows, Form())
        delivered = write(Path(folder) / "delivered", header, rows, form)
        expected = said(plain, export)
        assert len(expected) == ROWS
        try:
            found = said(delivered, export)
        except FileRejected as refusal:
            assert refusal.rule_id.startswith("FIL-")
            return
    assert found == expected


def test_most_forms_are_read() -> None:
    """Refusing everything would pass the test above: only these forms are refused."""
    export = catalogue.export("document_management/tasks")
    header, rows = table(export)
    refused = []
    for container, encoding, line_end, parts in [
        (container, encoding, line_end, parts)
        for container in ("csv", "xlsx", "html")
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1258")
        for line_end in ("\n", "\r\n", "\r")
        for parts in (1, 2)
    ]:
        form = Form(container=container, encoding=encoding, line_end=line_end, parts=parts)
        with TemporaryDirectory() as folder:
            try:
                said(write(Path(folder), header, rows, form), export)
            except FileRejected:
                refused.append((container, encoding, line_end, parts))
    assert refused == []
