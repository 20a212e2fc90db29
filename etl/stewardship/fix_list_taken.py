"""What a fix list says that was filled in and came back: each cell becomes a decision, or is refused with its reason.

A line is known by its token and a column by its header: lines may be sorted or gone, and columns and sheets added. The
answers that can be taken are one batch; that others are refused does not stop them.
"""

import json
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue import words
from etl.catalogue.project_files import statement
from etl.errors import FileRejected, UsageError
from etl.landing import arrivals
from etl.landing.inbox import Inbox, PassedOver, Unreadable, today
from etl.loading.decided import cell_hashes
from etl.periods import LOCAL
from etl.reading import read, workbook
from etl.reading.sheets import REAL_DAY, Sheet
from etl.reading.values import READERS
from etl.settings import Settings
from etl.spelling import clean, fold
from etl.stewardship import decisions, fix_list_cells
from etl.stewardship.fix_list_cells import EMPTY, LINES, REASON, TOKEN, VALUE, Cell
from etl.warehouse import database, locks

log = logging.getLogger("cchc")

BYTES = 32 << 20  # of a workbook: one of 20,000 lines has some 4 MB
HEADER_LINES = 50  # in which a header is looked for
LONGEST = 2_000  # characters of an answer
TRIES = 5  # to decide, while others decide about the same cells
INBOX = "thư mục nhận"  # who says what a workbook says that lay in the inbox
NOT_ONE = (
    f"Đây không phải danh sách sửa của kho: không trang nào có các cột «{TOKEN}», «{VALUE}», «{REASON}»."
    " Lấy lại danh sách, điền vào tệp ấy rồi gửi lại."
)


