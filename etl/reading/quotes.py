"""Quotes of CSV files put in order: cells of several lines, quotes inside cells, rows of another length."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.reading.bounds import MAX_CELL, MAX_CELLS, not_a_table, wide_row
from etl.reading.header import MAX_COLUMNS, Placement
from etl.reading.lines import lines_in
from etl.reading.rows import joined

ESCAPED = b'\\"'  # a quote in a cell as MySQL writes it
ESCAPED_LINES = 20  # of a row with such quotes
QUOTE_EFFORT = 64  # so many times a block is looked at again, where its quotes are not in order


@dataclass(frozen=True)
class Rows:
    """Text in which every quote is in order, and in which line, from 0, each of its rows began before that."""

    text: bytes
    starts: np.ndarray
    quoted: bool
    marks: int | None = None  # delimiters between its cells, where they were counted


def mend(text: bytes, delimiter: bytes, width: int, final: bool) -> tuple[Rows, int]:
    """Cut text after its last whole row, and put quotes in order where a row has stray ones; also where that row ends.

    Lines whose quotes open and close in order, within the line, are taken as they are. The others are read one by one.
    """
    end = text.rfind(b"\n") + 1
    if b'"' not in text:
        return Rows(text[:end], np.arange(lines_in(text[:end])), False), end
    octets = np.frombuffer(text, np.uint8, end)
    breaks = np.flatnonzero(octets == 10)
    troubled = _troubled(octets, breaks, delimiter)
    if not len(troubled):
        return Rows(text[:end], np.arange(len(breaks)), True), end

    in_order = _rows_of_several_lines(octets, breaks, delimiter, width)
    if in_order is not None and len(in_order[0]):
        starts, end, marks = in_order
        return Rows(text[:end], starts, True, marks), end

    begins = np.concatenate(([0], breaks + 1))
    is_start = np.ones(len(breaks), bool)
    pieces, copied, after = [], 0, 0
    quoted = Quoted(text, delimiter)
    for number in troubled.tolist():
        if number < after:  # inside the row before
            continue
        start = int(begins[number])
        row = _row(quoted, start, width, final)
        if row is None:  # its end is not in this block
            end = start
            break
        cells, row_end = row
        after = int(np.searchsorted(begins, row_end))
        is_start[number + 1 : after] = False
        pieces += [
            text[copied:start],
            delimiter.join(b'"' + cell.replace(b'"', b'""') + b'"' if cell else b"" for cell in cells),
            b"\n",
        ]
        copied = row_end
    pieces.append(text[copied:end])
    lines = int(np.searchsorted(begins, end))
    return Rows(b"".join(pieces), np.flatnonzero(is_start[:lines]), True), end


def _troubled(octets: np.ndarray, breaks: np.ndarray, delimiter: bytes) -> np.ndarray:
    """The lines whose quotes are not in order: one opens inside a cell, closes before its end or is left over."""
    quotes = np.flatnonzero(octets == 34)
    if not len(quotes):
        return quotes
    line = np.searchsorted(breaks, quotes)
    first = np.searchsorted(line, line)  # index of the first quote of the same line
    opens = (np.arange(len(quotes)) - first) % 2 == 0
    before = np.where(quotes > 0, octets[quotes - 1], 10)
    after = octets[np.minimum(quotes + 1, len(octets) - 1)]
    after_next = octets[np.minimum(quotes + 2, len(octets) - 1)]
    mark = delimiter[0]
    # The second quote of a doubled one opens again, directly after the one that closed.
    fine = np.where(
        opens,
        np.isin(before, (mark, 10, 34)),
        np.isin(after, (mark, 10, 34)) | ((after == 13) & (after_next == 10)),
    )
    odd = np.flatnonzero(np.bincount(line, minlength=1) % 2)
    return np.union1d(line[~fine], odd)


def _rows_of_several_lines(
    octets: np.ndarray, breaks: np.ndarray, delimiter: bytes, width: int
) -> tuple[np.ndarray, int, int] | None:
    """The lines where rows begin, where the last whole row ends, and how many delimiters stand between cells, if all
    quotes of a block open and close in order.

    None if they do not, or if a row of several lines may be several rows: then each has to be looked at.
    """
    quotes = np.flatnonzero(octets == 34)
    ends = np.flatnonzero(np.searchsorted(quotes, breaks) % 2 == 0)  # lines that end outside quotes
    if not len(ends):
        return None
    end = int(breaks[ends[-1]]) + 1
    quotes = quotes[quotes < end]
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, octets[opening - 1], 10)
    after = octets[closing + 1]
    mark = delimiter[0]
    returns = (after == 13) & (octets[np.minimum(closing + 2, end - 1)] == 10)
    if not (np.isin(before, (mark, 10, 34)).all() and (np.isin(after, (mark, 10, 34)) | returns).all()):
        return None
    if (closing - opening > MAX_CELL).any():
        return None
    marks = np.flatnonzero(octets[:end] == mark)
    starts = np.concatenate(([0], ends[:-1] + 1))
    several = np.flatnonzero(ends > starts)
    first, last = starts[several], ends[several]
    begins = np.concatenate(([0], breaks + 1))
    outside = marks[np.searchsorted(quotes, marks) % 2 == 0]
    cells = np.searchsorted(outside, begins[last + 1]) - np.searchsorted(outside, begins[first]) + 1
    # where some line is too short to be a row, the lines are not rows by themselves
    per_line = np.diff(np.searchsorted(marks, begins[: ends[-1] + 2])) + 1
    shortest = (
        np.minimum.reduceat(per_line, np.column_stack((first, last + 1)).ravel()[:-1])[::2] if len(several) else cells
    )
    if (cells != width).any() or (len(several) and (shortest >= width).any()):
        return None
    return starts, end, len(outside)


class TooWide(Exception):
    """The row that begins here has more than MAX_CELLS cells."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class Quoted:
    """Text, and where in it cells can be closed: found at once, since lines without order are looked at repeatedly."""

    def __init__(self, text: bytes, delimiter: bytes) -> None:
        self.text, self.delimiter = text, delimiter
        octets = np.frombuffer(text, np.uint8)
        self._quotes = np.flatnonzero(octets == 34)
        if not len(self._quotes):
            return
        # Quotes directly behind each other are pairs, each of them a quote that is said; one left over may close.
        self._ends = np.flatnonzero(np.diff(self._quotes, append=len(octets) + 1) > 1)
        last = self._quotes[self._ends]
        after, next_after = (octets[np.minimum(last + n, len(octets) - 1)] for n in (1, 2))
        self._closes = np.isin(after, (delimiter[0], 10)) | (after == 13) & (
            (next_after == 10) | (last + 2 == len(octets))
        )
        self._closes |= last + 1 == len(octets)
        self._closing = last[self._closes & (np.diff(self._ends, prepend=-1) % 2 == 1)]
        self._rows_by_themselves: dict[int, bool] = {}
        self._effort = 0

    def closing(self, opening: int, stop: int, final: bool) -> int | None:
        """Where the quote opened here is closed; 0 if it never is; None if more text is needed to tell."""
        close = stop
        first = int(np.searchsorted(self._quotes, opening + 1))
        if first < len(self._quotes):
            run = int(np.searchsorted(self._ends, first))
            last = int(self._ends[run])
            if (last - first) % 2 == 0 and self._closes[run]:
                close = int(self._quotes[last])
            else:
                later = int(np.searchsorted(self._closing, self._quotes[last], "right"))
                close = int(self._closing[later]) if later < len(self._closing) else stop
        limit = opening + MAX_CELL
        if close >= min(stop, limit):
            return 0 if final or stop >= limit else None
        following = self.text[close + 1 : min(close + 3, stop)]
        return close if final or following not in (b"", b"\r") else None

    def are_rows(self, start: int, end: int, width: int) -> bool:
        """Whether all lines in between are whole rows by themselves.

        Raises: FileRejected FIL-01 where quotes that are never closed make so many lines doubtful that it never ends.
        """
        self._effort += end - start
        if self._effort > QUOTE_EFFORT * len(self.text) + (16 << 20):
            raise not_a_table("Tệp có quá nhiều dấu ngoặc kép mở mà không đóng, không biết được đâu là một dòng.")
        while start < end:
            stop = self.text.find(b"\n", start, end) + 1 or end
            if start not in self._rows_by_themselves:
                row = cells_of_row(self, start, stop, True)
                self._rows_by_themselves[start] = row is not None and len(row[0]) == width
            if not self._rows_by_themselves[start]:
                return False
            start = stop
        return True


