"""Whether the days of a file are day before month: judged by whole columns, for one cell alone does not tell.

A program that expects the month first reads 03/02/2021 as the 2nd of March and leaves 15/02/2021 as it is. So the cells
of a column that can only be read one way are counted while the file is read, and a file that was turned is refused: no
row of it is to be trusted.
"""

from collections import Counter
from collections.abc import Callable

import polars as pl

from etl.catalogue import Column, Export
from etl.errors import FileRejected
from etl.reading.header import Placement, list_headers
from etl.reading.rows import EXTRA
from etl.reading.sheets import DAY_IN_A_CODE, REAL_DAY

RULE = "FIL-09"
FEW = 20  # one cell of so many may be a slip of its row
_SMALL, _LARGE, _BEHIND = "(?:0?[1-9]|1[0-2])", "(?:1[3-9]|2[0-9]|3[01])", r"[/.-](?:\d{4}|\d\d)\b"

Count = Callable[[pl.Expr], pl.Expr]


def _like(pattern: str) -> Count:
    return lambda cells: cells.str.contains(pattern).sum()


GIVEN: dict[str, Count] = {"given": pl.Expr.count}
MONTH = {"month first": _like(rf"(?:^|\s){_SMALL}[/.-]{_LARGE}{_BEHIND}")}  # 12/31/2021 can only be
DAY = {"day first": _like(rf"(?:^|\s){_LARGE}[/.-]{_SMALL}{_BEHIND}")}
EITHER = {"either": _like(rf"(?:^|\s){_SMALL}[/.-]{_SMALL}{_BEHIND}")}
# cells that are days and no texts: up to the 12th, and all of them
REAL = {
    "small": _like(rf"^\d{{4}}-\d\d-{_SMALL}\b.*{REAL_DAY}$"),
    "real": lambda cells: cells.str.ends_with(REAL_DAY).sum(),
}


class DayOrder:
    """What the columns of days of one file were seen to say."""

    def __init__(self, export: Export, placement: Placement, *, is_workbook: bool) -> None:
        meant = placement.layout.month_first if placement.layout else ()  # of these it is known
        self._columns = [
            c for c in export.columns
            if c.type in ("date", "timestamp", "partial_date") and c.name in placement.names and c.name not in meant
        ]  # fmt: skip
        self._codes = {c.name for c in export.shaped}
        self._is_workbook = is_workbook
        self._seen = {c.name: Counter[str]() for c in self._columns}

    def counted(self, block: pl.DataFrame) -> pl.DataFrame:
        """The block, its days counted; of a workbook: without the marks of the cells that are days."""
        if not self._is_workbook:
            self._count(block, self._columns, GIVEN | MONTH)
            # the others are only wanted beside one that is month first
            self._count(block, [c for c in self._columns if self._seen[c.name]["month first"]], DAY)
            return block
        texts = [name for name, dtype in block.schema.items() if dtype == pl.String]
        marks = block.select(
            pl.col(texts).exclude(EXTRA).str.ends_with(REAL_DAY).sum(), pl.col(EXTRA).str.contains(REAL_DAY).sum()
        ).row(0, named=True)
        self._count(block, self._columns, GIVEN)
        self._count(block, [c for c in self._columns if marks[c.name]], REAL)
        has_texts = [c for c in self._columns if marks[c.name] + block[c.name].null_count() < block.height]
        self._count(block, has_texts, MONTH | DAY | EITHER)
        return block.with_columns(self._unmarked(name) for name, has_any in marks.items() if has_any)

    def check(self) -> None:
        """Raises: FileRejected FIL-09 if the days of a column, as a whole, are not day before month."""
        turned = [c.header for c in self._columns if _is_half_turned(self._seen[c.name])]
        if turned:
            raise FileRejected(
                RULE,
                f"Cột {list_headers(turned)}: mọi ô kiểu ngày đều có ngày không quá 12, mọi ô kiểu chữ đều có ngày sau "
                "12: Excel đã đổi chỗ ngày và tháng khi mở tệp CSV. Hãy xuất lại từ phần mềm nguồn và gửi thẳng tệp "
                "đó, không mở rồi lưu bằng Excel.",
            )
        month_first = [c.header for c in self._columns if _is_month_first(self._seen[c.name])]
        if month_first:
            raise FileRejected(
                RULE,
                f"Cột {list_headers(month_first)} có ngày ghi tháng trước ngày sau (ví dụ 12/31/2021), nên không biết "
                "03/02/2021 là ngày 3/2 hay 2/3. Hãy xuất lại với ngày dạng ngày/tháng/năm hoặc năm-tháng-ngày.",
            )

    def _count(self, block: pl.DataFrame, columns: list[Column], wanted: dict[str, Count]) -> None:
        if not columns:
            return
        nulls = block.select(c.name for c in columns).null_count().row(0, named=True)
        filled = [name for name, count in nulls.items() if count < block.height]
        counts = block.select(
            pl.struct(count(pl.col(name)).alias(what) for what, count in wanted.items()).alias(name) for name in filled
        )
        for name in filled:
            self._seen[name].update(counts[name][0])

    def _unmarked(self, name: str) -> pl.Expr:
        if name == EXTRA:
            return pl.col(name).str.replace_all(REAL_DAY, "", literal=True)
        if name not in self._codes:
            return pl.col(name).str.strip_suffix(REAL_DAY)
        is_day = pl.col(name).str.ends_with(REAL_DAY)
        return (
            pl
            .when(is_day)
            .then(pl.lit(DAY_IN_A_CODE) + pl.col(name).str.strip_suffix(REAL_DAY))
            .otherwise(pl.col(name))
            .alias(name)
        )


def _is_month_first(seen: Counter[str]) -> bool:
    """Whether so many cells can only be month first that the others may be, too."""
    month_first = seen["month first"]
    is_slip = month_first == 1 and (seen["day first"] > 0 or seen["given"] == 1)
    return month_first * FEW >= seen["given"] and month_first > 0 and not is_slip


def _is_half_turned(seen: Counter[str]) -> bool:
    """Whether real days are all up to the 12th, and texts all after it: Excel turned what it could read."""
    texts = seen["day first"] + seen["either"] + seen["month first"]
    exceptions = seen["real"] - seen["small"] + seen["either"] + seen["month first"]
    return seen["small"] > 0 and seen["day first"] > 0 and exceptions * FEW < texts + seen["real"]
