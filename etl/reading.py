"""A delivered file of any kind comes in, blocks of text rows go out; nothing in a row is lost, guessed or corrected.

What a row is, is decided here: title rows, repeated headers, blank rows and "Tổng cộng" rows are not data. What a cell
means is decided in `etl.values`. One block is in memory at a time, bounded in bytes and cells, whatever the file has.
"""

import codecs
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TypeVar

import numpy as np
import polars as pl

from etl import html_tables, masking, workbooks
from etl.bounds import BLOCK_CELLS, FAR, MAX_CELL, MAX_CELLS, MAX_ROW, far_cell, long_row, not_a_table, wide_row
from etl.catalogue import Export
from etl.errors import FileRejected
from etl.values import fold

Item = TypeVar("Item")

EXTRA = "#thừa"  # cells beyond the header, or below a header cell that is empty
HEADER_ROWS = 50  # a header is looked for in so many rows
SAID_HEADERS = 20  # so many are said in a message
MAX_COLUMNS = 1_000  # of a header
MAX_HEADER = 1_000  # characters of a cell of it
HEAD_BYTES = 256 << 10
QUOTE_EFFORT = 64  # so many times a block is looked at again, where its quotes are not in order
DELIMITERS = (b",", b";", b"\t")
FOOTERS = re.compile(r"(tổng|cộng|tổng cộng|tổng số) ?([:.(\d].*)?")
FOOTER_START = r"(?i)^\W*(t[oổ]|c[oộ])"  # cheap and too wide; decided on the folded text

# What Vietnamese never has, but fonts of before Unicode show as Vietnamese; and UTF-8 that was read as Windows-1252.
LEGACY = {
    "UTF-8 bị mã hoá hai lần": re.compile(r"á»|áº|Ã[\xa0-\xbf]|Ä‘|Æ°|Ä\x91"),
    "TCVN3 (ABC, phông .VnTime)": re.compile(r"\w[µ¶·¸¹¨©ª«¬®»¼½¾]|[§®]\w"),
    "VNI (phông VNI-Times)": re.compile(r"(?i)[aeou][ùøûõïâáàåãäêéèúüë]|ö[ùøûõï]|ñ[aeiouöô]"),
}


@dataclass(frozen=True)
class Layout:
    """Where the columns of one file are: the name each of them is given, or None where the header is empty."""

    names: tuple[str | None, ...]
    header: tuple[tuple[str, ...], ...]  # the header's rows as they stand in the file, to know them again further down
    rows: int  # rows down to the header's last
    width: int  # cells in the header's row, with empty ones at its end
    problems: tuple[tuple[str, str], ...]


def read(path: Path, export: Export, *, block_bytes: int = 8 << 20) -> Iterator[pl.DataFrame]:
    """The data rows of a delivered file, in blocks.

    Input:  CSV (, ; tab; UTF-8, UTF-16, Windows-1258), .xlsx, .xls, or an HTML table saved as .xls: content decides.
    Output: one row per data row: `line` (Int64, the line or sheet row a clerk sees, the first of it), each contract
            column in contract order (text as delivered; white space only is null), each ignored column of the file as
            `#<header>`, and `#thừa`: what stood beyond the header, or below an empty cell of it.
    Raises: FileRejected FIL-01 (cannot be read), FIL-02 (columns missing), FIL-03 (a column twice), FIL-04 (unknown
            columns), FIL-05 (no data row; raised at the end).
    """
    layout, blocks = {"workbook": _workbook, "html": _html, "text": _text}[_kind(path)](path, export, block_bytes)
    found = False
    with closing(blocks):  # a workbook is open until then
        for raw in blocks:
            block = _data_rows(raw, layout, export)
            if not block.height:
                continue
            found = True
            if layout.problems:
                break
            yield block
    problems = layout.problems if found else (*layout.problems, ("FIL-05", _no_rows()))
    if problems:
        raise FileRejected(min(problems)[0], " ".join(message for _, message in sorted(problems)))


def ahead(items: Iterable[Item], depth: int = 2) -> Iterator[Item]:
    """The same items, prepared in a thread of their own: parsing goes on while COPY waits for the database."""
    queue: Queue = Queue(depth)
    done = object()
    stop = False

    def work() -> None:
        try:
            for item in items:
                if stop:
                    return
                queue.put(item)
            queue.put(done)
        except BaseException as error:  # handed to the consumer, who raises it
            queue.put(error)

    worker = Thread(target=work, daemon=True)
    worker.start()
    try:
        while (item := queue.get()) is not done:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop = True
        while worker.is_alive():
            while not queue.empty():
                queue.get_nowait()
            worker.join(0.01)