def _row(text: Quoted, start: int, width: int, final: bool) -> tuple[list[bytes], int] | None:
    """The cells of the row that begins at `start`, and where the next one begins; None if more text is needed to tell.

    Only a quote at the start of a cell opens, only one before a delimiter or a line's end closes; others are text.
    A row of several lines is disbelieved where its lines are whole rows by themselves: its opening quote was stray.
    """
    row = cells_of_row(text, start, len(text.text), final)
    if row is None:
        return None
    cells, end = row
    if text.text.find(ESCAPED, start, end) >= 0:
        if len(cells) != width and (escaped := _with_backslashes(text, start, width)):
            return escaped
        cells = [cell.replace(ESCAPED, b'"') for cell in cells]
        row = cells, end
    first_end = text.text.find(b"\n", start, end - 1)
    if first_end < 0 or text.text.count(text.delimiter, start, first_end) + 1 < width:
        return row  # one line, or its first line is too short to be a row
    first = cells_of_row(text, start, first_end + 1, True)
    if not first or len(first[0]) != width:
        return row
    return first if len(cells) != width or text.are_rows(start, end, width) else row


def _with_backslashes(text: Quoted, start: int, width: int) -> tuple[list[bytes], int] | None:
    """The row as MySQL writes it, a backslash before each quote in a cell, if it has as many cells as it should."""
    end = start
    for _ in range(ESCAPED_LINES):
        end = text.text.find(b"\n", end) + 1 or len(text.text)
        # NUL is in no text: here it stands for a backslash that is one
        said = text.text[start:end].replace(b"\\\\", b"\0").replace(ESCAPED, b'""')
        if said.count(b'"') % 2 == 0:
            row = cells_of_row(Quoted(said, text.delimiter), 0, len(said), True)
            if row and len(row[0]) == width and row[1] == len(said):
                return [cell.replace(b"\0", b"\\") for cell in row[0]], end
            break
        if end == len(text.text):
            break
    return None


