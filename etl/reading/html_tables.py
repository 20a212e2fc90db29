"""The rows of the tables of an HTML document, as they are read: nothing of the document is kept.

The text of a table inside a cell is text of that cell, and its rows are rows, too: the list may stand in a cell of a
table that only lays out the page. Who takes the rows decides which of the two it is.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from etl.reading.bounds import MAX_CELL, MAX_CELLS, MAX_ROW, long_cell, long_row, not_a_table, wide_row


@dataclass(frozen=True)
class Row:
    """A row of a table."""

    number: int  # in the document
    table: int
    within: int  # the table in a cell of which its table stands, or 0
    cells: list[tuple[int, str]]  # those that are not empty, by their column
    width: int  # with those that are empty, and that cells of earlier rows cover
    is_cut: bool  # tables in a cell say more than a cell has: it lays out the page, or is beyond bounds


LINE_BREAK = "\u2028"  # a <br>, until the other white space of a cell is folded
MAX_SPANS = 1_000  # columns of a table that cells of earlier rows still cover
MAX_DEPTH = 1_000  # elements inside each other
MAX_NAMES = 1_000  # different elements and attributes: the parser keeps every name that it met
CHUNK = 128 << 10


def rows(chunks: Iterable[bytes]) -> Iterator[Row]:
    """Each row of each table, from UTF-8 text; merged cells as in a workbook: the text is in the first of them.

    Raises: FileRejected FIL-01 if the text is not UTF-8, or a row is beyond bounds.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    document = _Document()
    parser = etree.HTMLParser(target=document, encoding="utf-8", huge_tree=True, no_network=True)
    silent = 0
    for large in chunks:
        for at in range(0, len(large), CHUNK):
            chunk = large[at : at + CHUNK]
            try:
                decoder.decode(chunk)  # the parser would replace what it cannot read
            except UnicodeDecodeError:
                raise not_a_table(f"Sau dòng {document.number} có ký tự không đúng bảng mã UTF-8.") from None
            parser.feed(chunk)
            silent = 0 if document.told else silent + len(chunk)
            document.told = False
            if silent > MAX_ROW:  # a comment or an attribute without end
                raise long_row(document.number + 1)
            yield from document.rows
            document.rows.clear()
    try:
        parser.close()
    except (etree.XMLSyntaxError, AssertionError):  # of a document with nothing in it
        return
    yield from document.rows


@dataclass
class _Table:
    number: int
    within: int = 0
    covered: dict[int, int] = field(default_factory=dict)  # column -> the last row of the table that a cell covers
    height: int = 0  # rows that began
    cells: list[tuple[int, str]] | None = None  # of the open row
    column: int = 0  # behind the last cell of it
    length: int = 0
    text: list[str] | None = None  # of the open cell
    inner: int = 0  # characters in it that tables in the cell say
    is_cut: bool = False
    across: int = 1

    def width(self) -> int:
        last = max((column for column, last in self.covered.items() if last >= self.height), default=-1)
        return max(self.column, last + 1)


class _Document:
    """What lxml calls while it parses: it closes what the document leaves open."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.number = 0
        self.told = False
        self._tables: list[_Table] = [_Table(0)]  # those that are open; rows outside of all are one
        self._count = 0
        self._depth = 0
        self._names: set[str] = set()

    def start(self, name: str, given: dict[str, str]) -> None:
        self.told = True
        self._depth += 1
        self._names.add(name)
        self._names.update(given)
        if self._depth > MAX_DEPTH or len(self._names) > MAX_NAMES:
            raise not_a_table(f"Sau dòng {self.number} tệp HTML lồng nhau quá sâu hoặc có quá nhiều loại thẻ.")
        table = self._tables[-1]
        match name:
            case "td" | "th" if table.cells is not None:
                self._open(table, given)
            case "br" if table.text is not None:
                table.text.append(LINE_BREAK)
            case "tr":
                table.cells, table.text, table.is_cut = [], None, False
                table.column = table.length = 0
                table.height += 1
            case "table":
                self._count += 1
                self._tables.append(_Table(self._count, table.number))

    def data(self, text: str) -> None:
        self.told = True
        table = self._tables[-1]
        if table.text is not None:
            table.length += len(text)
            table.text.append(text)
            if table.length > MAX_ROW:
                raise long_row(self.number + 1)

    def end(self, name: str) -> None:
        self.told = True
        self._depth -= 1
        table = self._tables[-1]
        match name:
            case "td" | "th" if table.text is not None:
                self._close(table)
            case "tr" if table.cells is not None:
                self.number += 1
                self.rows.append(Row(self.number, table.number, table.within, table.cells, table.width(), table.is_cut))
                table.cells = None
                self._tell_outer(LINE_BREAK)
            case "table" if len(self._tables) > 1:
                self._tables.pop()

    def comment(self, text: str) -> None:
        self.told = True

    def _tell_outer(self, text: str) -> None:
        """Make what a cell says text of the cells in which its table stands, unless that is more than a cell has."""
        for outer in self._tables[1:-1]:
            if outer.text is not None and outer.inner < MAX_CELL:
                outer.inner += len(text)
                outer.text.append(text if outer.inner < MAX_CELL else "")

    def close(self) -> None: ...

    def _open(self, table: _Table, given: dict[str, str]) -> None:
        while table.covered.get(table.column, 0) >= table.height:
            table.column += 1
        across, down = (int(n) if (n := given.get(a, "1")).isdecimal() else 1 for a in ("colspan", "rowspan"))
        table.text, table.inner, table.across = [], 0, min(max(across, 1), 1000)
        if down > 1:
            if len(table.covered) > MAX_SPANS:
                still = {column: last for column, last in table.covered.items() if last >= table.height}
                table.covered = still
            if len(table.covered) + table.across > MAX_SPANS:
                raise not_a_table(f"Dòng {self.number + 1} có quá nhiều ô gộp, không phải dòng của một bảng.")
            table.covered |= dict.fromkeys(range(table.column, table.column + table.across), table.height + down - 1)
        if table.column + table.across > MAX_CELLS:
            raise wide_row(self.number + 1)

    def _close(self, table: _Table) -> None:
        assert table.cells is not None
        assert table.text is not None
        said = "".join(table.text)
        if table.inner >= MAX_CELL:
            said, table.is_cut = "", True
        elif len(said) > MAX_CELL:
            raise long_cell(self.number + 1)
        if text := "\n".join(" ".join(part.split()) for part in said.split(LINE_BREAK)).strip():
            table.cells.append((table.column, text))
            self._tell_outer(f" {text}".replace("\n", LINE_BREAK))
        table.text = None
        table.column += table.across
