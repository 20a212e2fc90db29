"""Which sheets of a workbook are the list that it delivers, and their rows in order."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace

import polars as pl

from etl import masking
from etl.catalogue import Export
from etl.errors import FileRejected
from etl.reading import merged_cells, values
from etl.reading.bounds import SHEET_LINES
from etl.reading.header import HEADER_ROWS, Placement, list_headers, no_header
from etl.reading.lines import Lines
from etl.reading.page_rows import Page
from etl.reading.rows import data_rows, raw_blocks
from etl.reading.sheets import REAL_DAY, Row, Sheet, as_lists

TYPED = ("code", "date", "timestamp", "integer", "amount", "flag")


@dataclass(frozen=True)
class _Part:
    """A sheet of the list: where its rows begin, and where its columns belong."""

    number: int  # of the sheet in the workbook, from 1
    sheet: Sheet
    placement: Placement
    has_rows: bool


def one_list(
    sheets: list[Sheet], find: Callable[[list[list[str]]], Placement | None], export: Export, lines: Lines
) -> tuple[Placement, Generator[Row]]:
    """Where the columns of a workbook's list are, and its rows: of each sheet with its header, and of those that go on.

    Exporters begin another sheet where one is full, with the header or without. Forms that are not filled in are left
    out, and so are sheets that are no list. `lines` counts those of the list's sheets.
    Raises: FileRejected FIL-02 if no sheet has the header; FIL-01 if it cannot be said which rows are meant.
    """
    looked_at: list[list[str]] = []
    headed: list[_Part] = []
    other: list[tuple[int, Sheet, list[Row]]] = []
    for number, sheet in enumerate(sheets, 1):
        first = list(sheet.rows(HEADER_ROWS + 1))
        top = as_lists(first)
        looked_at += top[: HEADER_ROWS * 20 - len(looked_at)]
        if placement := find(top):
            headed.append(_Part(number, sheet, placement, first[-1][0] > placement.rows))
        elif first:
            other.append((number, sheet, first))
    if not headed:
        raise no_header(looked_at, export)
    parts = [one for one in headed if one.has_rows] or headed[:1]  # a sheet that has only the header is a form
    if any(_names(one.placement) != _names(parts[0].placement) for one in parts):
        raise FileRejected(
            "FIL-01",
            f"Tệp có nhiều trang tính khác mẫu nhau ({_told(one.sheet for one in parts)}). Hãy gửi mỗi trang một tệp.",
        )
    parts += _going_on(other, parts[0], export)
    parts.sort(key=lambda one: one.number)
    if hidden := [one.sheet for one in parts if one.sheet.is_hidden and one.has_rows]:
        raise FileRejected(
            "FIL-01",
            f"Trang tính đang ẩn mà có dữ liệu cùng mẫu ({_told(hidden)}). Hãy bỏ ẩn nếu muốn gửi, hoặc xoá trang đó.",
        )
    placement = parts[0].placement
    lines.has_above(as_lists(parts[0].sheet.rows(HEADER_ROWS))[: placement.rows - len(placement.header)])
    return placement, _rows(parts, export, lines)


def _names(placement: Placement) -> set[str]:
    return {name for name in placement.names if name}


def _told(sheets: Iterable[Sheet]) -> str:
    return list_headers(masking.told(sheet.name) for sheet in sheets)


def _going_on(other: list[tuple[int, Sheet, list[Row]]], first: _Part, export: Export) -> list[_Part]:
    """The sheets behind the first that have no header, and rows as below it."""
    found, unclear = [], []
    bare = replace(first.placement, rows=0)
    for number, sheet, rows in other:
        if number < first.number:
            continue
        looks, is_read = _like_data(rows, bare, export)
        if is_read:
            found.append(_Part(number, sheet, bare, has_rows=True))
        elif looks * 2 >= len(rows):
            unclear.append(sheet)
    if unclear:
        raise FileRejected(
            "FIL-01",
            f"Không rõ trang tính {_told(unclear)} có phải là phần tiếp của bảng không: trang không có dòng tiêu đề. "
            "Hãy thêm dòng tiêu đề, hoặc bỏ trang đó khỏi tệp.",
        )
    return found


def _like_data(rows: list[Row], placement: Placement, export: Export) -> tuple[int, int]:
    """How many rows have their key and most of the required cells; of how many of them these are read."""
    width = len(placement.names)
    fitting = [(line, cells) for line, cells in rows if all(column < width for column, _ in cells)]
    blocks = list(raw_blocks((row for row in fitting), placement))
    if not blocks:
        return 0, 0
    block = data_rows(pl.concat(blocks), placement, export, Lines(), Page())
    required = [c for c in export.columns if c.required and c.name in placement.names]
    has_most = pl.sum_horizontal(pl.col(c.name).is_not_null() for c in required) * 4 >= 3 * len(required)
    block = block.filter(has_most, *(pl.col(key).is_not_null() for key in export.key))
    block = block.with_columns(pl.col(pl.String).str.replace_all(REAL_DAY, "", literal=True))
    typed = values.typed(block, export)
    readable = [
        pl.col(c.name).is_in(c.vocabulary) if c.type == "code" else pl.col(c.name).is_not_null()
        for c in required
        if c.type in TYPED and c.is_loaded
    ]
    return block.height, typed.filter(readable).height


def _rows(parts: list[_Part], export: Export, lines: Lines) -> Generator[Row]:
    """The rows of all parts below each other, their cells where the first part has them."""
    names = parts[0].placement.names
    places = {name: at for at, name in enumerate(names) if name}
    for part in parts:
        own = part.placement
        offset = part.number * SHEET_LINES if part is not parts[0] else 0
        own_places = {at: places[name] for at, name in enumerate(own.names) if name}
        rows = merged_cells.filled(
            _below(part, lines), part.sheet.merged(), below=own.rows,
            columns=set(own_places),
            keys={at for at, name in enumerate(own.names) if name in export.key},
        )  # fmt: skip
        with closing(rows):
            for line, cells in rows:
                if own.names != names:  # what has no name there, stands behind all that have one here
                    cells = [(own_places.get(column, len(names) + column), text) for column, text in cells]
                yield line + offset, cells


def _below(part: _Part, lines: Lines) -> Generator[Row]:
    above = part.placement.rows - len(part.placement.header)
    for line, cells in lines.counted(part.sheet.rows(None)):
        if line > part.placement.rows:
            yield line, cells
        else:
            lines.count("header" if line > above else "title", 1)