def cells_of_row(quoted: Quoted, start: int, stop: int, final: bool) -> tuple[list[bytes], int] | None:
    text, delimiter = quoted.text, quoted.delimiter
    cells: list[bytes] = []
    at = start
    while True:
        if len(cells) > MAX_CELLS:
            raise TooWide(start)
        if text[at : at + 1] == b'"' and at < stop:
            close = quoted.closing(at, stop, final)
            if close is None:
                return None
            if close > 0:
                cells.append(text[at + 1 : close].replace(b'""', b'"'))
                at = close + 1
                if text[at : at + 1] == delimiter and at < stop:
                    at += 1
                    continue
                end = text.find(b"\n", at, stop) + 1
                return cells, end or stop
        line_end = text.find(b"\n", at, stop)
        if line_end < 0:
            if not final:
                return None
            line_end = stop
        next_mark = text.find(delimiter, at, line_end)
        if next_mark < 0:
            cells.append(text[at:line_end].removesuffix(b"\r"))
            return cells, min(line_end + 1, stop)
        cells.append(text[at:next_mark])
        at = next_mark + 1


def as_frame(rows: Rows, delimiter: bytes, placement: Placement, line: int) -> tuple[pl.DataFrame, bool]:
    """The rows as a frame, and whether none has more cells than the header.

    Raises: UnicodeDecodeError if the text is not UTF-8.
    """
    for columns in (placement.width, 2 * placement.width + 10):
        if columns > 2 * MAX_COLUMNS:
            break
        names = [str(i) for i in range(columns)]
        header = delimiter.join(name.encode() for name in names) + b"\n"
        try:
            frame = pl.read_csv(
                header + rows.text,
                separator=delimiter.decode(),
                quote_char='"' if rows.quoted else None,
                infer_schema=False,
            )
        except pl.exceptions.ComputeError:  # not UTF-8, or a row has more cells than the header
            rows.text.decode()
            continue
        if frame.height == len(rows.starts):
            numbered = frame.insert_column(0, pl.Series("line", rows.starts + line, pl.Int64))
            return numbered, columns == placement.width
    return _ragged(rows, delimiter, len(placement.names), line), False


def _ragged(rows: Rows, delimiter: bytes, width: int, line: int) -> pl.DataFrame:
    """A block in which some rows have more cells than the header, or far more: those are put together behind it."""
    numbers = (rows.starts + line).tolist()
    made: list[list[object]] = []
    try:
        for cells in _each(rows, delimiter):
            known = [cell.decode() or None for cell in cells[:width]]
            beyond = joined(cell.decode() for cell in cells[width:])
            made.append([numbers[len(made)], *known, *[None] * (width - len(known)), beyond])
    except TooWide:
        raise wide_row(numbers[len(made)]) from None
    return pl.DataFrame(made, schema={"line": pl.Int64, **{str(i): pl.String for i in range(width + 1)}}, orient="row")


def _each(rows: Rows, delimiter: bytes) -> Iterator[list[bytes]]:
    if not rows.quoted:
        for row in rows.text.split(b"\n")[:-1]:
            if row.count(delimiter) >= MAX_CELLS:
                raise TooWide(0)
            yield row.removesuffix(b"\r").split(delimiter)
        return
    text = Quoted(rows.text, delimiter)
    start = 0
    while start < len(rows.text):
        cut = cells_of_row(text, start, len(rows.text), True)
        assert cut
        cells, start = cut
        yield cells
