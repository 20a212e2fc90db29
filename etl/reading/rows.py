"""The rows of a table under the names of its columns, without those that are no data."""

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import closing

import polars as pl

from etl.catalogue import Export
from etl.reading import sheets
from etl.reading.bounds import BLOCK_CELLS, FAR, MAX_ROW, far_cell
from etl.reading.header import Placement
from etl.reading.lines import Lines
from etl.reading.page_rows import Page, not_data

EXTRA = "#thừa"  # cells beyond the header, or below a header cell that is empty
CELLS = "#số ô"  # of a row that has more or fewer cells than the header: how many


def data_rows(
    raw: pl.DataFrame, placement: Placement, export: Export, lines: Lines, page: Page, unit: str | None = None
) -> pl.DataFrame:
    """Name the columns `0`, `1`, … of a raw block, and leave out the rows that are not data; each row is counted.

    Input: `page`: what the rows of the block before were; `unit`: the code of the sender's unit, which some layouts
           have in place of a column.
    """
    cells = [c for c in raw.columns if c not in ("line", CELLS)]
    raw = raw.with_columns(pl.when(pl.col(cells).str.strip_chars() != "").then(pl.col(cells)))
    placed = {name: str(i) for i, name in enumerate(placement.names) if name}
    outside = [c for c in cells if int(c) >= len(placement.names) or placement.names[int(c)] is None]
    first = pl.coalesce([c for name, c in placed.items() if not name.startswith("#")] + outside)
    ignored = [name for name in placed if name.startswith("#")]
    said: dict[str, str | None] = dict(placement.layout.constants if placement.layout else {})
    said |= dict.fromkeys(placement.by_sender(export), unit)
    # an empty cell may be a word: of a column that is ticked, the one for "no"
    said |= {role: "" for role, words in (placement.layout.words if placement.layout else {}).items() if "" in words}

    left_out = not_data(raw, first, placement, export, page, lines.above)
    keep = first.is_not_null()
    if left_out:
        keep &= ~pl.col("line").is_in(list(left_out))

    extra = pl.concat_str(outside, separator=" | ", ignore_nulls=True) if outside else pl.lit(None, pl.String)
    block = raw.filter(keep).select(
        "line",
        *(_cell(placed.get(c.name), said.get(c.name)).alias(c.name) for c in export.columns),
        *(pl.col(placed[name]).alias(name) for name in ignored),
        pl.when(extra != "").then(extra).alias(EXTRA),
        pl.col(CELLS) if CELLS in raw.columns else pl.lit(None, pl.String).alias(CELLS),
    )
    for kind, rows in Counter(left_out.values()).items():
        lines.count(kind, rows)
    lines.count("data", block.height)
    lines.count("blank", raw.height - block.height - len(left_out))
    return block


def _cell(column: str | None, said: str | None) -> pl.Expr:
    """What a column says; `said`: what stands in for it where there is none, or where it is empty."""
    there = pl.lit(said, pl.String)
    if column is None:
        return there
    return pl.col(column) if said is None else pl.col(column).fill_null(there)


def raw_blocks(
    rows: Generator[sheets.Row], placement: Placement, wrong: dict[int, str] | None = None
) -> Generator[pl.DataFrame]:
    """Raw blocks of rows whose cells are known already: a column for each of the header's, and one for all others.

    Input: `wrong`: grows while rows are given: what is wrong with the number of cells of a row, by its line.
    """
    named = [i for i, name in enumerate(placement.names) if name or any(row[i] for row in placement.header)]
    place = {column: at for at, column in enumerate(named, 1)}
    schema = {"line": pl.Int64, **{str(i): pl.String for i in (*named, len(placement.names))}}
    most = max(1, BLOCK_CELLS // 2 // len(schema))
    block: list[list[object]] = []
    size = 0
    with closing(rows):
        for line, cells in rows:
            row: list[object] = [line, *[None] * (len(schema) - 1)]
            beyond = []
            for column, text in cells:
                if at := place.get(column):
                    row[at] = text
                elif column < len(placement.names) + FAR:
                    beyond.append(text)
                else:
                    raise far_cell(line)
                size += len(text)
            row[-1] = joined(beyond)
            block.append(row)
            if len(block) == most or size > MAX_ROW:
                yield _raw_block(block, schema, wrong)
                block, size = [], 0
    if block:
        yield _raw_block(block, schema, wrong)


def _raw_block(
    block: list[list[object]], schema: dict[str, type[pl.DataType]], wrong: dict[int, str] | None
) -> pl.DataFrame:
    frame = pl.DataFrame(block, schema=schema, orient="row")
    if not wrong:
        return frame
    frame = frame.with_columns(pl.Series(CELLS, [wrong.get(line) for line in frame["line"]], pl.String))
    wrong.clear()
    return frame


def joined(cells: Iterable[str]) -> str | None:
    """Cells beyond the header, in one text."""
    return " | ".join(cell for cell in cells if cell and not cell.isspace()) or None
