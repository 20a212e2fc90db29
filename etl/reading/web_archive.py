"""A web page in one file (MHTML, "single file web page"): the HTML of its parts, piece by piece."""

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Callable, Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO

from etl.errors import FileRejected
from etl.reading.bounds import not_a_table

IS_ONE = re.compile(rb"(?im)^content-type:\s*multipart/")
HEADER_BYTES = 64 << 10  # of the file, and of a part
LINE_BYTES = 64 << 10


def html(path: Path, block_bytes: int) -> Iterator[bytes]:
    """The HTML of all parts that are HTML, in UTF-8. Raises: FileRejected FIL-01 if a part cannot be read."""
    with path.open("rb") as file:
        mark = b"--" + (_headers(file).get_boundary() or "").encode("ascii", "replace")
        decode: Callable[[bytes, bool], bytes] | None = None
        held: list[bytes] = []
        for line in iter(lambda: file.readline(LINE_BYTES), b""):
            if line.rstrip() in (mark, mark + b"--"):
                if decode:
                    yield decode(b"".join(held), True)
                held = []
                part = _headers(file)
                decode = _decoder(part) if part.get_content_type() == "text/html" else None
            elif decode:
                held.append(line)
                if len(held) * LINE_BYTES > block_bytes and sum(map(len, held)) > block_bytes:
                    yield decode(b"".join(held), False)
                    held = []
        if decode:
            yield decode(b"".join(held), True)


def _headers(file: IO[bytes]) -> Message:
    """What stands above the next empty line."""
    said = b""
    for line in iter(lambda: file.readline(LINE_BYTES), b""):
        said += line
        if not line.strip():
            break
        if len(said) > HEADER_BYTES:
            raise _unreadable()
    return BytesHeaderParser().parsebytes(said)


def _decoder(part: Message) -> Callable[[bytes, bool], bytes]:
    """What gives the text of a part in UTF-8, piece by piece; the last of them is said to be the last."""
    written = str(part.get("content-transfer-encoding", "")).strip().lower()
    rest = b""
    try:
        text = codecs.getincrementaldecoder(part.get_content_charset() or "utf-8")()
    except LookupError:
        raise _unreadable() from None

    def decode(said: bytes, is_last: bool) -> bytes:
        nonlocal rest
        try:
            if written == "quoted-printable":
                said = quopri.decodestring(said)
            elif written == "base64":
                said = rest + b"".join(said.split())
                whole = len(said) if is_last else len(said) // 4 * 4
                said, rest = base64.b64decode(said[:whole]), said[whole:]
            return text.decode(said, is_last).encode()
        except (UnicodeError, binascii.Error):
            raise _unreadable() from None

    return decode


def _unreadable() -> FileRejected:
    return not_a_table("Tệp là trang web lưu thành một tệp (MHTML) và không giải mã được.")
