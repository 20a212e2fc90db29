"""A written report as lines with their places: text in any encoding, .docx, .pdf. The bytes decide, not the name."""

import re
from dataclasses import dataclass
from pathlib import Path

from etl.errors import FileRejected, UsageError
from etl.reading.header import old_font
from etl.reading.text import as_utf8, possible_encodings
from etl.spelling import TWICE_ENCODED, clean

MAX_BYTES = 64 << 20
MAX_LINE = 20_000  # a paragraph of a report is shorter; what is longer is read in pieces
NOT_READ = "Hãy lưu lại báo cáo dưới dạng .docx, .pdf có chữ (không phải ảnh quét) hoặc .txt (UTF-8) rồi thử lại."


@dataclass(frozen=True)
class Line:
    """A line of text, a paragraph of a document or a row of a table."""

    place: str  # Vietnamese: dòng 12; trang 3; đoạn 40; bảng 1, hàng 5
    text: str  # composed letters, single blanks; cells of a table parted by |
    is_paragraph: bool = False  # nothing of it stands on the next line
    is_row: bool = False


def read(path: Path) -> list[Line]:
    """The lines of a report; empty ones too, for they part paragraphs.

    Raises: UsageError (a sentence) if the file is none, or holds no text that can be read.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file. Name a report as .txt, .docx or .pdf.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UsageError(f"{path}: tệp lớn hơn {MAX_BYTES >> 20} MB, không phải một báo cáo. {NOT_READ}")
    with path.open("rb") as file:
        head = file.read(1024)
    if head.startswith(b"%PDF-") or b"%PDF-" in head:
        from etl.publication.checker.pdf_file import pages

        lines = [
            Line(f"trang {number}, dòng {line}", text)
            for number, page in enumerate(pages(path), start=1)
            for line, text in _numbered(page)
        ]
        if not any(line.text for line in lines):
            raise UsageError(f"{path}: tệp PDF không có chữ (có thể là ảnh quét). {NOT_READ}")
        return lines
    if head.startswith(b"PK"):
        from etl.publication.checker.docx_file import blocks

        return [
            Line(place, piece, is_paragraph=not is_row, is_row=is_row)
            for place, text, is_row in blocks(path)
            for piece in _lines(text)
        ]
    if head.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        raise UsageError(f"{path}: tệp .doc hoặc .rtf không đọc được. {NOT_READ}")
    return [Line(f"dòng {number}", text) for number, text in _numbered(_text(path))]


def _text(path: Path) -> str:
    try:
        encodings = possible_encodings(path.read_bytes()[: 1 << 20])
        for encoding in encodings:
            try:
                content = b"".join(as_utf8(path, encoding, 1 << 20))
            except FileRejected:
                continue
            text = content.decode("utf-8", "replace")  # a damaged letter costs its own word only
            if encoding == "cp1258" and len(re.findall(TWICE_ENCODED, text[: 1 << 20])) > 3:
                continue  # UTF-8 with such a letter
            # an old font is readable as Windows-1258, and says nothing
            if encoding == "cp1258" and old_font(text[: 1 << 16]):
                continue
            if _is_written(text[: 1 << 16]):
                return text
    except FileRejected:
        pass
    raise UsageError(f"{path}: không nhận ra chữ trong tệp (không phải UTF-8, UTF-16 hay Windows-1258). {NOT_READ}")


def _is_written(text: str) -> bool:
    """Letters of Việt Nam, digits and signs, but for a few: other bytes can be read as UTF-16, too."""
    known = len(re.findall(r"[\s\x20-\x7e\u00a0-\u024f\u0300-\u036f\u1e00-\u1eff\u2000-\u27bf\ue000-\uf8ff]", text))
    return known >= 0.9 * len(text)


def _numbered(text: str) -> list[tuple[int, str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").split("\n")
    return [(number, piece) for number, line in enumerate(lines, start=1) for piece in _lines(line)]


def _lines(text: str) -> list[str]:
    """Clean lines, none longer than MAX_LINE: cut between words."""
    made = []
    for line in text.split("\n"):
        while len(line) > MAX_LINE:
            at = line.rfind(" ", MAX_LINE // 2, MAX_LINE)
            at = at if at > 0 else MAX_LINE
            made.append(clean(line[:at]))
            line = line[at:]
        made.append(clean(line))
    return made
