"""Text put in order before it is cut into rows: one kind of line break, no byte-order marks, joined files apart."""

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator

import numpy as np

from etl.reading.lines import Lines, lines_in

MARK = codecs.BOM_UTF8
MARK_TWICE_ENCODED = MARK.decode("latin-1").encode()  # shown as ï»¿
LONG_LINE = 1 << 20  # a longer one is passed on in pieces: whoever reads rows refuses it
SURE = 3  # delimiters of a first line that does not stand inside a line by chance, as a title may
OUTER_QUOTES = re.compile(rb'(?m)^"((?:[^"\n]|"")*)"(\r?)$')
LONE_RETURN = re.compile(rb"\r(?!\n)")


def in_order(chunks: Iterable[bytes], lines: Lines) -> Iterator[bytes]:
    """The same text in pieces that end with a line, wherever its lines are that long; its lines are counted.

    A lone CR breaks a line as LF and CRLF do: files of different systems were joined. CR CR LF is one break. Where
    another file was joined on without a line break before it, its first line, which is that of this file, tells so.
    """
    carry = first = b""
    is_start = is_line_start = True
    for chunk in itertools.chain(chunks, [None]):
        text = carry + (chunk or b"")
        if chunk is not None:
            cut = text.rfind(b"\n") + 1 or (len(text) - 2 if len(text) > LONG_LINE else 0)
            text, carry = text[:cut], text[cut:]
        if not text:
            continue
        if b"\r" in text and _has_lone_returns(text):
            text = LONE_RETURN.sub(b"\n", text.replace(b"\r\r\n", b"\r\n"))
        if is_start:
            text = _without(text, MARK_TWICE_ENCODED)
        if is_line_start:
            text = _without(text, MARK)
        while MARK[:1] in text and b"\n" + MARK in text:
            text = text.replace(b"\n" + MARK, b"\n")
        is_start = False
        first = first or _first_line(text)
        if first.count(b",") + first.count(b";") + first.count(b"\t") >= SURE and text.find(first, 1) > 0:
            text = re.sub(rb"(?<=[^\n])(?:%b)*(%b)" % (MARK, re.escape(first)), rb"\n\1", text)
        elif first and MARK[:1] in text:
            text = text.replace(MARK + first, b"\n" + first)
        is_line_start = text.endswith(b"\n")
        lines.given += lines_in(text)
        yield text
    lines.given += not is_line_start


def without_outer_quotes(text: bytes) -> bytes:
    """Whole lines, those that are a single quoted cell without its quotes: a tool has quoted each line once more."""
    return OUTER_QUOTES.sub(lambda line: line[1].replace(b'""', b'"') + line[2], text)


def _has_lone_returns(text: bytes) -> bool:
    octets = np.frombuffer(text, np.uint8)
    returns = np.flatnonzero(octets == 13)
    return text.endswith(b"\r") or bool((octets[np.minimum(returns + 1, len(text) - 1)] != 10).any())


def _without(text: bytes, mark: bytes) -> bytes:
    while text.startswith(mark):
        text = text[len(mark) :]
    return text


def _first_line(text: bytes) -> bytes:
    """The first line that says something, and more than to Excel what the delimiter is."""
    lines = (line.strip() for line in text[:LONG_LINE].split(b"\n", 9))
    return next((line for line in lines if line and not line.lower().startswith(b"sep=")), b"")