# --- what kind of file it is -----------------------------------------------------------------------------------------


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise FileRejected("FIL-01", "Tệp trống, không có nội dung. Hãy xuất lại dữ liệu từ phần mềm và gửi lại.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        workbooks.check_zip(path)
        return "workbook"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "workbook"
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n").lower()
    if start.startswith(b"<") and re.search(rb"<(html|table|!doctype html|head|body|meta|tr|div|style)\b", start):
        return "html"
    return "text"


def _no_rows() -> str:
    return "Tệp không có dòng dữ liệu nào dưới dòng tiêu đề. Hãy kiểm tra kỳ và đơn vị khi xuất rồi gửi lại."


# --- the header ------------------------------------------------------------------------------------------------------


def _known(export: Export) -> dict[str, str]:
    """Every header that the contract knows, folded, and the name that its column is given."""
    known = {fold(header): f"#{header}" for header in export.ignored}
    known |= {fold(alias): column.name for column in export.columns for alias in column.aliases}
    return known | {fold(column.header): column.name for column in export.columns}


def _score(cells: Iterable[str], known: dict[str, str]) -> int:
    return len({name for cell in cells if not (name := known.get(fold(cell), "#")).startswith("#")})


def _layout(rows: list[list[str]], export: Export) -> Layout | None:
    """The layout that the first rows of a file show; None if none of them is the header.

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
    return Layout(names, band, last + 1, max(len(rows[main]), len(header)), problems)


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
            f"Thiếu cột bắt buộc: {_quoted(missing)}. Hãy xuất lại đủ các cột này, giữ nguyên tên cột.",
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


def _quoted(headers: Iterable[str]) -> str:
    return _listed(f"«{header}»" for header in headers)


def _listed(quoted: Iterable[str]) -> str:
    """Headers for a message, which names so many of them and counts the others."""
    every = list(quoted)
    more = f" và {len(every) - SAID_HEADERS} tên khác" if len(every) > SAID_HEADERS else ""
    return ", ".join(every[:SAID_HEADERS]) + more


def _no_header(rows: list[list[str]], export: Export) -> FileRejected:
    if font := _old_font(" ".join(cell for cells in rows for cell in cells)):
        return not_a_table(f"Chữ trong tệp không đọc được chắc chắn ({font}).")
    required = _quoted(c.header for c in export.columns if c.required)
    return FileRejected(
        "FIL-02",
        f"Không tìm thấy dòng tiêu đề trong {HEADER_ROWS} dòng đầu của tệp; cần có các cột {required}. "
        "Hãy kiểm tra tệp có đúng loại báo cáo này không, rồi xuất lại.",
    )


def _old_font(text: str) -> str | None:
    if re.search("[ơưđ\u1ea0-\u1ef9]", text):  # letters of Vietnamese alone: this is Unicode
        return None
    return next((font for font, pattern in LEGACY.items() if len(pattern.findall(text)) > 2), None)


# --- which rows are data ---------------------------------------------------------------------------------------------


def _data_rows(raw: pl.DataFrame, layout: Layout, export: Export) -> pl.DataFrame:
    """Name the columns `0`, `1`, … of a raw block, and leave out the rows that are not data."""
    cells = [c for c in raw.columns if c != "line"]
    raw = raw.with_columns(pl.when(pl.col(cells).str.strip_chars() != "").then(pl.col(cells)))
    placed = {name: str(i) for i, name in enumerate(layout.names) if name}
    outside = [c for c in cells if int(c) >= len(layout.names) or layout.names[int(c)] is None]
    first = pl.coalesce([c for name, c in placed.items() if not name.startswith("#")] + outside)
    ignored = [name for name in placed if name.startswith("#")]

    required = [placed[c.name] for c in export.columns if c.required and c.name in placed]
    left_out = [line for row in layout.header for line in _repeats(raw, row)]
    for start in (first, *(pl.col(placed[name]) for name in ignored)):
        left_out += _footers(raw, start, required)
    keep = first.is_not_null()
    if left_out:
        keep &= ~pl.col("line").is_in(left_out)

    extra = pl.concat_str(outside, separator=" | ", ignore_nulls=True) if outside else pl.lit(None, pl.String)
    return raw.filter(keep).select(
        "line",
        *(
            (pl.col(placed[c.name]) if c.name in placed else pl.lit(None, pl.String)).alias(c.name)
            for c in export.columns
        ),
        *(pl.col(placed[name]).alias(name) for name in ignored),
        pl.when(extra != "").then(extra).alias(EXTRA),
    )


def _footers(raw: pl.DataFrame, start: pl.Expr, required: list[str]) -> list[int]:
    """The rows that begin with "Tổng cộng" and do not, like a row of data, have most of the required cells."""
    filled = pl.sum_horizontal(pl.col(c).is_not_null() for c in required) if required else pl.lit(0)
    rows = raw.lazy().select("line", start=start, filled=filled).filter(pl.col("start").str.contains(FOOTER_START))
    return [
        line
        for line, text, filled in rows.collect().iter_rows()
        if filled < max(len(required), 1) and FOOTERS.fullmatch(fold(text).lstrip("*- "))
    ]


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


# --- text ------------------------------------------------------------------------------------------------------------


def _encodings(head: bytes) -> list[str]:
    """The encodings that the first bytes allow, in order of trial; a known header proves Windows-1258."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    zeros = head.count(0)
    if zeros > len(head) // 100:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > 4 * min(even, odd) and zeros > len(head) // 10:
            return ["utf-16-le" if odd > even else "utf-16-be"]
        raise not_a_table("Tệp không phải bảng dữ liệu (nội dung nhị phân).")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return ["cp1258", "utf-8"]
    return ["utf-8"]


def _utf8(path: Path, encoding: str, block_bytes: int) -> Iterator[bytes]:
    """The file in UTF-8, without byte-order mark and NUL (PostgreSQL has none), its lines ending in LF or CRLF."""
    with path.open("rb") as file:
        chunks: Iterator[bytes] = iter(lambda: file.read(block_bytes), b"")
        if encoding != "utf-8":
            chunks = _recoded(chunks, encoding)
        started = False
        for chunk in chunks:
            if not started:
                chunk = chunk.removeprefix(codecs.BOM_UTF8)
                started = True
            yield chunk.replace(b"\0", b"") if b"\0" in chunk else chunk


def _recoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Windows-1258 writes a tone mark after its letter: they are put together line by line, for any size of chunks."""
    decoder = codecs.getincrementaldecoder(encoding)()
    held = ""
    try:
        for chunk in chunks:
            text = held + decoder.decode(chunk)
            cut = max(text.rfind("\n"), text.rfind("\r")) + 1 or (len(text) if len(text) > MAX_ROW else 0)
            held = text[cut:]
            yield unicodedata.normalize("NFC", text[:cut]).encode()
        yield unicodedata.normalize("NFC", held + decoder.decode(b"", final=True)).encode()
    except UnicodeError:
        raise not_a_table(f"Tệp có ký tự không đúng bảng mã {encoding.upper()}.") from None


def _text(path: Path, export: Export, block_bytes: int) -> tuple[Layout, Generator[pl.DataFrame]]:
    with path.open("rb") as file:
        encodings = _encodings(file.read(1 << 20))
    for encoding in encodings:
        try:
            chunks = _utf8(path, encoding, block_bytes)
            head = b""
            while len(head) < HEAD_BYTES and (chunk := next(chunks, None)) is not None:
                head += chunk
        except FileRejected:
            if encoding == encodings[-1]:
                raise
            continue
        cr_only = b"\r" in head and b"\n" not in head
        if cr_only:
            head = head.replace(b"\r", b"\n")
            chunks = (chunk.replace(b"\r", b"\n") for chunk in chunks)
        final = len(head) < HEAD_BYTES
        for line_by_line in (False, True):  # a title with a stray quote must not swallow the header
            tops = {d: _first_rows(head, d, final, line_by_line=line_by_line) for d in DELIMITERS}
            layouts = {d: it for d, top in tops.items() if (it := _layout([cells for cells, _, _ in top], export))}
            if layouts:
                break
        if layouts:
            break
    else:
        if len(encodings) == 1:
            raise _no_header([cells for cells, _, _ in tops[b","]], export)
        font = _old_font(head.decode("latin-1")) or "không phải UTF-8, UTF-16 hay Windows-1258"
        raise not_a_table(f"Không nhận ra bảng mã chữ của tệp ({font}).")
    delimiter, layout = max(layouts.items(), key=lambda found: sum(name is not None for name in found[1].names))
    if encoding == "utf-8" and len(encodings) > 1:
        raise not_a_table("Tệp có ký tự không đúng bảng mã UTF-8.")
    _, end, line = tops[delimiter][layout.rows - 1]
    return layout, _csv(itertools.chain([head[end:]], chunks), delimiter, layout, line + 1)


def _first_rows(head: bytes, delimiter: bytes, final: bool, *, line_by_line: bool) -> list[tuple[list[str], int, int]]:
    """The first rows of a text: their cells, where each ends, and its last line."""
    rows, start, line = [], 0, 0
    text = Quoted(head, delimiter)
    while start < len(head) and len(rows) < HEADER_ROWS:
        stop = (head.find(b"\n", start) + 1 if line_by_line else 0) or len(head)
        try:
            row = _cells(text, start, stop, final or line_by_line)
        except TooWide:
            break
        if row is None:
            break
        cells, end = row
        line += max(1, head.count(b"\n", start, end))
        rows.append(([cell.decode("utf-8", "replace") for cell in cells], end, line))
        start = end
    return rows


def _csv(chunks: Iterable[bytes], delimiter: bytes, layout: Layout, line: int) -> Generator[pl.DataFrame]:
    """Blocks of rows from UTF-8 text; `line` is the number of its first line."""
    carry = b""
    most = BLOCK_CELLS // min(layout.width + 1, MAX_COLUMNS)
    for chunk in itertools.chain(_pieces(chunks, most), [None]):
        done = chunk is None
        text = carry + (chunk or b"")
        if done and text and not text.endswith(b"\n"):
            text += b"\n"
        try:
            rows, end = _mended(text, delimiter, layout.width, done)
        except TooWide as row:
            raise wide_row(line + text.count(b"\n", 0, row.start)) from None
        carry = text[end:]
        if len(carry) > MAX_ROW:
            raise long_row(line + text[:end].count(10))
        if len(rows.starts):
            try:
                yield _frame(rows, delimiter, layout, line)
            except UnicodeDecodeError as error:
                at = line + error.object.count(b"\n", 0, error.start)
                raise not_a_table(f"Khoảng dòng {at} có ký tự không đúng bảng mã UTF-8.") from None
        line += text.count(b"\n", 0, end)


def _pieces(chunks: Iterable[bytes], lines: int) -> Iterator[bytes]:
    """The same text in pieces of at most so many lines: of short rows a chunk has millions."""
    for chunk in chunks:
        if chunk.count(b"\n") <= lines or len(chunk) < 2:
            yield chunk
        else:
            half = len(chunk) // 2
            yield from _pieces([chunk[:half], chunk[half:]], lines)


@dataclass(frozen=True)
class Rows:
    """Text in which every quote is in order, and in which line, from 0, each of its rows began before that."""

    text: bytes
    starts: np.ndarray
    quoted: bool


def _mended(text: bytes, delimiter: bytes, width: int, final: bool) -> tuple[Rows, int]:
    """Cut text after its last whole row, and put quotes in order where a row has stray ones; also where that row ends.

    Lines whose quotes open and close in order, within the line, are taken as they are. The others are read one by one.
    """
    end = text.rfind(b"\n") + 1
    if b'"' not in text:
        return Rows(text[:end], np.arange(text.count(b"\n", 0, end)), False), end
    octets = np.frombuffer(text, np.uint8, end)
    breaks = np.flatnonzero(octets == 10)
    troubled = _troubled(octets, breaks, delimiter)
    if not len(troubled):
        return Rows(text[:end], np.arange(len(breaks)), True), end

    in_order = _rows_of_several_lines(octets, breaks, delimiter, width)
    if in_order is not None and len(in_order[0]):
        starts, end = in_order
        return Rows(text[:end], starts, True), end

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
) -> tuple[np.ndarray, int] | None:
    """The lines where rows begin, and where the last whole row ends, if all quotes of a block open and close in order.

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
    return starts, end


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
                row = _cells(self, start, stop, True)
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
    row = _cells(text, start, len(text.text), final)
    if row is None:
        return None
    cells, end = row
    first_end = text.text.find(b"\n", start, end - 1)
    if first_end < 0 or text.text.count(text.delimiter, start, first_end) + 1 < width:
        return row  # one line, or its first line is too short to be a row
    first = _cells(text, start, first_end + 1, True)
    if not first or len(first[0]) != width:
        return row
    return first if len(cells) != width or text.are_rows(start, end, width) else row


def _cells(quoted: Quoted, start: int, stop: int, final: bool) -> tuple[list[bytes], int] | None:
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


def _frame(rows: Rows, delimiter: bytes, layout: Layout, line: int) -> pl.DataFrame:
    """Raises: UnicodeDecodeError if the text is not UTF-8."""
    for columns in (layout.width, 2 * layout.width + 10):
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
            return frame.insert_column(0, pl.Series("line", rows.starts + line, pl.Int64))
    return _ragged(rows, delimiter, len(layout.names), line)


def _ragged(rows: Rows, delimiter: bytes, width: int, line: int) -> pl.DataFrame:
    """A block in which some rows have more cells than the header, or far more: those are put together behind it."""
    numbers = (rows.starts + line).tolist()
    made: list[list[object]] = []
    try:
        for cells in _each(rows, delimiter):
            known = [cell.decode() or None for cell in cells[:width]]
            beyond = _joined(cell.decode() for cell in cells[width:])
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
        row = _cells(text, start, len(rows.text), True)
        assert row
        cells, start = row
        yield cells


# --- workbooks and HTML tables ---------------------------------------------------------------------------------------


def _workbook(path: Path, export: Export, _block_bytes: int) -> tuple[Layout, Generator[pl.DataFrame]]:
    with ExitStack() as stack:
        found = []
        looked_at: list[list[str]] = []
        for sheet in stack.enter_context(workbooks.opened(path)):
            first = list(sheet.rows(HEADER_ROWS + 1))
            top = _as_lists(first)
            looked_at += top[: HEADER_ROWS * 20 - len(looked_at)]
            if layout := _layout(top, export):
                found.append((sheet, layout, first[-1][0] > layout.rows))
        if len(found) > 1:  # a sheet that has only the header is a form not filled in
            found = [one for one in found if one[2]] or found[:1]
        if not found:
            raise _no_header(looked_at, export)
        if len(found) > 1:
            names = _quoted(masking.told(sheet.name) for sheet, _, _ in found)
            raise FileRejected(
                "FIL-01",
                f"Tệp có nhiều trang tính cùng mẫu ({names}). Hãy gộp vào một trang, hoặc gửi mỗi trang một tệp.",
            )
        sheet, layout, _ = found[0]
        still_open = stack.pop_all()

    def data() -> Generator[workbooks.Row]:
        with still_open:
            yield from ((line, cells) for line, cells in sheet.rows(None) if line > layout.rows)

    return layout, _blocks(data(), layout)


def _as_lists(rows: Iterable[workbooks.Row]) -> list[list[str]]:
    """The first rows of a sheet, also those that are empty, with all cells, also those that are empty."""
    lists: list[list[str]] = [[] for _ in range(HEADER_ROWS)]
    last = 0
    for line, cells in rows:
        if line > HEADER_ROWS:
            break
        lists[line - 1] = [""] * (max((column for column, _ in cells), default=-1) + 1)
        for column, text in cells:
            lists[line - 1][column] = text
        last = line
    return lists[:last]


def _html(path: Path, export: Export, block_bytes: int) -> tuple[Layout, Generator[pl.DataFrame]]:
    with path.open("rb") as file:
        encoding = _encodings(file.read(1 << 20))[0]
    rows = html_tables.rows(_utf8(path, encoding, min(block_bytes, 1 << 20)))
    first = list(itertools.islice(rows, HEADER_ROWS))
    top = _as_lists((line, cells) for line, _, cells in first)
    layout = _layout(top, export)
    if not layout:
        raise _no_header(top, export)
    table = first[layout.rows - 1][1]
    below = itertools.chain(first[layout.rows :], rows)
    return layout, _blocks(((line, cells) for line, its_table, cells in below if its_table == table), layout)


def _blocks(rows: Generator[workbooks.Row], layout: Layout) -> Generator[pl.DataFrame]:
    """Raw blocks of rows whose cells are known already: a column for each of the header's, and one for all others."""
    named = [i for i, name in enumerate(layout.names) if name or any(row[i] for row in layout.header)]
    place = {column: at for at, column in enumerate(named, 1)}
    schema = {"line": pl.Int64, **{str(i): pl.String for i in (*named, len(layout.names))}}
    most = max(1, BLOCK_CELLS // 2 // len(schema))
    block: list[list[object]] = []
    size = 0
    with closing(rows):
        for line, cells in rows:
            row: list[object] = [line, *[None] * (len(schema) - 1)]
            beyond = []
            for column, text in cells:
                if at := place.get(column):
                    row[at] = text
                elif column < len(layout.names) + FAR:
                    beyond.append(text)
                else:
                    raise far_cell(line)
                size += len(text)
            row[-1] = _joined(beyond)
            block.append(row)
            if len(block) == most or size > MAX_ROW:
                yield pl.DataFrame(block, schema=schema, orient="row")
                block, size = [], 0
    if block:
        yield pl.DataFrame(block, schema=schema, orient="row")


def _joined(cells: Iterable[str]) -> str | None:
    """Cells beyond the header, in one text."""
    return " | ".join(cell for cell in cells if cell and not cell.isspace()) or None
