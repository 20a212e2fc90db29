"""The account of a file's lines: each is of one kind, and all kinds together are the lines that the file has."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

from etl.errors import LinesDiffer
from etl.spelling import fold

Item = TypeVar("Item")

# In the order of the receipt. A line of a text file is what ends in a line break; of a workbook or an HTML document it
# is a row.
KINDS = {
    "title": "above the header",
    "header": "the header, and what numbers its columns",
    "data": "a row of data",
    "continued": "a further line of a row of data whose cells have line breaks",
    "blank": "nothing, or only a running number",
    "repeated": "the header or a title once more, as on the next page",
    "group": "the name of a group above its rows",
    "total": "a sum",
    "footer": "place and day, signatures, names, the page's number",
    "inner": "of a table inside a cell: it is in the text of the cell",
    "elsewhere": "of another table, or another sheet",
}


def lines_in(text: bytes) -> int:
    """How many lines of a text are ended: three times as fast as `text.count`, for blocks of megabytes."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == 10))


class Lines:
    """Counts that grow while a file is read."""

    def __init__(self) -> None:
        self.given = 0  # as the file has them, counted before anything is known of them
        self.kinds: Counter[str] = Counter()
        self.above: frozenset[tuple[str, ...]] = frozenset()  # what the rows above the header say

    def has_above(self, rows: Iterable[Iterable[str]]) -> None:
        """Keep what stands above the header: it may stand above that of the next page, too."""
        said = (tuple(text for cell in row if (text := fold(cell))) for row in rows)
        self.above = frozenset(row for row in said if row)

    def count(self, kind: str, lines: int) -> None:
        assert kind in KINDS, kind
        self.kinds[kind] += lines

    def counted(self, rows: Iterable[Item]) -> Iterator[Item]:
        """The same rows, each of them a line that the file gives."""
        for row in rows:
            self.given += 1
            yield row

    def check(self, *, data: int | None = None, unchanged: int = 0) -> None:
        """See that every line is of one kind, and that every row of data has arrived.

        Input:  `data`: rows that arrived where they are loaded; `unchanged`: those of them that were known.
        Raises: LinesDiffer
        """
        kinds = self.receipt()
        arrived = self.kinds["data"] if data is None else data
        if self.given != self.kinds.total() or arrived != self.kinds["data"] or unchanged < 0:
            raise LinesDiffer(
                f"Số dòng không khớp: {kinds}, trong đó {arrived} dòng dữ liệu được nhận để nạp, {unchanged} dòng không"
                " đổi. Tệp được giữ lại, lần chạy sau sẽ thử lại; báo quản trị kho."
            )

    def receipt(self) -> dict[str, int]:
        """What the receipt keeps: all lines, and those of each kind that the file has."""
        return {"all": self.given} | {kind: self.kinds[kind] for kind in KINDS if self.kinds[kind]}
