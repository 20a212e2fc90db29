"""Merged cells of a list: every row that a cell covers says what it says, as the clerk sees it."""

from array import array
from collections.abc import Generator, Iterator
from contextlib import closing

import numpy as np

from etl.reading.bounds import not_a_table, too_large
from etl.reading.sheets import TEXT_BYTES, TOO_LARGE, Row

Area = tuple[int, int, int, int]  # first row, first column, last row, last column


def filled(
    rows: Generator[Row], areas: "array[int]", *, below: int, columns: set[int], keys: set[int]
) -> Generator[Row]:
    """The rows, with what merged cells say of them.

    A cell of one column that is merged down is said of each row that it covers. One that is merged over several columns
    is a title, a total or a signature, and said of none but its first; where the row has its key in other cells, it is
    a row of data, and the cell is said of each column. Rows that have no cell of their own are no rows.
    Input:  `areas` as of `Sheet.merged`; `below`: the rows of the header; `columns`: those with a name, `keys` of them.
    Raises: FileRejected FIL-01 if a merged cell hides another one that says something else.
    """
    every = np.frombuffer(areas, np.int32).reshape(-1, 4) if areas else np.empty((0, 4), np.int32)
    every = every[(every[:, 0] > below) & ((every[:, 0] < every[:, 2]) | (every[:, 1] < every[:, 3]))]
    if not len(every):
        return rows
    return _filled(rows, every[np.argsort(every[:, 0], kind="stable")], columns, keys)


def _filled(rows: Generator[Row], areas: np.ndarray, columns: set[int], keys: set[int]) -> Generator[Row]:
    waiting: Iterator[Area] = (tuple(int(n) for n in area) for area in areas)  # type: ignore[misc]
    following = next(waiting, None)
    open_areas: list[tuple[Area, str | None]] = []
    added = 0
    with closing(rows):
        for line, cells in rows:
            said = dict(cells)
            open_areas = [one for one in open_areas if one[0][2] >= line]
            while following and following[0] <= line:
                if following[2] >= line:
                    open_areas.append((following, said.get(following[1]) if following[0] == line else None))
                following = next(waiting, None)
            if not open_areas:
                yield line, cells
                continue
            wide = {c for (_, left, _, right), _ in open_areas if left < right for c in range(left, right + 1)}
            is_data = False
            for (top, left, _, right), text in sorted(open_areas, key=lambda one: one[0][1] < one[0][3]):
                if left < right and not is_data:
                    is_data = all(key in said and key not in wide for key in keys)
                    if not is_data:
                        break
                for column in columns.intersection(range(left, right + 1)):
                    if (top, left) == (line, column):
                        continue
                    own = said.get(column)
                    if own is not None and own.strip() and own != text:
                        raise not_a_table(f"Dòng {line} có ô gộp che một ô khác có nội dung; hãy bỏ gộp ô.")
                    if text is not None:
                        said[column] = text
                        added += len(text)
            if added > TEXT_BYTES:
                raise too_large(TOO_LARGE)
            yield line, list(said.items())
