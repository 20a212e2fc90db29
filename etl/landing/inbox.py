"""The inbox: which files lie below it, and what the place of each says about it. Nothing is opened here.

Only regular files are deliveries. A link could name any file that the loader may read, and a FIFO would never end.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from etl import catalogue, masking
from etl.errors import UsageError
from etl.periods import LOCAL
from etl.spelling import clean

UNFINISHED = (".tmp", ".part", ".partial")
DONE = ".done"  # <file>.done says that <file> is whole, where an office's transfer writes such markers
FIX_LISTS = "fix_lists"  # a folder of the inbox: filled lists of failing rows come back there, no deliveries
LEFT_BY_PROGRAMS = re.compile(r"[.~]|(thumbs\.db|desktop\.ini)$")  # lock files, and what Windows leaves in a folder
LAYOUT = "<nguồn>/<loại dữ liệu>/<ngày giao: YYYY-MM-DD>/<nơi gửi>.csv|xlsx|xls"
# What stands behind the name of a file whose name is taken: a browser's "duc-co (1)", what Windows and macOS write for
# a copy, in English and in Vietnamese. What an office might write itself (duc-co_2, duc-co 2) is another name.
COPY = re.compile(
    r"(?P<stem>.+?)(?: ?\((?P<n>\d{1,3})\)|(?: -)? (?:copy|sao chép|bản sao)(?: \(?(?P<of>\d{1,3})\)?)?)", re.I
)
COPY_OF = re.compile(r"(?:copy of|bản sao của|sao chép của) ", re.I)
ENDINGS = re.compile(r"(?:\.(?:csv|txt|tsv|xlsx?|xlsm|xlsb|ods|html?|mht|mhtml|xml))+$", re.I)
FIRST_DAY = date(2000, 1, 1)  # before it no office had such a system: the year of the folder is a slip


@dataclass(frozen=True)
class Look:
    """What one look at a file told: a file that is still being written looks different a moment later."""

    size: int
    modified_ns: int
    changed_ns: int  # moves also when a file is replaced by one of equal size and time; 0 where there is none


@dataclass(frozen=True)
class Delivery:
    """What the place of a file says about it: inbox/<source>/<export>/<delivery day>/<sender>[.<part>].<ending>."""

    path: str
    place: str  # the path as it is kept and told: masked where a folder or the file is called after somebody
    source: str
    export: str
    sender: str
    delivered_on: date | None
    part: int | None = None  # of a delivery in parts: 1 of duc-co.1.csv
    copy: int = 0  # how often the file's name was taken: 1 of "duc-co (1).csv"
    problem: str = ""

    @property
    def part_name(self) -> str:
        """What the part is known by, whatever its file is called."""
        ending = PurePosixPath(re.sub(r"\.\d{1,3}$", "", self.path)).suffix.lower()
        return self.sender + (f".{self.part}" if self.part is not None else "") + ending


@dataclass(frozen=True)
class PassedOver:
    """Something in the inbox that was not taken, and why."""

    path: str
    reason: str


class Unreadable(Exception):
    """A file that cannot be read at this moment; the message says why."""


class Inbox:
    """A folder tree of deliveries: local, or at any URL that fsspec knows.

    Raises: UsageError if there is no such folder, or nothing installed that can read the URL.
    """

    def __init__(self, url: str) -> None:
        if not url.strip():
            raise UsageError("no inbox was named. Name the folder that holds <source>/<export>/<day>/<sender>.csv.")
        scheme = url.partition("://")[0]
        try:
            self.files, self.root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:  # the library of this scheme is not installed, or there is none
            raise UsageError(f"{scheme}:// cannot be read here ({error}). Install that, or name a folder.") from None
        self.is_local = isinstance(self.files, LocalFileSystem)
        try:
            is_there = self.files.isdir(self.root)
        except Exception as error:  # each remote file system has errors of its own
            raise UsageError(f"{url}: no answer ({type(error).__name__}). Check the address and try again.") from None
        if not is_there:
            raise UsageError(
                f"{url}: there is no such folder. Name the inbox that holds <source>/<export>/<day>/<sender>.csv."
            )

    def walk(self, folder: str | None = None) -> Iterator[tuple[str, Look] | PassedOver]:
        """Every regular file below the inbox, by path, and whatever else lies there and is passed over."""
        folder = folder or self.root
        if self.is_local:
            yield from _walk(folder)
            return
        for path, info in sorted(self.files.find(folder, detail=True).items()):
            yield path, _look(info)

    def fix_lists(self) -> Iterator[tuple[str, Look] | PassedOver]:
        """The files in the folder of lists that came back, as `walk` gives them, without what programs leave there."""
        folder = f"{self.root.rstrip('/')}/{FIX_LISTS}"
        if not self.files.isdir(folder) or (self.is_local and os.path.islink(folder)):
            return
        for found in self.walk(folder):
            if isinstance(found, PassedOver) or not _is_unfinished(PurePosixPath(found[0])):
                yield found

    def look(self, path: str) -> Look:
        """Look at one file again. Raises: Unreadable if it is gone."""
        try:
            return _local_look(os.lstat(path)) if self.is_local else _look(self.files.info(path))
        except OSError as error:
            raise Unreadable(error.strerror or type(error).__name__) from None

    def open(self, path: str) -> IO[bytes]:
        """Open a file to read its bytes. Raises: Unreadable."""
        try:
            if not self.is_local:
                return self.files.open(path, "rb")
            # what was a file when it was listed may be a link or a FIFO by now
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                os.close(opened)
                raise Unreadable("not a regular file")
            return os.fdopen(opened, "rb")
        except OSError as error:
            raise Unreadable(error.strerror or type(error).__name__) from None

    def is_marked_done(self, path: str) -> bool:
        return bool(self.files.exists(path + DONE))

    def delivery(self, path: str, *, today: date) -> Delivery | None:
        """What the place of a file says; None if it is no delivery: not finished, left by a program, or a fix list."""
        inside = self._inside(path)
        if _is_unfinished(inside) or inside.parts[0] == FIX_LISTS:
            return None
        return _delivery(path, self.told(path), inside, today)

    def told(self, path: str) -> str:
        """A path as it may be kept and told: what stands below the inbox is masked where it names somebody."""
        inside = self._inside(path)
        return path.removesuffix(str(inside)) + "/".join(map(masking.told, inside.parts)) if inside.parts else path

    def _inside(self, path: str) -> PurePosixPath:
        return PurePosixPath(path).relative_to(PurePosixPath(self.root))


def _is_unfinished(path: PurePosixPath) -> bool:
    """Whether somebody still writes it, or a program has left it for itself."""
    return bool(LEFT_BY_PROGRAMS.match(path.name.lower())) or path.suffix.lower() in (*UNFINISHED, DONE)


def _walk(folder: str) -> Iterator[tuple[str, Look] | PassedOver]:
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        yield PassedOver(folder, f"the folder cannot be read ({error.strerror}). Let this user read it")
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield entry.path, _local_look(entry.stat(follow_symlinks=False))
            else:
                kind = "a link" if entry.is_symlink() else "a FIFO, a socket or a device"
                yield PassedOver(entry.path, f"{kind}, not a file. Put the file itself there")
        except OSError as error:  # gone since the folder was listed
            yield PassedOver(entry.path, error.strerror or type(error).__name__)


def _local_look(seen: os.stat_result) -> Look:
    return Look(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def _look(info: dict[str, Any]) -> Look:
    changed = info.get("mtime") or info.get("LastModified") or info.get("last_modified") or 0
    changed = changed.timestamp() if isinstance(changed, datetime) else changed
    return Look(int(info["size"] or 0), int(float(changed) * 1_000_000_000), 0)


def _delivery(path: str, place: str, inside: PurePosixPath, today: date) -> Delivery:
    parts = tuple(map(masking.told, inside.parts))
    source = parts[0] if len(parts) > 1 else ""
    export_name = "/".join(parts[:2]) if len(parts) > 2 else ""
    sender, part, copy = _named(inside.name)
    problem, day = "", None
    if not masking.is_plain(clean(inside.stem)):
        sender = masking.told(inside.stem)
        problem = (
            "Tên tệp chỉ gồm chữ, số, dấu chấm, gạch ngang, gạch dưới, ngoặc và dấu cách, tối đa"
            f" {masking.LONGEST_NAME} ký tự, không có tên người, số giấy tờ hay số điện thoại."
            " Đặt lại tên tệp theo nơi gửi rồi gửi lại."
        )
    if len(parts) != 4:
        problem = f"Tệp không nằm đúng chỗ. Đặt lại theo cấu trúc {LAYOUT}."
    else:
        try:
            day = date.fromisoformat(parts[2])
        except ValueError:
            problem = f"Thư mục {parts[2]!r} không phải là ngày giao (YYYY-MM-DD). Đặt lại theo cấu trúc {LAYOUT}."
        if day and not FIRST_DAY <= day <= today + timedelta(days=1):
            wrong = "ở tương lai" if day > today else "quá xa trong quá khứ"
            problem = f"Ngày giao {parts[2]} {wrong}. Đặt lại tệp vào thư mục của ngày giao đúng."
            day = None  # it is nobody's order: such a file comes neither before nor after another
        if export_name not in catalogue.exports():
            known = ", ".join(catalogue.exports())
            problem = f"Không có loại dữ liệu {export_name!r}. Các loại đã khai báo: {known}."
    return Delivery(path, place, source, export_name, sender, day, part, copy, problem)


def _named(name: str) -> tuple[str, int | None, int]:
    """The sender that the name of a file says, which part of its delivery it is, and which copy of that part.

    A sender's delivery may come in parts: duc-co.1.csv and duc-co.2.csv are both from duc-co.

    >>> _named("duc-co.csv"), _named("duc-co.2 (1).csv"), _named("Bản sao của duc-co.xlsx"), _named("duc-co.csv.1")
    (('duc-co', None, 0), ('duc-co', 2, 1), ('duc-co', None, 1), ('duc-co', None, 1))
    """
    stem, copy = clean(name), 0
    if loaded_again := re.fullmatch(r"(.+\.[a-z]{3,5})\.(\d{1,3})", stem):  # as wget names a second download
        stem, copy = loaded_again[1], int(loaded_again[2])
    stem = ENDINGS.sub("", PurePosixPath(stem).stem)
    if found := COPY_OF.match(stem):
        stem, copy = stem[found.end() :], copy + 1
    while found := COPY.fullmatch(stem):
        stem, copy = found["stem"], copy + int(found["n"] or found["of"] or 1)
    found = re.fullmatch(r"(.+)\.(\d+)", stem)
    return (found[1].strip(), int(found[2]), copy) if found else (stem.strip(), None, copy)


def today() -> date:
    """The day it is in Việt Nam."""
    return datetime.now(LOCAL).date()