@dataclass(frozen=True)
class Refused:
    """A line of a workbook that was not taken: where it stands in the workbook, and why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Receipt:
    """What became of a workbook that came back. Counted are cells."""

    name: str
    by: str
    at: datetime
    batch_id: int | None = None  # None: nothing could be taken
    corrected: int = 0
    confirmed: int = 0
    waiting: int = 0  # waivers that a second person has to approve
    known: int = 0  # that had been decided so before
    refused: tuple[Refused, ...] = ()
    message: str = ""  # why the whole workbook was refused
    still_held: int = 0  # rows that stay in quarantine all the same
    is_repeated: bool = False  # the same bytes came before: this is what was said then

    @property
    def text(self) -> str:
        """Vietnamese, one sentence or two: «17 sửa, 2 từ chối: dòng 14, 31.»"""
        counts = (
            (self.corrected, "sửa"),
            (self.confirmed, "xác nhận đúng"),
            (self.waiting, "đề nghị miễn, chờ người thứ hai duyệt"),
            (self.known, "đã quyết định như vậy từ trước"),
            (len(self.refused), "từ chối"),
        )
        said = ", ".join(f"{count} {what}" for count, what in counts if count)
        if self.refused:
            said += f": {'dòng ' if self.refused[0].place.isdecimal() else ''}" + ", ".join(
                one.place for one in self.refused
            )
        told = self.message or (f"{said}." if said else "Không có ô nào được điền: không có gì thay đổi.")
        if self.still_held:
            told += f" {self.still_held} dòng vẫn bị giữ lại vì còn lỗi khác hoặc chờ duyệt."
        if self.is_repeated:
            before = f"{self.at.astimezone(LOCAL):%H:%M ngày %d/%m/%Y}"
            return f"Danh sách này đã nhận lúc {before} từ {self.by}, không quyết định lại. Khi đó: {told}"
        return told

    @property
    def reasons(self) -> list[str]:
        """Vietnamese: of each refused line where it stands, and why."""
        return [f"{'Dòng ' if one.place.isdecimal() else ''}{one.place}: {one.reason}" for one in self.refused]


class _Answer(NamedTuple):
    """A line that was filled in."""

    place: str
    token: str
    value: str
    reason: str


@dataclass
class _Taken:
    """What is to be decided, and what was refused, while the lines of a workbook are gone through."""

    asked: list[tuple[_Answer, decisions.Asked]] = field(default_factory=list)
    known: int = 0
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, answer: _Answer, reason: str) -> None:
        self.refused.append(Refused(answer.place, reason))


# --- a workbook comes back --------------------------------------------------------------------------------------------


def take(settings: Settings, url: str, content: bytes, name: str, *, by: str, units: Collection[str] | None) -> Receipt:
    """Decide what a filled fix list says, keep its bytes and what became of it.

    Input:  `name`: of the workbook; `by`: who sent it; `units`: codes of the units whose rows that person may decide
            about, with '' those whose unit nobody knows; None: of all.
    Output: what became of each line that was filled in. The same bytes again are told, and not decided again.
    Raises: SetupError if the archive cannot be written, or the database does not answer; UsageError if rows have moved
            on just now. Nothing has happened then, and it can be sent again.
    """
    name = masking.told(clean(PurePosixPath(name.replace("\\", "/")).name) or "khong-ten.xlsx")
    if len(content) > BYTES:
        return Receipt(
            name, by, datetime.now(LOCAL), message=f"Tệp lớn hơn {BYTES >> 20} MB: không phải danh sách sửa."
        )
    sha256, archived_as = arrivals.keep(settings.archive, content, ".xlsx")
    with database.transaction(url) as connection, connection.cursor() as cursor:
        locks.fix_list(cursor, sha256)  # whoever sends it a second time meanwhile is told so
        if before := _before(cursor, sha256, by):
            return before
        receipt = _decided(settings, url, cursor, settings.archive / archived_as, name, by=by, units=units)
        cursor.execute(
            "insert into quality.fix_list (name, sha256, bytes, archived_as, by_name, batch_id, corrected, confirmed,"
            " waiting, known, refused, message, still_held)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(name, sha256, len(content), archived_as, by, receipt.batch_id, receipt.corrected, receipt.confirmed),
                *(receipt.waiting, receipt.known, json.dumps([asdict(one) for one in receipt.refused])),
                *(receipt.message, receipt.still_held),
            ),
        )
    log.info("%s from %s: %s", name, by, receipt.text)
    return receipt


def receipts(cursor: Cursor, *, most: int = 50) -> list[Receipt]:
    """What became of the workbooks that came back last, the latest first."""
    cursor.execute(f"{RECEIPT} order by fix_list_id desc limit %s", (most,))
    return [_receipt(row) for row in cursor.fetchall()]


RECEIPT = (
    "select name, by_name, at, batch_id, corrected, confirmed, waiting, known, refused, message, still_held"
    " from quality.fix_list"
)


def _before(cursor: Cursor, sha256: str, by: str) -> Receipt | None:
    """What became of the same bytes. What was refused to somebody else, who may decide less, is asked anew."""
    cursor.execute(
        f"{RECEIPT} where sha256 = %s and (by_name = %s or refused = '[]' and message = '')"
        " order by fix_list_id limit 1",
        (sha256, by),
    )
    row = cursor.fetchone()
    return _receipt(row, is_repeated=True) if row else None


def _receipt(row: tuple[Any, ...], *, is_repeated: bool = False) -> Receipt:
    *said, refused, message, still_held = row
    refusals = tuple(Refused(**one) for one in refused)
    return replace(Receipt(*[*said, refusals, message, still_held]), is_repeated=is_repeated)


def from_inbox(settings: Settings, url: str, inbox: str) -> list[Receipt]:
    """Take every workbook that lies in `fix_lists` of an inbox and did not come before; what became of each.

    They have the trust of a delivery: their tokens say whose rows they are about, and waivers need a second person all
    the same.
    """
    box = Inbox(inbox)
    taken = []
    for found in box.fix_lists():
        if isinstance(found, PassedOver):
            log.error("%s is passed over: %s.", box.told(found.path), found.reason)
            continue
        path, look = found
        try:
            if look.size > BYTES:
                raise Unreadable("it is too large for a fix list")
            with box.open(path) as file:
                content = file.read(BYTES + 1)
            if box.look(path) != look or len(content) != look.size:
                raise Unreadable("it is still being written; the next run takes it")
        except (OSError, Unreadable) as error:
            log.error("%s is passed over: %s.", box.told(path), error)
            continue
        try:
            receipt = take(settings, url, content, path, by=INBOX, units=None)
        except UsageError as error:  # it waits for the next run, and stops no other
            log.error("%s is not taken now: %s", box.told(path), error)
            continue
        if not receipt.is_repeated:
            taken.append(receipt)
    return taken


# --- what its lines say -----------------------------------------------------------------------------------------------


def _decided(
    settings: Settings, url: str, cursor: Cursor, path: Path, name: str, *, by: str, units: Collection[str] | None
) -> Receipt:
    at = datetime.now(LOCAL)
    try:
        answers = list(_answers(path))
    except FileRejected as refused:
        told = refused.message.partition(" Hãy ")[0]  # what to do there is about deliveries
        return Receipt(name, by, at, message=f"{told} Lưu lại danh sách thành .xlsx rồi gửi lại.")
    except UsageError as refused:
        return Receipt(name, by, at, message=str(refused))
    for _ in range(TRIES):
        taken = _sorted_out(cursor, settings.pseudonym_key, answers, units=units, on=today())
        try:
            done = _decide(settings, url, taken, name, by=by)
            break
        except UsageError as error:  # somebody was faster by a moment: what they decided about is refused now
            moved_on = error
    else:
        raise moved_on
    kinds = Counter(kind for _, kind in {(answer.place, one.kind) for answer, one in taken.asked})
    return Receipt(
        name,
        by,
        at,
        batch_id=done.batch_id if done else None,
        corrected=kinds["correct"],
        confirmed=kinds["confirm"],
        waiting=kinds["waive"],
        known=taken.known,
        refused=tuple(sorted(taken.refused, key=lambda one: (len(one.place), one.place))),
        still_held=done.still_held if done else 0,
    )


def _answers(path: Path) -> Iterator[_Answer]:
    """The lines of a workbook that were filled in, wherever its list stands now.

    Raises: FileRejected if it is none that can be read, or is built to harm; UsageError if it holds no fix list.
    """
    if read.kind(path) != "workbook":
        raise UsageError(NOT_ONE)
    lists = filled = 0
    with workbook.opened(path) as sheets:
        for sheet in sheets:
            header = _header(sheet)
            if header is None:
                continue
            lists += 1
            line, (token, value, reason) = header
            for number, cells in sheet.rows(None):
                said = {column: text.strip() for column, text in cells}
                if number <= line or not (said.get(value) or said.get(reason)):
                    continue
                filled += 1
                if filled > LINES:
                    raise UsageError(f"Danh sách có hơn {LINES} dòng đã điền. Chia thành nhiều tệp rồi gửi lại.")
                place = str(number) if lists == 1 else f"trang {masking.shown(sheet.name)}, dòng {number}"
                yield _Answer(place, said.get(token, ""), said.get(value, ""), said.get(reason, ""))
    if not lists:
        raise UsageError(NOT_ONE)


def _header(sheet: Sheet) -> tuple[int, tuple[int, ...]] | None:
    """Where the header of a fix list stands in a sheet, and its columns TOKEN, VALUE, REASON; None if there is none."""
    found = None
    for number, cells in sheet.rows(HEADER_LINES):  # read to the end: calamine gives one answer at a time
        columns = {fold(text): column for column, text in reversed(cells)}
        if found is None and number <= HEADER_LINES and {fold(one) for one in (TOKEN, VALUE, REASON)} <= columns.keys():
            found = number, tuple(columns[fold(one)] for one in (TOKEN, VALUE, REASON))
    return found


# --- what is decided, and what is refused -----------------------------------------------------------------------------


Key = tuple[str, ...]  # export, sender, key of the record, column


@dataclass(frozen=True)
class _Asker:
    """Who sent a workbook, and what its lines are measured by."""

    key: bytes
    units: Collection[str] | None
    on: date
    unread: Collection[tuple[str, str, str]]  # export, column, and a text that it cannot be
    rules: Mapping[str, Mapping[str, catalogue.Rule]]  # by export

    def may_decide(self, unit_code: str) -> bool:
        return self.units is None or unit_code in self.units


def _sorted_out(
    cursor: Cursor, key: bytes, answers: Sequence[_Answer], *, units: Collection[str] | None, on: date
) -> _Taken:
    taken = _Taken()
    by_cell: dict[Cell, list[_Answer]] = {}
    for answer in answers:
        if not answer.token:
            taken.refuse(answer, "thiếu mã nhận biết ở cột ẩn. Điền vào dòng gốc của danh sách.")
        elif (cell := fix_list_cells.cell_of(key, answer.token)) is None or cell.export not in catalogue.exports():
            taken.refuse(answer, "mã nhận biết ở cột ẩn đã bị sửa, kho không nhận ra dòng này. Lấy lại danh sách.")
        else:
            by_cell.setdefault(cell, []).append(answer)
    rules = {name: catalogue.row_rules(name) for name in {cell.export for cell in by_cell}}
    asker = _Asker(key, units, on, _unread(by_cell), rules)
    stand, is_open = _standing(cursor, by_cell), _open(cursor, by_cell)
    for cell, given in by_cell.items():
        answer, *others = given
        if any((one.value, one.reason) != (answer.value, answer.reason) for one in others):
            places = ", ".join(one.place for one in given)
            for one in given:
                taken.refuse(one, f"các dòng {places} nói khác nhau về cùng một ô. Giữ lại một dòng.")
            continue
        stands = stand.get(_key(cell, cell.column_name), [])
        opens = is_open.get(_key(cell, cell.blamed, cell.column_name), [])
        try:
            taken.asked += [(answer, one) for one in _asked(asker, answer, cell, stands, opens)]
        except _Known:
            taken.known += 1
        except _Refusal as refusal:
            taken.refuse(answer, str(refusal))
    return taken


def _unread(by_cell: Mapping[Cell, Sequence[_Answer]]) -> set[tuple[str, str, str]]:
    """The right values that cannot be read as their column is, a column at a time: by export, column and text."""
    texts: dict[tuple[str, str], set[str]] = {}
    for cell, answers in by_cell.items():
        texts.setdefault((cell.export, cell.column_name), set()).update(_text(one.value)[0] for one in answers)
    found: set[tuple[str, str, str]] = set()
    for (export, name), said in texts.items():
        column = _column(export, name)
        if column is None or not column.is_read:
            continue
        given = sorted(said - {""})
        if column.type in words.CODED:
            is_unread = [words.reader(column)(text) is None for text in given]
        else:
            is_unread = READERS[column.type](pl.Series(given, dtype=pl.String), column)[-1].to_list()
        found.update((export, name, text) for text, bad in zip(given, is_unread, strict=True) if bad)
    return found


def _column(export: str, name: str) -> catalogue.Column | None:
    return next((c for c in catalogue.export(export).columns if c.name == name), None)


def _text(cell: str) -> tuple[str, bool]:
    """What was filled in, and whether it is a day and no text."""
    return cell.removesuffix(REAL_DAY).strip(), cell.endswith(REAL_DAY)


class _Refusal(Exception):
    """Why a line is not taken: Vietnamese."""


class _Known(Exception):
    """What a line says was decided before."""


def _asked(
    asker: _Asker, answer: _Answer, cell: Cell, stands: Sequence["_Stands"], is_open: Sequence["_Open"]
) -> Iterator[decisions.Asked]:
    """What a line asks for. Raises: _Refusal, or _Known."""
    if not asker.may_decide(cell.unit_code):
        raise _Refusal(f"dòng của đơn vị {cell.unit_code or 'chưa rõ'}, không thuộc phạm vi của người gửi.")
    if answer.value and answer.reason:
        raise _Refusal(f"điền cả «{VALUE}» và «{REASON}». Chỉ điền một trong hai cột.")
    if max(len(answer.value), len(answer.reason)) > LONGEST:
        raise _Refusal(f"dài hơn {LONGEST} ký tự.")
    column = _column(cell.export, cell.column_name)
    value = _value(asker, cell, column, answer.value) if answer.value else None
    if stood := next((one for one in reversed(stands) if one.cell_hash == cell.cell_hash), None):
        if stood.says(answer, value):
            raise _Known
        raise _Refusal(f"{stood.told(column)}. Muốn đổi thì hoàn tác quyết định ấy trước.")
    now = _now(asker.key, cell, is_open, stands, column)
    if not asker.may_decide(now.unit_code):
        raise _Refusal(f"dòng nay thuộc đơn vị {now.unit_code or 'chưa rõ'}, ngoài phạm vi của người gửi.")
    known = asker.rules[cell.export]
    # a rule that the cell breaks since was not seen by who filled in the line
    rules = [known[one] for one in now.rule_ids if one in known and (one in cell.rule_ids or answer.value)]
    if not cell.is_blamed:
        rules = [rule for rule in rules if rule.rule_id in cell.rule_ids]
    may = fix_list_cells.admitted(rules, column, is_blamed=cell.is_blamed)
    if answer.value:
        if cell_hashes(asker.key, [value]) == [cell.cell_hash]:
            raise _Refusal("giá trị giống giá trị trong tệp. Nếu đúng như vậy, ghi lý do giữ nguyên.")
        if may.corrected is None:
            raise _Refusal("ô này không sửa được bằng danh sách. Sửa trên phần mềm nguồn rồi gửi lại tệp.")
        # once for the cell, whatever the number of its rules
        yield decisions.Asked("correct", now.file_id, now.line, may.corrected, cell.column_name, value)
        return
    if not may.kept:
        messages = " ".join(rule.message for rule in rules)
        raise _Refusal(f"không giữ nguyên được ({messages.removesuffix('.')}): phải sửa.")
    until = fix_list_cells.waived_until(cell.day)
    if until < asker.on and any(kind == "waive" for _, kind in may.kept):
        raise _Refusal(f"hạn miễn ghi trong danh sách ({until:%d/%m/%Y}) đã qua. Lấy danh sách mới.")
    for rule_id, kind in may.kept:
        last_day = until if kind == "waive" else None
        yield decisions.Asked(kind, now.file_id, now.line, rule_id, cell.column_name, until=last_day)


def _now(
    key: bytes, cell: Cell, is_open: Sequence["_Open"], stands: Sequence["_Stands"], column: catalogue.Column | None
) -> "_Open":
    """The place where the cell of a line says today what it said when the line was written. Raises: _Refusal."""
    same = [
        one
        for one in is_open
        if cell.cell_hash == (one.cell_hash if cell.is_blamed else cell_hashes(key, [one.said])[0])
    ]
    for one in same:
        if (one.file_id, one.line) == (cell.file_id, cell.line) or len(same) == 1:
            return one
    if same:
        raise _Refusal("nhiều dòng có cùng mã này, không rõ dòng nào. Lấy danh sách mới.")
    if discarded := next((one for one in stands if one.kind == "discard"), None):
        raise _Refusal(f"{discarded.told(column)}.")
    if is_open:
        raise _Refusal("giá trị của ô đã khác từ khi lập danh sách. Lấy danh sách mới để xem giá trị hiện nay.")
    raise _Refusal("ô này không còn lỗi: đơn vị đã gửi lại dòng này, có người đã quyết định, hoặc tệp đã được rút lại.")


def _value(asker: _Asker, cell: Cell, column: catalogue.Column | None, given: str) -> str | None:
    """What a cell is to say; None: nothing. Raises: _Refusal if what was filled in cannot be meant."""
    text, is_day = _text(given)
    shown = masking.shown(text, column)
    if column is None:
        raise _Refusal("lỗi này không nằm ở một cột, không sửa được bằng danh sách.")
    if text.startswith("#"):  # a formula that came to nothing: #N/A
        raise _Refusal(f"«{shown}» là lỗi của công thức, không phải giá trị. Gõ thẳng giá trị vào ô.")
    if fold(text) == fold(EMPTY):
        if column.required:
            raise _Refusal("cột này không được để trống.")
        return None
    if is_day and column.type not in ("timestamp", "date", "partial_date"):
        raise _Refusal(f"Excel đã đổi giá trị thành ngày {shown}. Đặt ô thành Văn bản (Text) rồi gõ lại.")
    if (cell.export, column.name, text) in asker.unread:
        raise _Refusal(f"«{shown}» không đọc được. {fix_list_cells.form(column)}")
    return text


class _Open(NamedTuple):
    """A cell that is open now, and what its row says in the column that the line is about."""

    unit_code: str
    file_id: int
    line: int
    cell_hash: str
    rule_ids: list[str]
    said: str | None


class _Stands(NamedTuple):
    """A decision about a cell that stands now."""

    cell_hash: str
    kind: str
    value: str | None
    by_name: str
    at: datetime

    def says(self, answer: _Answer, value: str | None) -> bool:
        """Whether that is what a line says, too."""
        if self.kind == "correct":
            return bool(answer.value) and (self.value or "") == (value or "")
        return self.kind in ("confirm", "waive") and bool(answer.reason)

    def told(self, column: catalogue.Column | None) -> str:
        """Vietnamese: who decided what, and when."""
        as_what = f" thành «{masking.shown(self.value or EMPTY, column)}»" if self.kind == "correct" else ""
        when = f"{self.at.astimezone(LOCAL):%H:%M ngày %d/%m/%Y}"
        return f"{self.by_name} đã quyết định «{decisions.TITLES[self.kind]}»{as_what} lúc {when}"


def _open(cursor: Cursor, cells: Collection[Cell]) -> dict[Key, list[_Open]]:
    """What is open now: by export, sender, key of the record, column that is blamed, and column of the line."""
    headers = {(e.name, c.name): c.header for e in catalogue.exports().values() for c in e.columns}
    keys = sorted({_key(cell, cell.blamed, cell.column_name) for cell in cells})
    names = ("exports", "senders", "record_keys", "blamed", "columns")
    asked = {name: [key[at] for key in keys] for at, name in enumerate(names)}
    asked["headers"] = [headers.get((key[0], key[4]), "") for key in keys]
    cursor.execute(statement("quality/open_cells_asked_about"), asked)
    found: dict[Key, list[_Open]] = {}
    for row in cursor.fetchall():
        found.setdefault(row[:5], []).append(_Open(*row[5:]))
    return found


def _standing(cursor: Cursor, cells: Collection[Cell]) -> dict[Key, list[_Stands]]:
    """What stands decided, the latest last: by export, sender, key of the record, and column of the line."""
    keys = sorted({_key(cell, cell.column_name) for cell in cells})
    names = ("exports", "senders", "record_keys", "columns")
    cursor.execute(
        statement("quality/decided_cells"), {name: [key[at] for key in keys] for at, name in enumerate(names)}
    )
    found: dict[Key, list[_Stands]] = {}
    for row in cursor.fetchall():
        found.setdefault(row[:4], []).append(_Stands(*row[4:]))
    return found


def _key(cell: Cell, *columns: str) -> Key:
    return cell.export, cell.sender, cell.record_key, *columns


def _decide(settings: Settings, url: str, taken: _Taken, name: str, *, by: str) -> decisions.Decided | None:
    """Decide what is asked, as one batch named after the workbook; None if there is nothing to decide."""
    if not taken.asked:
        return None
    reasons, asked = _reasons(taken), [one for _, one in taken.asked]
    return decisions.decide(settings, url, asked, name=name, by=by, reason=f"Danh sách sửa «{name}»", evidence=reasons)


def _reasons(taken: _Taken) -> str:
    """Vietnamese: the reasons that the lines give, each with the lines that give it."""
    places: dict[str, list[str]] = {}
    for answer, _ in taken.asked:
        if answer.reason and answer.place not in places.setdefault(answer.reason, []):
            places[answer.reason].append(answer.place)
    return "; ".join(f"{masking.shown(reason)} (dòng {', '.join(lines)})" for reason, lines in places.items())
