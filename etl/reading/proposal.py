"""What the columns of a file that fits no layout may be: the likeliest role of each, and why; no value is told."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from etl import masking
from etl.catalogue import Column, Export, Layout, layouts, needed, words
from etl.catalogue.layouts import NOT_NEEDED, PERSONAL
from etl.errors import UsageError
from etl.reading import values
from etl.reading.first_rows import first_rows
from etl.reading.header import HEADER_ROWS
from etl.spelling import fold

SAMPLE = 200  # rows of which the values are looked at
ABBREVIATION = 6  # letters of a header: what is shorter is alike by chance
LIKELY = 50  # of 100: below that a column is left open
# Vietnamese: what a header says of a column that is about somebody and has no role.
ABOUT_SOMEBODY = re.compile(
    r"địa chỉ|nơi (ở|cư trú|sinh)|thư điện tử|e-?mail|điện thoại|sđt|zalo|họ (và )?tên|tên (người|chủ|công dân)|"
    r"người|cán bộ|chuyên viên|cccd|cmnd|căn cước|hộ chiếu|ngày sinh"
)
DAYS = ("timestamp", "date", "partial_date")


@dataclass(frozen=True)
class Proposed:
    """One column of the file."""

    number: int  # from 1
    header: str  # as it may be told
    role: str  # a column of the contract, `ignored` or `personal`
    why: str  # Vietnamese
    is_open: bool  # nobody can tell: a person has to


@dataclass(frozen=True)
class Proposal:
    """A layout for a file that fits none."""

    export: Export
    headers: tuple[str, ...]  # as they stand in the file
    columns: tuple[Proposed, ...]
    month_first: tuple[str, ...]  # days of which no value can be read day first, and all can month first
    missing: tuple[str, ...]  # needed roles that no column seems to have

    def as_yaml(self, system: str) -> str:
        """The layout as its file says it, with what is open as comments."""
        lines = [
            f"system: {_scalar(system)}",
            f"export: {self.export.name}",
            "columns: # tiêu đề cột: vai trò",
        ]
        for header, column in zip(self.headers, self.columns, strict=True):
            comment = f" # {column.why}" if column.is_open else ""
            lines.append(f"  - {_scalar(header)}: {column.role}{comment}")
        given = {column.role for column in self.columns}
        derived: list[str] = []
        for role, said in self.export.derivations.items():  # one may rest on those before it
            rests_on = next(iter({**(said.get("words") or {}), **(said.get("codes") or {})}))
            if role not in given and rests_on in {*given, *derived}:
                derived.append(role)
        if derived:
            lines.append(f"derived: [{', '.join(derived)}] # tìm trong danh mục của đơn vị")
            given |= {*derived}
        units = [c.name for c in self.export.columns if c.name == "org_code" and c.name not in given]
        if units:
            lines.append("by_sender: [org_code] # mọi dòng là của đơn vị gửi tệp")
        without = [f"{c.name} ({c.header})" for c in self.export.columns if c.name not in {*given, *units}]
        if without:
            lines.append(f"# Vai trò chưa có cột: {', '.join(without)}")
        if self.month_first:
            lines.append(f"month_first: [{', '.join(self.month_first)}] # tháng đứng trước ngày")
        return "\n".join(lines) + "\n"


def propose(path: Path, export: Export) -> Proposal:
    """What the columns of a file may be.

    Raises: UsageError if no row of it looks like a header; FileRejected FIL-01 if it cannot be read.
    """
    tables = [table for table in first_rows(path) if table]
    found = [(_header_row(table, export), table) for table in tables]
    at, table = max(found, key=lambda one: len(one[1][one[0]]) if one[1] else 0, default=(0, []))
    headers = [*table[at]] if table else []
    while headers and not fold(headers[-1]):
        headers.pop()
    if len([cell for cell in headers if fold(cell)]) < 2:
        raise UsageError(f"{masking.told(path.name)}: no row looks like a header. Give it titles of columns.")
    below = [row for row in table[at + 1 : at + 1 + SAMPLE] if any(fold(cell) for cell in row)]
    cells = [
        pl.Series([(row[i].strip() or None) if i < len(row) else None for row in below], dtype=pl.String)
        for i in range(len(headers))
    ]
    # its words may be those of other systems; numbers of lists tell nothing of a file that nobody knows
    worded = words.layered(export, layout=Layout(path.stem, export.name, "", ()), own={}, of_layout={})
    roles = _assigned(headers, cells, worded)
    columns = [
        _proposed(number, header, roles.get(number - 1), cell, export)
        for number, (header, cell) in enumerate(zip(headers, cells, strict=True), start=1)
    ]
    month_first = [role.name for i, (role, _, _) in roles.items() if role.type in DAYS and _is_month_first(cells[i])]
    given = {role.name for role, _, _ in roles.values()} | {*export.derivations, "org_code"}
    missing = [export.column(role).header for role in needed(export) if role not in given]
    return Proposal(export, tuple(headers), tuple(columns), tuple(month_first), tuple(missing))


def _header_row(table: Sequence[Sequence[str]], export: Export) -> int:
    """The row that is most like a header: of most cells the text is, or is nearly, one that is known as a header."""
    known = list(_spellings(export))
    words = {fold(word) for column in export.columns for word in column.vocabulary}  # they stand in rows of data

    def likeness(row: Sequence[str]) -> float:
        said = {fold(cell) for cell in row} - words - {""}
        return sum(
            max((_alike(cell, one) for one in known), default=0) for cell in said if not re.search(r"\d{3}", cell)
        )

    return max(range(min(len(table), HEADER_ROWS)), key=lambda i: (likeness(table[i]), -i), default=0)


def _alike(one: str, other: str) -> float:
    """How alike two headers are, from 0 to 1: by the words they share, and, if neither is short, letter by letter.

    The first word says what it is ("Hạn trả" is no "Ngày trả"): it counts twice.
    """
    words, others = one.split(), other.split()
    shared, all_words = {*words} & {*others}, {*words} | {*others}
    firsts = {*words[:1], *others[:1]}
    by_words = (len(shared) + len(firsts & shared)) / max(len(all_words) + len(firsts), 1)
    if min(len(one), len(other)) < ABBREVIATION:
        return by_words
    by_letters = difflib.SequenceMatcher(None, one, other).ratio()
    return max(by_words, by_letters if len(firsts) == 1 else 0.7 * by_letters)


def _spellings(export: Export) -> dict[str, tuple[str, str]]:
    """Every header that the contract or a layout of it knows, folded: its role, and how it is written."""
    found: dict[str, tuple[str, str]] = {}
    for layout in layouts(export.name):
        for header, role in layout.columns:
            if role not in (NOT_NEEDED, PERSONAL):
                found.setdefault(fold(header), (role, header))
    for column in export.columns:
        for header in (*column.aliases, column.header):
            found[fold(header)] = (column.name, header)
    return found


Role = tuple[Column, int, str]  # the role of a column, how likely it is (of 100), and why


def _assigned(headers: Sequence[str], cells: Sequence[pl.Series], export: Export) -> dict[int, Role]:
    """The likeliest role of each column, by its number from 0: those that no file can do without are given first."""
    candidates = [
        (score, -i, column, why)
        for i, header in enumerate(headers)
        if fold(header) not in map(fold, export.ignored)
        for column in export.columns
        for score, why in [_likeliness(header, cells[i], column, export)]
        if score >= LIKELY
    ]
    roles: dict[int, Role] = {}
    taken: set[str] = set()
    first = needed(export)
    for score, minus_i, column, why in sorted(
        candidates, key=lambda one: (one[2].name in first, *one[:2]), reverse=True
    ):
        if -minus_i not in roles and column.name not in taken:
            roles[-minus_i] = (column, score, why)
            taken.add(column.name)
    return dict(sorted(roles.items()))


def _likeliness(header: str, cells: pl.Series, column: Column, export: Export) -> tuple[int, str]:
    """How likely a column has a role, of 100, and why: its name, the nearest name, and what its values look like."""
    name, nearest = _by_name(header, column, export)
    fits, shape = _by_values(cells, column)
    if fits is False or (name < 1 and not column.personal and ABOUT_SOMEBODY.search(fold(header))):
        return 0, ""
    why = "; ".join(part for part in (nearest, shape) if part)
    return round(name * (90 if fits is None else 80) + (20 if fits else 0)), why


def _by_name(header: str, column: Column, export: Export) -> tuple[float, str]:
    said = fold(header)
    best, spelled = 0.0, ""
    for known, (role, written) in _spellings(export).items():
        if role != column.name:
            continue
        if known == said:
            return 1.0, f"tên cột là «{written}»"
        if (alike := _alike(said, known)) > best:
            best, spelled = alike, written
    return (best, f"tên gần giống «{spelled}»") if best >= 0.5 else (0.0, "")


def _by_values(cells: pl.Series, column: Column) -> tuple[bool | None, str]:
    """Whether the values are such as the role has (None: they do not tell), and what tells it."""
    given = cells.drop_nulls()
    if not len(given):
        return None, ""
    if column.type in (*DAYS, "amount", "integer", "flag"):
        read = values.READERS[column.type](given, column)
        readable = 1 - _share(read[-1])
        if column.type in DAYS and readable < 0.5 and _is_month_first(given):
            readable = 1.0
        return readable > 0.8, f"{readable:.0%} giá trị đọc được" if readable > 0.8 else ""
    if column.vocabulary:
        meaning = words.reader(column)
        hits = _share(pl.Series([meaning(text) is not None for text in given.unique()]))
        return (True, f"{hits:.0%} từ thuộc danh mục") if hits >= 0.5 else (None, "")
    if _share(values.READERS["timestamp"](given, Column("day", "", "timestamp"))[-1]) < 0.2:
        return False, ""  # days
    if column.personal in ("id", "phone"):
        return _share(given.str.replace_all(r"\D", "").str.len_chars() >= 8) > 0.8, ""
    if column.is_shaped:
        shaped = given.str.replace_all(" ", "") if column.compact else given
        fits = shaped.str.len_chars().le(column.longest or 1_000) & shaped.str.contains(column.pattern or "")
        has_words = column.compact and _share(given.str.contains(r"\pL \pL")) > 0.5
        if has_words or _share(fits) < 0.8:
            return False, ""
    if column.key:
        return (True, "mỗi dòng một giá trị khác nhau") if given.n_unique() == len(given) > 1 else (None, "")
    return None, ""


def _share(answers: pl.Series) -> float:
    """How many of some rows are true, of 1."""
    return float(answers.sum()) / max(len(answers), 1)


def _is_month_first(cells: pl.Series) -> bool:
    parts = cells.drop_nulls().str.extract_groups(r"^\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}")
    first, second = (parts.struct[i].cast(pl.Int64) for i in (0, 1))
    readable = first.drop_nulls()
    return bool(len(readable)) and bool((first <= 12).all()) and bool((second > 12).any())


def _proposed(number: int, header: str, role: Role | None, cells: pl.Series, export: Export) -> Proposed:
    shown = masking.header(header, number)
    if fold(header) in map(fold, export.ignored):
        return Proposed(number, shown, NOT_NEEDED, "không cần đến", is_open=False)
    if role:
        return Proposed(number, shown, role[0].name, role[2], is_open=False)
    if not fold(header):
        return Proposed(number, shown, NOT_NEEDED, "cột không có tiêu đề", is_open=False)
    if ABOUT_SOMEBODY.search(fold(header)) or _is_about_somebody(cells):
        return Proposed(number, shown, PERSONAL, "nói về một người: không nạp, không hiện", is_open=False)
    return Proposed(number, shown, NOT_NEEDED, "chưa rõ là gì: đổi thành vai trò đúng, hoặc để nguyên", is_open=True)


def _is_about_somebody(cells: pl.Series) -> bool:
    given = cells.drop_nulls().to_list()
    return bool(given) and sum(masking.shown(text) != text for text in given) * 2 > len(given)


def _scalar(text: str) -> str:
    """A text as YAML writes it."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("\n...\n").strip()
