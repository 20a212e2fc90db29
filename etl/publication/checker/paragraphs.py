"""Lines put together to paragraphs: of prose, and of an appendix by the code of its row."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from etl.publication.checker.document import MAX_LINE, Line

# What begins a paragraph: a dash, a heading, a point of a list.
BEGINS = re.compile(
    r"(?:[-+*•–]\s?(?=\D)|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s(?=[^\W\d])|[IVX]{1,5}\.\s|[a-zđ]\)\s|\(\d{1,2}\)\s)"
)
_ALONE = re.compile(r"\d{1,3}")  # the number of a page or of a footnote
_ENDED = re.compile(r"[.!?;:…/]$")


@dataclass(frozen=True)
class Paragraph:
    """Text on one line, and where its pieces stand in the report."""

    text: str
    offsets: tuple[int, ...]
    places: tuple[str, ...]

    def place(self, offset: int) -> str:
        """Where a letter of it stands.

        >>> Paragraph("one two", (0, 4), ("dòng 1", "dòng 2")).place(5)
        'dòng 2'
        """
        return self.places[bisect_right(self.offsets, offset) - 1]


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """The paragraphs of prose; rows of tables are not among them."""
    made: list[Paragraph] = []
    held: list[Line] = []
    length = 0
    double = _is_double_spaced(lines)
    for line in lines:
        ends = not line.text and (not double or (held and _ENDED.search(held[-1].text)))
        if line.is_row or line.is_paragraph or ends or _begins(line.text) or length + len(line.text) > MAX_LINE:
            made += _joined(held)
            held, length = [], 0
        if line.text and not line.is_row and not _ALONE.fullmatch(line.text):
            held.append(line)
            length += len(line.text) + 1
    return made + _joined(held)


def _begins(text: str) -> bool:
    found = BEGINS.match(text)
    return found is not None and (not text[:1].isdigit() or text[found.end() : found.end() + 1].isupper())


def _is_double_spaced(lines: Sequence[Line]) -> bool:
    """Whether every line is followed by an empty one: then these part no paragraphs."""
    filled = sum(bool(line.text) for line in lines)
    followed = sum(bool(a.text) and not b.text for a, b in pairwise(lines))
    return followed > 0.4 * filled


def _joined(lines: Iterable[Line]) -> list[Paragraph]:
    text, offsets, places = "", [], []
    for line in lines:
        if text:
            text += " "
        offsets.append(len(text))
        places.append(line.place)
        text += line.text
    return [Paragraph(text, tuple(offsets), tuple(places))] if text else []
