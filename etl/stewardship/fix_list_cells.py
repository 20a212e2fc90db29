"""What the lines of a fix list are: each is a cell of an office's row, and known by a signed token."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from etl import catalogue
from etl.catalogue import words
from etl.periods import of_day
from etl.stewardship import decisions

LINES = 20_000  # of one workbook; what is left stands in the next
TOKEN, VALUE, REASON = "Mã nhận biết", "Giá trị đúng", "Lý do giữ nguyên"
EMPTY = "(trống)"  # written as the right value: the cell should be empty
FORMS = {  # what a column asks for, where its contract has no list
    "timestamp": "Ngày, có thể kèm giờ: 15/03/2021 hoặc 15/03/2021 08:30.",
    "date": "Ngày: 15/03/2021.",
    "partial_date": "Ngày hoặc tháng: 15/03/2021 hoặc 03/2021.",
    "amount": "Số tiền nguyên đồng: 150.000.",
    "integer": "Số nguyên: 12.",
}
FEW_WORDS = 120  # characters of a list that is told whole


@dataclass(frozen=True)
class Cell:
    """A cell as a line is signed for it: one that fails, or another one of its row that its rules look at."""

    day: date  # on which the workbook was written
    export: str
    sender: str
    record_key: str
    unit_code: str
    file_id: int
    line: int
    blamed: str  # the column that the rules blame
    column_name: str
    cell_hash: str
    rule_ids: tuple[str, ...]

    @property
    def is_blamed(self) -> bool:
        return self.column_name == self.blamed


# --- what a line is known by ------------------------------------------------------------------------------------------


def token(key: bytes, cell: Cell) -> str:
    """What a line of a workbook is known by, and nobody else can write."""
    day, *said = vars(cell).values()
    text = json.dumps([day.isoformat(), *said], ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_as_text(text)}.{_as_text(_signature(key, text))}"


def cell_of(key: bytes, token: str) -> Cell | None:
    """The cell that a token was written for; None if it was not written here, or something in it was changed."""
    said, _, signed = token.strip().partition(".")
    try:
        text, signature = _as_bytes(said), _as_bytes(signed)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(signature, _signature(key, text)):
        return None
    day, *rest, rule_ids = json.loads(text)
    return Cell(*[date.fromisoformat(day), *rest, tuple(rule_ids)])


def _signature(key: bytes, text: bytes) -> bytes:
    """Signed by a key of its own: who learns it can try no identity numbers."""
    own = hmac.digest(key, b"cchc: lines of fix lists", hashlib.sha256)
    return hmac.digest(own, text, hashlib.sha256)[:16]


def _as_text(said: bytes) -> str:
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def _as_bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# --- what may be said of it -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Admitted:
    """What may be said of a cell: the rule under which a right value is kept; what a reason means, rule by rule."""

    corrected: str | None  # None: the cell cannot be mended here
    kept: tuple[tuple[str, str], ...]  # (rule, kind); empty: it cannot be left as it is


def admitted(rules: Sequence[catalogue.Rule], column: catalogue.Column | None, *, is_blamed: bool = True) -> Admitted:
    """What may be said of a cell that breaks these rules. It is left as it is if each of them admits that.

    Somebody's name or number is not asked for: it would stand in the workbook.
    """
    can = column is not None and not column.personal
    corrected = next((r.rule_id for r in rules if can and "correct" in decisions.admitted(r, column)), None)
    kept = []
    for rule in rules:
        kinds = decisions.admitted(rule, column)
        wanted = ("confirm", "waive") if rule.severity == "warning" else ("waive",)
        kept.append((rule.rule_id, next((kind for kind in wanted if kind in kinds), "")))
    return Admitted(corrected, tuple(kept) if is_blamed and all(kind for _, kind in kept) else ())


def waived_until(day: date) -> date:
    """The last day of a waiver that a fix list of this day asks for: that of the reporting year."""
    return of_day(day)[-1].last_day


# --- what is told of it -----------------------------------------------------------------------------------------------


def expected(column: catalogue.Column | None, rules: Sequence[catalogue.Rule]) -> str:
    """Vietnamese: what the cell should say, and what helps to find out. No commands: who fills it in has none."""
    asked = [form(column)] if column else []
    for rule in rules:
        sentences = re.split(r"(?<=[.!?])\s+(?=[A-ZĐÀ-Ỹ])", rule.remedy)
        told = " ".join(sentence for sentence in sentences if "cchc " not in sentence and "CCHC_" not in sentence)
        # it is filled in here, and not sent again
        asked.append(re.sub(r"[,;]? rồi gửi lại[^.;]*", "", told))
    return " ".join(dict.fromkeys(filter(None, asked)))


def form(column: catalogue.Column) -> str:
    """Vietnamese: in which form a value of a column is written; '' of free text."""
    if column.type in words.CODED:
        listed = "; ".join(words.vocabulary(column))
        return f"Một trong: {listed}." if len(listed) <= FEW_WORDS else "Chọn trong danh sách của ô."
    if column.type == "text" and column.longest:
        return f"Mã, không quá {column.longest} ký tự."
    return FORMS.get(column.type, "")
