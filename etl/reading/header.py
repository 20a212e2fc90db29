"""The header of a delivered table: in which row it stands, and which column of the contract each cell names."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from etl import masking
from etl.catalogue import Export
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

    names: tuple[str | None, ...]
    header: tuple[tuple[str, ...], ...]  # the header's rows as they stand in the file, to know them again further down
    rows: int  # rows down to the header's last
    width: int  # cells in the header's row, with empty ones at its end
    problems: tuple[tuple[str, str], ...]


def _known(export: Export) -> dict[str, str]:
    """Every header that the contract knows, folded, and the name that its column is given."""
    known = {fold(header): f"#{header}" for header in export.ignored}
    known |= {fold(alias): column.name for column in export.columns for alias in column.aliases}
    return known | {fold(column.header): column.name for column in export.columns}


def _score(cells: Iterable[str], known: dict[str, str]) -> int:
    return len({name for cell in cells if not (name := known.get(fold(cell), "#")).startswith("#")})


def find_header(rows: list[list[str]], export: Export) -> Placement | None:
    """Where the columns of a file are, by its first rows; None if none of them is the header.

    A header may be several rows high: titles of groups above its fullest row, their columns below it, "(1) (2)".
    """
    known = _known(export)
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
    names, problems = _judged(header, export, known)
    return Placement(names, band, last + 1, max(len(rows[main]), len(header)), problems)


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _is_numbering(cells: list[str]) -> bool:
    """Printed forms number their columns below the header: (1) (2) (3) …"""
    filled = [fold(c).strip("()") for c in cells if fold(c)]
    return len(filled) > 3 and filled == [str(i + 1) for i in range(len(filled))]


def _judged(
    header: list[str], export: Export, known: dict[str, str]
) -> tuple[tuple[str | None, ...], tuple[tuple[str, str], ...]]:
    """The name of each column, and the rules of files that the header breaks."""
    shown = [masking.header(cell, number) for number, cell in enumerate(header, start=1)]
    names = [known.get(fold(cell)) for cell in header]
    problems = []
    missing = [c.header for c in export.columns if c.required and c.name not in names]
    if missing:
        problems.append((
            "FIL-02",
            f"Thiếu cột bắt buộc: {list_headers(missing)}. Hãy xuất lại đủ các cột này, giữ nguyên tên cột.",
        ))
    times = Counter(names)
    twice = [cell for cell, name in zip(shown, names, strict=True) if name and times[name] > 1]
    if twice:
        problems.append(("FIL-03", f"Cột có mặt hai lần: {_listed(twice)}. Hãy chỉ giữ lại một cột rồi gửi lại."))
    unknown = [cell for cell, name in zip(shown, names, strict=True) if fold(cell) and not name]
    if unknown:
        problems.append((
            "FIL-04",
            f"Cột chưa được khai báo: {_listed(unknown)}. Hãy bỏ cột khỏi tệp, hoặc đề nghị quản trị viên khai báo "
            f"trong etl/contracts/{export.name}.yml: tên khác của cột đã có (`aliases`) hoặc cột bỏ qua (`ignored`).",
        ))
    # With problems the file is only read on to see whether it has rows at all.
    kept = [name if name and name not in names[:i] else None for i, name in enumerate(names)]
    return tuple(kept), tuple(problems)


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
    required = list_headers(c.header for c in export.columns if c.required)
    return FileRejected(
        "FIL-02",
        f"Không tìm thấy dòng tiêu đề trong {HEADER_ROWS} dòng đầu của tệp; cần có các cột {required}. "
        "Hãy kiểm tra tệp có đúng loại báo cáo này không, rồi xuất lại.",
    )


def old_font(text: str) -> str | None:
    if re.search("[ơưđ\u1ea0-\u1ef9]", text):  # letters of Vietnamese alone: this is Unicode
        return None
    return next((font for font, pattern in LEGACY.items() if len(pattern.findall(text)) > 2), None)
