"""How many cells each row of a text has: one that has more or fewer than the header is shifted, cut or torn."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.reading.quotes import Rows
from etl.reading.rows import CELLS

FEW_QUOTES = 20_000  # of a block: then it is looked between them one by one
RUN = 16  # rows for which Excel decides at once how many empty cells it leaves out at their end


@dataclass(frozen=True)
class Widths:
    """What each row of a block has."""

    cells: np.ndarray
    ends_empty: np.ndarray  # whether its last cell is empty

    @classmethod
    def all(cls, rows: int, cells: int) -> "Widths":
        return cls(np.full(rows, cells), np.zeros(rows, bool))

    def __add__(self, other: "Widths") -> "Widths":
        return Widths(np.append(self.cells, other.cells), np.append(self.ends_empty, other.ends_empty))

    def __getitem__(self, part: slice) -> "Widths":
        return Widths(self.cells[part], self.ends_empty[part])


@dataclass(frozen=True)
class Expected:
    """What rows may have."""

    least: int  # the last cell of the header that is not empty
    most: int  # the last cell of the header
    header_row: int  # the number of the header's last row among the rows of the file, from 0
    trims: bool  # whoever wrote the file leaves out the empty cells at the end of every row


def of_rows(rows: Rows, delimiter: bytes, most: int, *, none_is_wider: bool) -> Widths | None:
    """The widths of the rows of a block; None if each has as many cells as it may have at most.

    Input: `none_is_wider`: whether it is known that none has more: then all delimiters together tell.
    """
    every = len(rows.starts) * (most - 1)
    if none_is_wider and rows.marks == every:
        return None
    octets = np.frombuffer(rows.text, np.uint8)
    is_mark = octets == delimiter[0]
    quotes = np.flatnonzero(octets == 34) if rows.quoted else np.empty(0, np.int64)
    if none_is_wider and rows.marks is None and len(quotes) <= FEW_QUOTES:
        spans = zip(quotes[::2].tolist(), quotes[1::2].tolist(), strict=True)
        quoted = sum(rows.text.count(delimiter, opening, closing) for opening, closing in spans)
        if np.count_nonzero(is_mark) - quoted == every:
            return None
    breaks = np.flatnonzero(octets == 10)
    ends = breaks[np.append(rows.starts[1:], len(breaks)) - 1]
    marks = np.flatnonzero(is_mark)
    if len(quotes):
        marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
    cells = np.diff(np.searchsorted(marks, ends), prepend=0) + 1
    if (cells == most).all():
        return None
    last = octets[np.maximum(ends - 1, 0)]
    last = np.where(last == 13, octets[np.maximum(ends - 2, 0)], last)
    return Widths(cells, np.isin(last, (delimiter[0], 10)))


def told(blocks: Iterable[tuple[pl.DataFrame, Widths | None, bool]], expected: Expected) -> Generator[pl.DataFrame]:
    """Blocks of rows, with what is wrong in their number of cells under CELLS where anything is.

    Input: raw blocks in order, their widths, and whether the last row has no line break: nothing of the file follows.
    """
    at = expected.header_row + 1
    held: tuple[pl.DataFrame, Widths] | None = None
    is_cut = False
    for frame, widths, is_cut in blocks:
        if widths is None and held is None:
            at += frame.height
            yield frame
            continue
        widths = widths or Widths.all(frame.height, expected.most)
        if held:
            frame, widths = pl.concat([held[0], frame], how="diagonal"), held[1] + widths
        # of a run with short rows that goes on in the next block nothing can be said yet
        rest = min((at + frame.height) % RUN, frame.height)
        is_open = rest > 0 and bool((widths.cells[-rest:] < expected.least).any())
        whole = frame.height - rest if is_open else frame.height
        held = (frame[whole:], widths[whole:]) if is_open else None
        if whole:
            yield _told(frame[:whole], widths[:whole], expected, at, is_cut=is_cut and not is_open)
        at += whole
    if held:
        yield _told(*held, expected, at, is_cut=is_cut)


def _told(frame: pl.DataFrame, widths: Widths, expected: Expected, at: int, *, is_cut: bool) -> pl.DataFrame:
    """Input: `at`: the number of the first row among those of the file."""
    short = widths.cells < expected.least
    wrong = short | (widths.cells > expected.most)
    if not wrong.any():
        return frame
    wrong &= ~(short & (_trimmed_by_excel(widths, expected, at) | (expected.trims & ~widths.ends_empty)))
    said = [
        f"{cells} ô; tiêu đề có {expected.most} ô" if is_so else None
        for cells, is_so in zip(widths.cells.tolist(), wrong.tolist(), strict=True)
    ]
    if is_cut and short[-1]:
        said[-1] = f"{widths.cells[-1]} ô; tiêu đề có {expected.most} ô; tệp bị cắt ngang ở dòng cuối"
    return frame.with_columns(pl.Series(CELLS, said, pl.String))


def _trimmed_by_excel(widths: Widths, expected: Expected, at: int) -> np.ndarray:
    """The rows of runs that end where the fullest of their rows ends: the CSV files of Excel leave out the rest."""
    runs = (at + np.arange(len(widths.cells))) // RUN
    starts = np.flatnonzero(np.diff(runs, prepend=-1))
    is_even = np.minimum.reduceat(widths.cells, starts) == np.maximum.reduceat(widths.cells, starts)
    is_filled = np.logical_or.reduceat(~widths.ends_empty, starts)
    trimmed = is_even & is_filled & (runs[starts] > expected.header_row // RUN)
    return np.repeat(trimmed, np.diff(starts, append=len(runs)))
