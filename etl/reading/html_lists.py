"""A list in an HTML document: which of its tables are the list, and which are something else."""

import itertools
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

import polars as pl

from etl.catalogue import Export, Layout
from etl.reading import html_tables, sheets, web_archive
from etl.reading.bounds import long_cell, not_a_table
from etl.reading.header import HEADER_ROWS, Placement, find_header, no_header
from etl.reading.html_tables import Row
from etl.reading.lines import Lines
from etl.reading.rows import raw_blocks
from etl.reading.sheets import as_lists
from etl.reading.text import as_utf8, possible_encodings


def open_html(
    path: Path, export: Export, layouts: Sequence[Layout], block_bytes: int, lines: Lines
) -> tuple[Placement, Generator[pl.DataFrame]]:
    with path.open("rb") as file:
        encoding = possible_encodings(file.read(1 << 20))[0]
    return _list_in(as_utf8(path, encoding, min(block_bytes, 1 << 20)), export, layouts, lines)


def open_web_archive(
    path: Path, export: Export, layouts: Sequence[Layout], block_bytes: int, lines: Lines
) -> tuple[Placement, Generator[pl.DataFrame]]:
    return _list_in(web_archive.html(path, min(block_bytes, 1 << 20)), export, layouts, lines)


def _list_in(
    chunks: Iterable[bytes], export: Export, layouts: Sequence[Layout], lines: Lines
) -> tuple[Placement, Generator[pl.DataFrame]]:
    rows = lines.counted(html_tables.rows(chunks))
    first = list(itertools.islice(rows, HEADER_ROWS))
    top = as_lists((row.number, row.cells) for row in first)
    placement = find_header(top, export, layouts)
    if not placement:
        raise no_header(top, export)
    above = placement.rows - len(placement.header)
    lines.has_above(top[:above])
    lines.count("title", above)
    lines.count("header", placement.rows - above)
    wrong: dict[int, str] = {}
    below = itertools.chain(first[placement.rows :], rows)
    rows_of_list = _of_the_list(below, placement, export, first[placement.rows - 1], lines, wrong)
    return placement, raw_blocks(rows_of_list, placement, wrong)


def _of_the_list(
    rows: Iterable[Row], placement: Placement, export: Export, header: Row, lines: Lines, wrong: dict[int, str]
) -> Generator[sheets.Row]:
    """The rows below the header, also those of further tables: a page each, or the body beside a header of its own.

    A table goes on with the list if its first row has as many cells as the header; another one tells something else,
    such as who signs. What is wrong with the number of cells of a row is put into `wrong`.
    Raises: FileRejected FIL-01 if a table that is not part of the list may have data.
    """
    required = sum(c.required for c in export.columns)
    kinds = {header.table: "list"}
    for row in rows:
        if row.table not in kinds:
            is_inner = kinds.get(row.within) in ("list", "inner")
            kinds[row.table] = "inner" if is_inner else "list" if row.width == header.width else "elsewhere"
        kind = kinds[row.table]
        if kind == "list":
            if row.is_cut:
                raise long_cell(row.number)
            if not len(placement.names) <= row.width <= max(header.width, placement.width):
                wrong[row.number] = f"{row.width} ô; tiêu đề có {header.width} ô"
            yield row.number, row.cells
        elif kind == "elsewhere" and len(row.cells) >= max(required, header.width / 2):
            raise not_a_table(
                f"Dòng {row.number} thuộc một bảng khác có {row.width} cột, trong khi bảng có dòng tiêu đề có"
                f" {header.width} cột; không biết có phải dữ liệu của danh sách này không."
            )
        else:
            lines.count(kind, 1)
