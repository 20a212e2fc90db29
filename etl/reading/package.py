"""The parts of an .xlsx: a zip of XML files that say of each other where they are."""

import posixpath
import re
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from etl.reading.bounds import MAX_ROW, not_a_table, too_large
from etl.reading.sheets import BROKEN, MAX_AREAS, TOO_LARGE, column_number

XML_BYTES = 3 << 30  # of all parts, unpacked
INFLATED = (16 << 20, 100)  # a part of more bytes than this is not packed to less than a hundredth, unless it is a trap
NAMES = 10_000  # different names of elements and attributes
CHUNK = 256 << 10
MERGED = re.compile(rb"""mergeCell\s[^>]*?ref\s*=\s*["']\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)["']""")
MAIN = re.compile(rb"<(\w+:)?workbook\b")


@dataclass(frozen=True)
class Relation:
    """What a part says of another one."""

    key: str
    kind: str  # worksheet, sharedStrings, styles, officeDocument
    part: str


@contextmanager
def told_as_broken() -> Iterator[None]:
    """What zipfile and expat raise for a damaged workbook becomes the sentence that says so."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, OSError, EOFError, NotImplementedError):
        raise not_a_table(BROKEN) from None
    except (RuntimeError, LookupError, ValueError, OverflowError):  # a password; a cell that refers to nothing
        raise not_a_table(BROKEN) from None


def local(name: str) -> str:
    """The name of an element or attribute without its prefix.

    >>> local("x:row"), local("row")
    ('row', 'row')
    """
    return name.rpartition(":")[2]


def part_name(name: str) -> str:
    r"""One spelling of the path of a part: some programs begin it with a slash, or write it with backslashes.

    >>> part_name(r"\xl\Workbook.xml"), part_name("xl/./worksheets/../styles.xml")
    ('xl/workbook.xml', 'xl/styles.xml')
    """
    return posixpath.normpath("/" + name.replace("\\", "/").lower()).lstrip("/")


class Package:
    """The parts of a zip by their path; they are parsed as they are unpacked."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = {part_name(name): name for name in archive.namelist()}
        self._fed = 0

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def main(self) -> str | None:
        """The part that lists the sheets, wherever the package says it is; None if this is no .xlsx."""
        with told_as_broken():
            named = [r.part for r in self.relations("") if r.kind == "officeDocument"]
            for part in [*named, "xl/workbook.xml"]:
                if part in self:
                    with self._archive.open(self._parts[part]) as file:
                        if MAIN.search(file.read(CHUNK).replace(b"\0", b"")):
                            return part
        return None

    def relations(self, part: str) -> list[Relation]:
        """The other parts that one refers to; of "": those that the package does."""
        folder, _, name = part.rpartition("/")
        found: list[Relation] = []

        def start(element: str, given: dict[str, str]) -> None:
            if local(element) == "Relationship" and given.get("TargetMode") != "External":
                target = given.get("Target", "").replace("\\", "/")
                whole = target if target.startswith("/") else f"{folder}/{target}"
                found.append(Relation(given.get("Id", ""), given.get("Type", "").rpartition("/")[2], part_name(whole)))

        said = part_name(f"{folder}/_rels/{name}.rels")
        if said in self:
            deque(self.parsed(said, start), 0)
        return found

    def parsed(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Parse a part, as far as the iterator is asked: a chunk at a time."""
        with closing(self.chunks(part)) as chunks:
            yield from parsed(chunks, start, end, text)

    def merged(self, part: str) -> "array[int]":
        """The areas of merged cells of a sheet, which stand behind its rows: first row, column, last row, column."""
        areas, rest = array("i"), b""
        with told_as_broken():
            for chunk in self.chunks(part):
                said = rest + chunk
                rest = said[-200:]
                if b"mergeCell" not in said and b"\0" not in chunk:
                    continue
                said = said.replace(b"\0", b"")  # of UTF-16
                end = 0
                for found in MERGED.finditer(said):
                    end = found.end()
                    left, top, right, bottom = found.groups()
                    areas.extend((int(top), column_number(left.decode()), int(bottom), column_number(right.decode())))
                if end:
                    rest = said[max(end, len(said) - 200) :]
                if len(areas) > 4 * MAX_AREAS:
                    raise too_large(TOO_LARGE)
        return areas

    def chunks(self, part: str) -> Generator[bytes]:
        packed = self._archive.getinfo(self._parts[part])
        if packed.file_size > INFLATED[0] and packed.file_size > INFLATED[1] * packed.compress_size:
            raise too_large(TOO_LARGE)
        with self._archive.open(self._parts[part]) as file:
            while chunk := file.read(CHUNK):
                self._fed += len(chunk)
                if self._fed > XML_BYTES:
                    raise too_large(TOO_LARGE)
                yield chunk


def parsed(
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse a document, as far as the iterator is asked: a chunk at a time."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    fed = 0
    for chunk in chunks:
        parser.Parse(chunk, False)
        fed += len(chunk)
        # expat keeps what it has not told yet, a comment or an attribute without end, and every name
        if fed - parser.CurrentByteIndex > MAX_ROW or len(parser.intern) > NAMES:
            raise too_large(TOO_LARGE)
        yield
    parser.Parse(b"", True)
    yield


def _no_doctype(*_: object) -> None:
    raise not_a_table(BROKEN)  # a workbook has none: it would be there for its entities


def is_xlsx(path: Path) -> bool:
    """Whether a zip is a workbook whose parts are XML."""
    with zipfile.ZipFile(path) as archive:
        return Package(archive).main() is not None
