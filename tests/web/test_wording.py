"""What a page says is what an office can do there: no command is shown."""

import re

import pytest

from etl import catalogue
from etl.catalogue import project_files
from etl.web import wording

# sentences of receipts that name a command, as the code writes them
SAID = [
    "Có 2 dòng lỗi được giữ lại, chưa nạp; xem chi tiết: cchc quality --rows 2; từ chưa biết: cchc words",
    "Tệp được giữ lại. Khai báo các cột một lần cho mọi lần giao sau: cchc layouts propose 5; nếu các cột chưa biết"
    ' không cần đến: cchc files confirm 5 --reason "<lý do>"',
    "Nếu phần mềm của đơn vị đặt tên cột khác, khai báo mẫu của nó: cchc layouts propose SỐ_TỆP",
    "Chưa biết số liệu thuộc đơn vị nào. Khai báo: cchc senders set duc-co MÃ_ĐƠN_VỊ, rồi nạp lại.",
    'Nếu từ nay không còn cột này: cchc files confirm 12 --reason "<lý do>"',
]


@pytest.mark.parametrize("rule_id", catalogue.rules())
def test_no_rule_tells_an_office_to_type_a_command(rule_id: str) -> None:
    assert "cchc" not in wording.rule(rule_id) + wording.remedy(rule_id)


@pytest.mark.parametrize("said", SAID)
def test_no_receipt_does(said: str) -> None:
    assert "cchc" not in wording.office(said)
    assert wording.office(said)[:20] == said[:20]


def test_every_sentence_of_a_receipt_that_names_a_command_is_known() -> None:
    """One that is added to the code is to be said otherwise on a page, too."""
    loaded = [project_files.ROOT / "etl" / folder for folder in ("loading", "reading", "landing")]
    code = "\n".join(path.read_text("utf-8") for folder in loaded for path in folder.rglob("*.py"))
    commands = set(re.findall(r"cchc ((?:files|layouts|quality|words|senders) ?[a-z]*)", code))
    assert commands == {"files", "files confirm", "layouts propose", "quality ", "senders set", "words"}
