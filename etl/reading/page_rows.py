"""Rows that a printed list has beside its data: the header of the next page, groups, sums, signatures, names.

A row that has its key and its day is data, whatever else it says; so is every row that is not known by its form or its
words to be something else: it goes to whoever judges rows.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import polars as pl

from etl.catalogue import Export, fields
from etl.reading.bounds import not_a_table
from etl.reading.header import Placement
from etl.spelling import fold

Cells = list[tuple[int, str]]  # those of a row that are not empty, folded, by their column

LONGEST_ORDINAL = 4  # bytes of what numbers a column: (12)
MOST = 6  # cells of a row that is a group, or a signature
FOOTER_START = r"(?i)^\W*(t[oổ]|c[oộ])"  # cheap and too wide; decided on the folded text
SUM = re.compile(r"(tổng|cộng|tổng cộng|tổng số) ?([:.(\d].*)?")
# what a sum may be of; "Tổng hợp", "Cộng hoà" and a name are none
SUM_OF = re.compile(
    r"(tổng|cộng|tổng cộng|tổng số) (số )?(lĩnh vực|nhóm|mục|phần|trang|cuối trang|chung|toàn|theo|hồ sơ|văn bản|đơn vị"
    r"|xã|phường|huyện|tháng|quý|lũy kế|luỹ kế)\b.*|(cộng )?mang sang.*|(cộng )?chuyển trang.*"
)
ORDINAL = re.compile(r"\(?([ivxlc]{1,6}|[a-zđ]|\d{1,3}(\.\d{1,3})*)[.)/]?\)?")
ROMAN_OR_LETTER = re.compile(r"\(?([ivxlc]{1,6}|[a-zđ])[.)/]?\)?")
WITH_ORDINAL = re.compile(r"([ivxlc]{1,6}|[a-zđ]|\d{1,2})[.)/:-] ?\D.*")
GROUP = re.compile(r"[-+* ]*(lĩnh vực|nhóm|mục|phần|loại hồ sơ|loại văn bản|loại)\b.+")
UNIT = re.compile(r"[-+* ]*(đơn vị|cơ quan|phòng|sở|ban|ubnd|xã|phường|thị trấn|cấp|tháng|quý)\b.+")
COUNT = re.compile(r"[\d., ]+( (hồ sơ|văn bản|nhiệm vụ|dòng|người|trường hợp))?")
DAY = re.compile(r"\bngày\b[\s\d.…_/]*\btháng\b[\s\d.…_/]*\bnăm\b")
SIGNING = re.compile(
    r"\W*(ký|đã ký|ký tên|ký, ghi|ký và|đóng dấu|chữ ký)\b[^\d]*"
    r"|(tm|kt|tl|tuq|t/m|k/t|t/l)[./] ?[^\d]+"
    r"|(người (lập|ghi|báo cáo|tổng hợp|kiểm tra|xuất|in)( biểu| bảng| sổ| báo cáo)?"
    r"|thủ trưởng( đơn vị| cơ quan)?|chủ tịch|phó chủ tịch|giám đốc|phó giám đốc|trưởng phòng|phó trưởng phòng"
    r"|chánh văn phòng|phó chánh văn phòng|kế toán( trưởng)?|thủ kho|cán bộ (lập|tổng hợp|một cửa)( biểu)?"
    r"|xác nhận của [^\d]*|ủy ban nhân dân|uỷ ban nhân dân|nơi nhận)\W*"
)
PAGE = re.compile(r"(trang|page)( số)?[: ]*\d+( ?(/|of|trên) ?\d+)?|(người|ngày|giờ|thời gian) (in|xuất|kết xuất)\b.*")


@dataclass
class Page:
    """What the row before was, from block to block."""

    is_signed: bool = False  # place and day, or signatures, have begun: names come


def not_data(
    raw: pl.DataFrame,
    first: pl.Expr,
    placement: Placement,
    export: Export,
    page: Page,
    above: frozenset[tuple[str, ...]],
) -> dict[int, str]:
    """The rows of a raw block that are no data and not blank: their lines, and their kinds.

    Input:  `first`: the first cell that is not empty; `above`: what the rows above the header say, folded.
    Raises: FileRejected FIL-01 if a row is a header that has the columns in another order.
    """
    placed = {name: str(i) for i, name in enumerate(placement.names) if name}
    required = [placed[c.name] for c in export.columns if c.required and c.name in placed]
    key, day, needed = _needed(export, placed)
    odd = _odd(raw, placement, day, needed, required)
    found = dict.fromkeys((line for row in placement.header for line in _repeats(odd, row)), "repeated")
    for start in (first, *(pl.col(c) for name, c in placed.items() if name.startswith("#"))):
        found |= dict.fromkeys(_sums(odd, start, required), "total")
    _refuse_another_header(odd, key[0], placement)
    beside = {int(c) for name, c in placed.items() if name.startswith("#")}
    beside |= {place for place, name in enumerate(placement.names) if name is None}
    before = 0  # the place behind the row that was looked at last
    for line, place, cells in _perhaps_none(raw, odd, day, needed):
        follows = page.is_signed and place == before
        before = place + 1
        if line in found:
            continue
        kind = _kind(cells, {int(c) for c in key}, beside, above, follows=follows)
        if kind == "total" and sum(c in {int(r) for r in required} for c, _ in cells) * 2 > len(required):
            kind = ""
        page.is_signed = kind == "footer" and (follows or not PAGE.fullmatch(cells[0][1]))
        if kind:
            found[line] = kind
    if page.is_signed and before != raw.select(_is_filled(raw).sum()).item():  # rows of data came after it
        page.is_signed = False
    return found


def _needed(export: Export, placed: dict[str, str]) -> tuple[list[str], list[str], list[str]]:
    """The key; the day; and what a row of data hardly lacks: both or, where it has no day, all it must have."""
    key = [placed[c.name] for c in export.columns if c.key and c.name in placed]
    required = [c for c in export.columns if c.required and c.name in placed]
    days = [placed[c.name] for c in required if c.type in ("timestamp", "date", "partial_date")]
    return key, days[:1], list(dict.fromkeys(key + (days[:1] or [placed[c.name] for c in required])))


def _is_filled(raw: pl.DataFrame) -> pl.Expr:
    return pl.any_horizontal(pl.col(c).is_not_null() for c in raw.columns if c.isdecimal())


def _odd(
    raw: pl.DataFrame, placement: Placement, day: list[str], needed: list[str], required: list[str]
) -> pl.DataFrame:
    """The rows that one look at few columns cannot tell to be data: few, so that all other questions cost nothing.

    A header that comes again has no digit where a row of data has its day. Of a list without days, or where a header
    has digits, every row is looked at.
    """
    if not day or any(letter.isdigit() for header in placement.header for cell in header for letter in cell):
        return raw
    lacks = (pl.col(c).is_null() for c in dict.fromkeys(needed + required))
    return raw.filter(pl.any_horizontal(*lacks, _without_digit(day[0]), _is_short(needed)))


def _without_digit(column: str) -> pl.Expr:
    return ~pl.col(column).str.contains("[0-9]")


def _is_short(needed: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(c).str.len_bytes().fill_null(0) <= LONGEST_ORDINAL for c in needed)


def _perhaps_none(
    raw: pl.DataFrame, odd: pl.DataFrame, day: list[str], needed: list[str]
) -> Iterator[tuple[int, int, Cells]]:
    """Rows that lack their key or their day and say little, or number the columns: line, place among rows, cells."""
    cells = [c for c in odd.columns if c.isdecimal()]
    said = pl.sum_horizontal(pl.col(c).is_not_null() for c in cells)
    lacks = pl.any_horizontal(*(pl.col(c).is_null() for c in needed), *(_without_digit(c) for c in day))
    rows = odd.filter(
        said.is_between(1, pl.when(_is_short(needed)).then(len(cells)).when(lacks).then(MOST).otherwise(0))
    )
    if rows.height:
        rows = rows.join(raw.select("line", place=_is_filled(raw).cum_sum() - 1), on="line", maintain_order="left")
    for row in rows.iter_rows(named=True):
        filled = [(int(c), folded) for c in cells if row[c] is not None and (folded := fold(row[c]))]
        if filled:
            yield row["line"], row["place"], filled


def _kind(cells: Cells, key: set[int], beside: set[int], above: frozenset[tuple[str, ...]], *, follows: bool) -> str:
    """What a row that is hardly data is; empty if it is data all the same.

    Input: `key`: columns of the key; `beside`: those that the contract ignores, or that have no name; `follows`:
           whether it stands below signatures.
    """
    texts = tuple(text for _, text in cells)
    if _is_numbering(texts):
        return "header"
    if texts in above:
        return "repeated"
    ordinal = texts[0] if len(texts) > 1 and ORDINAL.fullmatch(texts[0]) else ""
    rest = cells[1:] if ordinal else cells
    if SUM_OF.fullmatch(rest[0][1]):
        return "total"
    if len(cells) > MOST or any(column in key and _is_code(text) for column, text in cells):
        return ""
    if len(cells) == 1 and PAGE.fullmatch(texts[0]):
        return "footer"
    signs = [bool(SIGNING.fullmatch(text) or DAY.search(text)) for text in texts]
    if follows or all(signs) or (len(cells) <= 2 and any(DAY.search(text) for text in texts)):
        return "footer"
    said = [(column, text) for column, text in rest if not COUNT.fullmatch(text)]
    if len(said) == 1 and said[0] == rest[0] and rest[0][0] in key | beside:
        text = said[0][1]
        if GROUP.fullmatch(text):
            return "group"
        if len(rest) == 1 and (text in _fields() or (" " in text and _heads_a_group(text, ordinal))):
            return "group"
    return ""


def _heads_a_group(text: str, ordinal: str) -> bool:
    is_counted = WITH_ORDINAL.fullmatch(text) or ROMAN_OR_LETTER.fullmatch(ordinal)
    return bool(is_counted or UNIT.fullmatch(text))


def _is_code(text: str) -> bool:
    return " " not in text and any(letter.isdigit() for letter in text)


def _is_numbering(texts: tuple[str, ...]) -> bool:
    """Whether a row numbers the columns: A, B, 1, 2, … or (1) (2) (3=1+2) …"""
    said = [text.strip("()[]. ").partition("=")[0].strip() for text in texts]
    letters = len(list(itertools.takewhile(lambda one: len(one) == 1 and one.isalpha(), said)))
    wanted = [*"abcdefghijklmnopqrstuvwxyz"[:letters], *(str(n) for n in range(1, len(said) - letters + 1))]
    return letters + 2 < len(said) > 3 and said == wanted


@cache
def _fields() -> frozenset[str]:
    return frozenset(fold(spelling) for field in fields() for spelling in field)


def _sums(raw: pl.DataFrame, start: pl.Expr, required: list[str]) -> list[int]:
    """The rows that begin with "Tổng cộng" and do not, like a row of data, have most of the required cells."""
    filled = pl.sum_horizontal(pl.col(c).is_not_null() for c in required) if required else pl.lit(0)
    rows = raw.lazy().select("line", start=start, filled=filled).filter(pl.col("start").str.contains(FOOTER_START))
    return [
        line
        for line, text, filled in rows.collect().iter_rows()
        if filled < max(len(required), 1) and SUM.fullmatch(fold(text).lstrip("*- "))
    ]


def _refuse_another_header(raw: pl.DataFrame, key: str, placement: Placement) -> None:
    """A file that was joined on may have the same columns in another order: no row below would be right."""
    places: dict[str, set[int]] = {}
    for header in placement.header:
        for place, cell in enumerate(header):
            places.setdefault(fold(cell), set()).add(place)
    places.pop("", None)
    names = [cell.lower() for header in placement.header for cell in header if fold(cell)]
    for row in raw.lazy().filter(pl.col(key).str.to_lowercase().is_in(names)).collect().iter_rows(named=True):
        said = {int(c): fold(row[c]) for c in row if c.isdecimal() and row[c] is not None}
        is_header = len(places.keys() & set(said.values())) * 2 > len(places)
        if is_header and any(place not in places.get(text, {place}) for place, text in said.items()):
            raise not_a_table(
                f"Dòng {row['line']} là một dòng tiêu đề khác: các cột không theo thứ tự của dòng tiêu đề đầu tệp. Mỗi"
                " bảng gửi một tệp."
            )


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
