"""Text files: which encoding, which delimiter, and rows in blocks of bounded size."""

import codecs
import itertools
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from etl.catalogue import Export, Layout
from etl.errors import FileRejected
from etl.reading.bounds import BLOCK_CELLS, MAX_ROW, long_row, not_a_table, wide_row
from etl.reading.header import HEADER_ROWS, MAX_COLUMNS, Placement, find_header, no_header, old_font
from etl.reading.line_breaks import in_order, without_outer_quotes
from etl.reading.lines import Lines, lines_in
from etl.reading.quotes import Quoted, TooWide, as_frame, cells_of_row, mend
from etl.reading.widths import Expected, Widths, of_rows, told

HEAD_BYTES = 256 << 10
DELIMITERS = (b",", b";", b"\t")


def possible_encodings(head: bytes) -> list[str]:
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


def as_utf8(path: Path, encoding: str, block_bytes: int) -> Iterator[bytes]:
    """The file in UTF-8, without byte-order mark and NUL (PostgreSQL has none)."""
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


def open_text(
    path: Path, export: Export, layouts: Sequence[Layout], block_bytes: int, lines: Lines
) -> tuple[Placement, Generator[pl.DataFrame]]:
    with path.open("rb") as file:
        encodings = possible_encodings(file.read(1 << 20))
    for encoding in encodings:
        try:
            lines.given = 0
            chunks = in_order(as_utf8(path, encoding, block_bytes), lines)
            head = b""
            while len(head) < HEAD_BYTES and (chunk := next(chunks, None)) is not None:
                head += chunk
        except FileRejected:
            if encoding == encodings[-1]:
                raise
            continue
        final = len(head) < HEAD_BYTES
        # a title with a stray quote must not swallow the header; each line may be quoted once more
        for line_by_line, is_quoted in ((False, False), (True, False), (False, True)):
            said = without_outer_quotes(head) if is_quoted else head
            tops = {d: first_rows_of_text(said, d, final, line_by_line=line_by_line) for d in DELIMITERS}
            placements = {
                d: it for d, top in tops.items() if (it := find_header([cells for cells, _, _ in top], export, layouts))
            }
            if placements:
                break
        if placements:
            break
    else:
        if len(encodings) == 1:
            raise no_header([cells for cells, _, _ in tops[b","]], export)
        font = old_font(head.decode("latin-1")) or "không phải UTF-8, UTF-16 hay Windows-1258"
        raise not_a_table(f"Không nhận ra bảng mã chữ của tệp ({font}).")
    delimiter, placement = max(placements.items(), key=lambda found: sum(name is not None for name in found[1].names))
    if encoding == "utf-8" and len(encodings) > 1:
        raise not_a_table("Tệp có ký tự không đúng bảng mã UTF-8.")
    top = tops[delimiter]
    _, end, line = top[placement.rows - 1]
    above = placement.rows - len(placement.header)
    lines.has_above([cells for cells, _, _ in top[:above]])
    lines.count("title", top[above - 1][2] if above else 0)
    lines.count("header", line - lines.kinds["title"])
    if is_quoted:
        head, chunks = said, map(without_outer_quotes, chunks)
    blocks = _csv(itertools.chain([head[end:]], chunks), delimiter, placement, line + 1, lines)
    return placement, told(blocks, _expected([cells for cells, _, _ in top], placement))


def _expected(top: list[list[str]], placement: Placement) -> Expected:
    """How many cells the rows may have, by the header and the first rows below it."""
    least = len(placement.names)
    below = [cells for cells in top[placement.rows :] if any(cells)]
    short = sum(len(cells) < least for cells in below)
    lengths = {len(cells) for cells in below}
    return Expected(
        least=least,
        most=placement.width,
        header_row=placement.rows - 1,
        trims=len(lengths) > 1 and short >= len(below) / 2 and all(cells[-1] for cells in below),
    )


def first_rows_of_text(
    head: bytes, delimiter: bytes, final: bool, *, line_by_line: bool, most: int = HEADER_ROWS
) -> list[tuple[list[str], int, int]]:
    """The first rows of a text: their cells, where each ends, and its last line."""
    rows: list[tuple[list[str], int, int]] = []
    start = line = 0
    text = Quoted(head, delimiter)
    while start < len(head) and len(rows) < most:
        stop = (head.find(b"\n", start) + 1 if line_by_line else 0) or len(head)
        try:
            row = cells_of_row(text, start, stop, final or line_by_line)
        except TooWide:
            break
        if row is None:
            break
        cells, end = row
        line += max(1, head.count(b"\n", start, end))
        rows.append(([cell.decode("utf-8", "replace") for cell in cells], end, line))
        start = end
    return rows


def _csv(
    chunks: Iterable[bytes], delimiter: bytes, placement: Placement, line: int, lines: Lines
) -> Generator[tuple[pl.DataFrame, Widths | None, bool]]:
    """Blocks of rows from UTF-8 text, as `told` takes them; `line` is the number of its first line."""
    carry = b""
    most = BLOCK_CELLS // min(placement.width + 1, MAX_COLUMNS)
    for chunk in itertools.chain(_pieces(chunks, most), [None]):
        done = chunk is None
        text = carry + (chunk or b"")
        is_cut = done and text != b"" and not text.endswith(b"\n")
        if is_cut:
            text += b"\n"
        try:
            rows, end = mend(text, delimiter, placement.width, done)
        except TooWide as row:
            raise wide_row(line + text.count(b"\n", 0, row.start)) from None
        carry, ended = text[end:], lines_in(text[:end])
        if len(carry) > MAX_ROW:
            raise long_row(line + text[:end].count(10))
        if len(rows.starts):
            try:
                frame, none_is_wider = as_frame(rows, delimiter, placement, line)
            except UnicodeDecodeError as error:
                at = line + error.object.count(b"\n", 0, error.start)
                raise not_a_table(f"Khoảng dòng {at} có ký tự không đúng bảng mã UTF-8.") from None
            lines.count("continued", ended - frame.height)
            yield frame, of_rows(rows, delimiter, placement.width, none_is_wider=none_is_wider), is_cut
        line += ended


def _pieces(chunks: Iterable[bytes], lines: int) -> Iterator[bytes]:
    """The same text in pieces of at most so many lines: of short rows a chunk has millions."""
    for chunk in chunks:
        if lines_in(chunk) <= lines or len(chunk) < 2:
            yield chunk
        else:
            half = len(chunk) // 2
            yield from _pieces([chunk[:half], chunk[half:]], lines)
