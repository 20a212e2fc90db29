"""How sentences of the warehouse are said on a page: what they tell to type is done by a click there."""

import re

from etl import catalogue
from etl.periods import Period

# What receipts and rules say for who has a command line, and what stands there instead on a page.
CLICKS = (
    (r" Nếu phần mềm nguồn dùng từ khác cho cùng một nghĩa: xem cchc words, rồi nói nghĩa của từ một lần: cchc words"
     r" map [^.]*\.",
     " Nếu phần mềm nguồn dùng từ khác cho cùng một nghĩa: nói nghĩa của từ một lần ở trang «Từ chưa biết»."),
    (r"; xem chi tiết: cchc quality --rows \d+", ""),
    (r"; từ chưa biết: cchc words", ""),
    (r" Xem: cchc quality --rows \d+", ""),
    (r" \(cchc [a-z ]+\)", ""),
    (r"tên cột khác: cchc layouts propose SỐ_TỆP", "tên cột khác, khai báo ở trang của tệp, mục «Khai báo mẫu»"),
    (r": cchc layouts propose (SỐ_TỆP|\d+)", " ở trang của tệp, mục «Khai báo mẫu»"),
    (r'cchc files confirm (\d+) --reason "<lý do>"', "bấm «Xác nhận tệp» ở trang của tệp"),
    (r"Khai báo: cchc senders set \S+ MÃ_ĐƠN_VỊ, rồi nạp lại\.", "Nhờ quản trị kho khai báo đơn vị của nơi gửi."),
    (r" bằng lệnh cchc layouts propose", " ở trang của tệp, mục «Khai báo mẫu»"),
    (r"Khai báo đơn vị của nơi gửi bằng lệnh cchc senders set, rồi nạp lại",
     "Nhờ quản trị kho khai báo đơn vị của nơi gửi"),
    (r" bằng lệnh cchc words map", " ở trang «Từ chưa biết»"),
)  # fmt: skip
_CLICKS = tuple((re.compile(command), click) for command, click in CLICKS)


def office(text: str) -> str:
    """A sentence as an office reads it on a page.

    >>> office("Có 2 dòng lỗi được giữ lại, chưa nạp; xem chi tiết: cchc quality --rows 2; từ chưa biết: cchc words")
    'Có 2 dòng lỗi được giữ lại, chưa nạp'
    """
    for command, click in _CLICKS:
        text = command.sub(click, text)
    return text


def rule(rule_id: str) -> str:
    """What is wrong where a rule is broken, in one sentence."""
    if not rule_id:
        return "Tệp không nằm đúng chỗ."
    known = catalogue.rules().get(rule_id)
    return office(known.message) if known else "Quy tắc này không còn dùng."


def remedy(rule_id: str) -> str:
    """What to do about it; '' of a rule that is known no more."""
    if not rule_id:
        return "Đặt tệp vào thư mục <nguồn>/<loại dữ liệu>/<ngày giao>/ rồi giao lại."
    known = catalogue.rules().get(rule_id)
    return office(known.remedy) if known else ""


def export(name: str) -> str:
    """What an office calls an export."""
    known = catalogue.exports().get(name)
    return known.short_title if known else "Tệp đặt sai chỗ"


def period(code: str) -> str:
    """What a report calls a period; a window of its own is said with it.

    >>> period("2021-Q3"), period("2021-N[2020-12-15..2021-11-15]")
    ('Quý III năm 2021', 'Năm 2021 (15/12/2020 - 15/11/2021)')
    """
    said = Period.parse(code)
    return f"{said.title_vi} ({said.start:%d/%m/%Y} - {said.last_day:%d/%m/%Y})" if said.is_explicit else said.title_vi
