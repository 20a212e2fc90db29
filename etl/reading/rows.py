"""Which rows of a table are data: no totals, no signatures, no header of a second page."""

import re
from collections.abc import Generator, Iterable
from contextlib import closing

import polars as pl

from etl.catalogue import Export
from etl.reading import sheets
from etl.reading.bounds import BLOCK_CELLS, FAR, MAX_ROW, far_cell
from etl.reading.header import Placement
from etl.spelling import fold

EXTRA = "#thừa"  # cells beyond the header, or below a header cell that is empty
FOOTERS = re.compile(r"(tổng|cộng|tổng cộng|tổng số) ?([:.(\d].*)?")
FOOTER_START = r"(?i)^\W*(t[oổ]|c[oộ])"  # cheap and too wide; decided on the folded text


def data_rows(raw: pl.DataFrame, placement: Placement, export: Export, unit: str | None = None) -> pl.DataFrame:
    """Name the columns `0`, `1`, … of a raw block, and leave out the rows that are not data.

    Input: `unit`: the code of the sender's unit, which some layouts have in place of a column.
    """
    cells = [c for c in raw.columns if c != "line"]
    raw = raw.with_columns(pl.when(pl.col(cells).str.strip_chars() != "").then(pl.col(cells)))
    placed = {name: str(i) for i, name in enumerate(placement.names) if name}
    outside = [c for c in cells if int(c) >= len(placement.names) or placement.names[int(c)] is None]
    first = pl.coalesce([c for name, c in placed.items() if not name.startswith("#")] + outside)
    ignored = [name for name in placed if name.startswith("#")]
    said: dict[str, str | None] = dict(placement.layout.constants if placement.layout else {})
    said |= dict.fromkeys(placement.by_sender(export), unit)
    # an empty cell may be a word: of a column that is ticked, the one for "no"
    said |= {role: "" for role, words in (placement.layout.words if placement.layout else {}).items() if "" in words}

    required = [placed[c.name] for c in export.columns if c.required and c.name in placed]
    left_out = [line for row in placement.header for line in _repeats(raw, row)]
    for start in (first, *(pl.col(placed[name]) for name in ignored)):
        left_out += _footers(raw, start, required)
    keep = first.is_not_null()
    if left_out:
        keep &= ~pl.col("line").is_in(left_out)

    extra = pl.concat_str(outside, separator=" | ", ignore_nulls=True) if outside else pl.lit(None, pl.String)
    return raw.filter(keep).select(
        "line",
        *(_cell(placed.get(c.name), said.get(c.name)).alias(c.name) for c in export.columns),
        *(pl.col(placed[name]).alias(name) for name in ignored),
        pl.when(extra != "").then(extra).alias(EXTRA),
    )


def _cell(column: str | None, said: str | None) -> pl.Expr:
    """What a column says; `said`: what stands in for it where there is none, or where it is empty."""
    there = pl.lit(said, pl.String)
    if column is None:
        return there
    return pl.col(column) if said is None else pl.col(column).fill_null(there)


def _footers(raw: pl.DataFrame, start: pl.Expr, required: list[str]) -> list[int]:
    """The rows that begin with "Tổng cộng" and do not, like a row of data, have most of the required cells."""
    filled = pl.sum_horizontal(pl.col(c).is_not_null() for c in required) if required else pl.lit(0)
    rows = raw.lazy().select("line", start=start, filled=filled).filter(pl.col("start").str.contains(FOOTER_START))
    return [
        line
        for line, text, filled in rows.collect().iter_rows()
        if filled < max(len(required), 1) and FOOTERS.fullmatch(fold(text).lstrip("*- "))
    ]


def _repeats(raw: pl.DataFrame, header: tuple[str, ...]) -> list[int]:
    """The rows that say the same as a row of the header: all of it, for single cells of data do ("Thi tuyển")."""
    said = [(str(i), cell) for i, cell in enumerate(header) if fold(cell)]
    first, cell = said[0]
    candidates = raw.lazy().filter(pl.col(first).str.to_lowercase() == cell.lower()).collect()
    return [
        row["line"]
        for row in candidates.iter_rows(named=True)
        if all(fold(row[column] or "") == fold(cell) for column, cell in said)
    ]


def raw_blocks(rows: Generator[sheets.Row], placement: Placement) -> Generator[pl.DataFrame]:
    """Raw blocks of rows whose cells are known already: a column for each of the header's, and one for all others."""
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
                yield pl.DataFrame(block, schema=schema, orient="row")
                block, size = [], 0
    if block:
        yield pl.DataFrame(block, schema=schema, orient="row")


def joined(cells: Iterable[str]) -> str | None:
    """Cells beyond the header, in one text."""
    return " | ".join(cell for cell in cells if cell and not cell.isspace()) or None
