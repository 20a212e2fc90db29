"""The header of a delivered table: in which row it stands, and which column of the contract each cell names."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from etl import masking
from etl.catalogue import Export, Layout, needed
from etl.catalogue.layouts import NOT_NEEDED, PERSONAL
from etl.errors import FileRejected
from etl.reading.bounds import not_a_table
from etl.spelling import fold

HEADER_ROWS = 50  # a header is looked for in so many rows
SAID_HEADERS = 20  # so many are said in a message
MAX_COLUMNS = 1_000  # of a header
MAX_HEADER = 1_000  # characters of a cell of it

# What Vietnamese never has, but fonts of before Unicode show as Vietnamese; and UTF-8 that was read as Windows-1252.
LEGACY = {
    "UTF-8 bị mã hoá hai lần": re.compile(r"á»|áº|Ã[\xa0-\xbf]|Ä‘|Æ°|Ä\x91"),
    "TCVN3 (ABC, phông .VnTime)": re.compile(r"\w[µ¶·¸¹¨©ª«¬®»¼½¾]|[§®]\w"),
    "VNI (phông VNI-Times)": re.compile(r"(?i)[aeou][ùøûõïâáàåãäêéèúüë]|ö[ùøûõï]|ñ[aeiouöô]"),
}


@dataclass(frozen=True)
class Placement:
    """Where the columns of one file are: the name each of them is given, or None where the header is empty."""

    names: tuple[str | None, ...]  # a role; or `#` and the header, of what is not needed or not known
    header: tuple[tuple[str, ...], ...]  # the header's rows as they stand in the file, to know them again further down
    rows: int  # rows down to the header's last
    width: int  # cells in the header's row, with empty ones at its end
    layout: Layout | None  # by which it is read; None: as the contract says
    problems: tuple[tuple[str, str], ...]  # why it cannot be read
    doubt: str  # why somebody must say whether it may be read so; empty if there is none
    notes: tuple[tuple[str, str], ...]  # what its sender is told all the same, by the header that is meant

    def absent(self, export: Export) -> tuple[str, ...]:
        """The roles that nothing in the file has."""
        given = {*self.names, *(self.layout.given if self.layout else ())}
        return tuple(c.name for c in export.columns if c.name not in given and not c.of_sender)

    def by_sender(self, export: Export) -> tuple[str, ...]:
        """The roles in which every row has the unit of its sender."""
        given = {*self.names, *(self.layout.given if self.layout else ())}
        said = self.layout.by_sender if self.layout else ()
        return (*said, *(c.name for c in export.columns if c.of_sender and c.name not in given))


def _known(export: Export) -> dict[str, str]:
    """Every header that the contract knows, folded, and the name that its column is given."""
    known = {fold(header): f"#{header}" for header in export.ignored}
    known |= {fold(alias): column.name for column in export.columns for alias in column.aliases}
    return known | {fold(column.header): column.name for column in export.columns}


def _known_to_any(export: Export, layouts: Iterable[Layout]) -> dict[str, str]:
    """Every header that the contract or a layout knows: which row is the header does not hang on the layout."""
    known: dict[str, str] = {}
    for layout in layouts:
        known |= {fold(header): _name(header, role) for header, role in layout.columns}
    return known | _known(export)


def _name(header: str, role: str) -> str:
    return f"#{header}" if role in (NOT_NEEDED, PERSONAL) else role


def _score(cells: Iterable[str], known: dict[str, str]) -> int:
    return len({name for cell in cells if not (name := known.get(fold(cell), "#")).startswith("#")})


def find_header(rows: list[list[str]], export: Export, layouts: Sequence[Layout] = ()) -> Placement | None:
    """Where the columns of a file are, by its first rows; None if none of them is the header.

    A header may be several rows high: titles of groups above its fullest row, their columns below it, "(1) (2)".
    """
    known = _known_to_any(export, layouts)
    rows = [[cell[:MAX_HEADER] for cell in cells] for cells in rows]
    scores = [_score(cells, known) for cells in rows]
    if max(scores, default=0) < 2:
        return None
    main = first = last = scores.index(max(scores))
    width = max(len(cells) for cells in rows)
    header = _padded(rows[main], width)

    def adds(cells: list[str], *, nothing_else: bool) -> bool:
        """Whether the row names columns that have no known name yet."""
        filled = [i for i, cell in enumerate(cells) if fold(cell)]
        free = [i for i in filled if fold(header[i]) not in known]
        return bool(free) and all(fold(cells[i]) in known for i in free) and (free == filled or not nothing_else)

    while first and adds(rows[first - 1], nothing_else=False):
        first -= 1
        above = _padded(rows[first], width)
        header = [
            cell if fold(cell) in known or fold(a) not in known else a for cell, a in zip(header, above, strict=True)
        ]
    while last + 1 < len(rows) and adds(rows[last + 1], nothing_else=True):
        last += 1
        below = _padded(rows[last], width)
        header = [b if fold(b) else cell for cell, b in zip(header, below, strict=True)]
    if last + 1 < len(rows) and _is_numbering(rows[last + 1]):
        last += 1
    while header and not fold(header[-1]):
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise not_a_table(f"Dòng tiêu đề (dòng {main + 1}) có hơn {MAX_COLUMNS} cột.")
    band = tuple(tuple(_padded(cells, len(header))) for cells in rows[first : last + 1])
    width = max(len(rows[main]), len(header))
    return Placement(header=band, rows=last + 1, width=width, **_judged(header, export, layouts))


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _is_numbering(cells: list[str]) -> bool:
    """Printed forms number their columns below the header: (1) (2) (3) …"""
    filled = [fold(c).strip("()") for c in cells if fold(c)]
    return len(filled) > 3 and filled == [str(i + 1) for i in range(len(filled))]


@dataclass(frozen=True)
class _Fit:
    """A header read by one layout, or as the contract says."""

    layout: Layout | None
    names: tuple[str | None, ...]  # None: empty, or not known
    lacking: tuple[str, ...]  # headers of needed roles that it has not
    unknown: tuple[int, ...]  # columns
    twice: tuple[int, ...]  # columns of which two have the same role
    is_all_there: bool  # no column of the layout is missing
    given: frozenset[str]

    @property
    def can_be_read(self) -> bool:
        return not self.lacking and not self.twice


def _fit(header: list[str], export: Export, layout: Layout | None) -> _Fit:
    if layout is None:
        known = _known(export)
        names = tuple(known.get(fold(cell)) for cell in header)
        given = {name for name in names if name and not name.startswith("#")}
        is_all_there = given >= {c.name for c in export.columns if c.required}
    else:
        left: dict[str, list[str]] = {}
        for said, role in layout.columns:
            left.setdefault(fold(said), []).append(_name(said, role))
        # of equal headers the first is that which stands first in the layout
        names = tuple(there.pop(0) if (there := left.get(fold(cell))) else None for cell in header)
        given = ({*layout.given} - {*layout.roles}) | {name for name in names if name}
        is_all_there = not any(name for there in left.values() for name in there if not name.startswith("#"))
    times = Counter(names)
    return _Fit(
        layout,
        names,
        lacking=tuple(c.header for c in export.columns if c.name in needed(export) and c.name not in given),
        unknown=tuple(i for i, (cell, name) in enumerate(zip(header, names, strict=True)) if fold(cell) and not name),
        twice=tuple(i for i, name in enumerate(names) if name and times[name] > 1),
        is_all_there=is_all_there,
        given=frozenset(name for name in given if name and not name.startswith("#")),
    )


def _judged(header: list[str], export: Export, layouts: Sequence[Layout]) -> dict[str, Any]:
    """What a placement says of the header's columns, by the layout that fits best.

    One that knows every column goes before; then one of which no column is missing, though there are others; of several
    that which gives most roles. What else can be read, but lacks roles that files have and has columns that nobody
    knows, is in doubt: one of these may be one of those.
    """
    by_contract, *others = [_fit(header, export, layout) for layout in (None, *layouts)]
    can = [fit for fit in (by_contract, *others) if fit.can_be_read]
    best = [fit for fit in can if not fit.unknown] or [fit for fit in can if fit.is_all_there]
    most = max((len(fit.given) for fit in best), default=0)
    best = [fit for fit in best if len(fit.given) == most]
    fit = best[0] if best else by_contract
    shown = [masking.header(cell, number) for number, cell in enumerate(header, start=1)]
    unknown = [shown[i] for i in fit.unknown]
    problems, doubt = [], ""
    if fit.lacking:
        perhaps = f" (có thể là một trong các cột chưa biết: {_listed(unknown)})" if unknown else ""
        problems.append((
            "FIL-02",
            f"Thiếu cột bắt buộc: {list_headers(fit.lacking)}{perhaps}. Hãy xuất lại đủ các cột này, giữ nguyên tên"
            " cột. Nếu phần mềm của đơn vị đặt tên cột khác, khai báo mẫu của nó: cchc layouts propose SỐ_TỆP",
        ))
    if fit.twice:
        twice = [shown[i] for i in fit.twice]
        problems.append(("FIL-03", f"Cột có mặt hai lần: {_listed(twice)}. Hãy chỉ giữ lại một cột rồi gửi lại."))
    if len({(one.layout.meaning if one.layout else 0, one.names) for one in best}) > 1:
        systems = ", ".join(one.layout.system if one.layout else "mẫu của kho" for one in best)
        doubt = f"Tệp hợp với nhiều mẫu: {systems}."
    elif not best and not problems:
        missing = [c.header for c in export.columns if c.required and c.name not in fit.given]
        doubt = (
            f"Có cột chưa biết: {_listed(unknown)}; và thiếu cột của mẫu: {list_headers(missing)}."
            " Cột chưa biết có thể là cột còn thiếu dưới tên khác."
        )
    # of a column that is there twice the first is kept: with problems the file is not read on
    names = [name if name not in fit.names[:i] else None for i, name in enumerate(fit.names)]
    named = [f"#{header[i]}" if i in fit.unknown else name for i, name in enumerate(names)]
    return {
        "names": tuple(name if name not in named[:i] else f"{name} ({i + 1})" for i, name in enumerate(named)),
        "layout": fit.layout,
        "problems": tuple(problems),
        "doubt": doubt,
        "notes": tuple((header[i], shown[i]) for i in fit.unknown),
    }


def list_headers(headers: Iterable[str]) -> str:
    return _listed(f"«{header}»" for header in headers)


def _listed(quoted: Iterable[str]) -> str:
    """Headers for a message, which names so many of them and counts the others."""
    every = list(quoted)
    more = f" và {len(every) - SAID_HEADERS} tên khác" if len(every) > SAID_HEADERS else ""
    return ", ".join(every[:SAID_HEADERS]) + more


def no_header(rows: list[list[str]], export: Export) -> FileRejected:
    if font := old_font(" ".join(cell for cells in rows for cell in cells)):
        return not_a_table(f"Chữ trong tệp không đọc được chắc chắn ({font}).")
    required = list_headers(c.header for c in export.columns if c.name in needed(export))
    return FileRejected(
        "FIL-02",
        f"Không tìm thấy dòng tiêu đề trong {HEADER_ROWS} dòng đầu của tệp; cần có các cột {required}. "
        "Hãy kiểm tra tệp có đúng loại báo cáo này không. Nếu đúng và phần mềm đặt tên cột khác: "
        "cchc layouts propose SỐ_TỆP",
    )


def old_font(text: str) -> str | None:
    if re.search("[ơưđ\u1ea0-\u1ef9]", text):  # letters of Vietnamese alone: this is Unicode
        return None
    return next((font for font, pattern in LEGACY.items() if len(pattern.findall(text)) > 2), None)
